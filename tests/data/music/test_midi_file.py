import io

import mido
import numpy as np
import pytest
from kerasdl.data.music import midi_bytes, progressions, read_midi
from kerasdl.errors import BadInput

# The tenor rests, and ends with a rest; the bass holds.
CADENCE = np.array([[67, 64, 0, 48], [67, 62, 59, 48], [67, 64, 60, 48], [0, 64, 0, 48]])


def test_notes_read_back_are_those_that_were_written():
    assert np.array_equal(read_midi(midi_bytes(CADENCE)), CADENCE)
    (piece,), _ = progressions(1)
    assert np.array_equal(read_midi(midi_bytes(piece, steps_per_quarter=4), steps_per_quarter=4), piece)


def test_a_rest_at_the_end_counts(tmp_path):
    path = tmp_path / "rests.mid"
    path.write_bytes(midi_bytes([[60], [0], [0]]))
    assert read_midi(path).tolist() == [[60], [0], [0]]


def test_a_note_that_follows_itself_is_held_and_the_tempo_is_that_of_quarters():
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(CADENCE, tempo=120)))
    struck = [[message.note for message in track if message.type == "note_on"] for track in file.tracks]
    assert struck == [[67], [64, 62, 64], [59, 60], [48]]
    assert file.length == pytest.approx(2.0)


def test_a_note_that_is_struck_again_without_its_end_and_one_of_no_velocity_end_it():
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    for kind, velocity, time in (("note_on", 80, 0), ("note_on", 80, 480), ("note_on", 0, 480)):
        track.append(mido.Message(kind, note=60, velocity=velocity, time=time))
    content = io.BytesIO()
    file.save(file=content)
    assert read_midi(content.getvalue()).tolist() == [[60], [60]]


@pytest.mark.parametrize(
    ("notes", "options", "message"),
    [
        ([60, 62], {}, r"shape \(steps, voices\).*shape \(2,\)"),
        ([[60.0]], {}, "integers.*float64"),
        (np.zeros((2, 17), int), {}, "up to 16 voices"),
        ([[128]], {}, "from 0 .a rest. to 127. Received: numbers from 128"),
        ([[60]], {"steps_per_quarter": 7}, "must divide 480.*steps_per_quarter=7"),
        ([[60]], {"tempo": 0}, "tempo be positive.*tempo=0"),
    ],
)
def test_what_cannot_be_written(notes, options, message):
    with pytest.raises(BadInput, match=message):
        midi_bytes(notes, **options)


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match=r"No such file.*none.mid"):
        read_midi(tmp_path / "none.mid")
    for content in (b"", b"Dear Sir", midi_bytes(CADENCE)[:40]):
        with pytest.raises(BadInput, match="Not a MIDI file.*Received: the bytes"):
            read_midi(content)
    with pytest.raises(BadInput, match="holds no notes"):
        read_midi(midi_bytes([[0]]))
