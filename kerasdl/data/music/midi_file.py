"""MIDI files of pieces in voices, written and read with mido."""

import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

# Of a quarter note: divisible by all usual fractions of it.
TICKS = 480
# Of a note, and of the channels, one for each voice.
HIGHEST, CHANNELS = 127, 16
VELOCITY = 80


def midi_bytes(notes: np.ndarray, *, steps_per_quarter: int = 1, tempo: float = 80.0) -> bytes:
    """The content of a MIDI file, with a track for each voice.

    A note that follows itself is held, not struck again.

    Args:
        notes: Integers (steps, voices), MIDI note numbers, 0 for a rest.
        steps_per_quarter: Steps to a quarter note.
        tempo: Quarter notes a minute.

    Raises:
        BadInput: Not integers from 0 to 127 of that shape, more than 16 voices, or a step that is no fraction of a
            quarter note.
        ModuleNotFoundError: mido is not installed.

    Example:
        >>> Path("chord.mid").write_bytes(midi_bytes([[67, 64, 60, 48], [65, 62, 59, 43]]))
        185
    """
    notes = np.asarray(notes)
    if notes.ndim != 2 or not 1 <= notes.shape[1] <= CHANNELS or notes.dtype.kind not in "iu" or not len(notes):
        raise BadInput(
            f"notes must be integers of shape (steps, voices), of up to {CHANNELS} voices. "
            f"Received: {notes.dtype} of shape {notes.shape}"
        )
    if notes.min() < 0 or notes.max() > HIGHEST:
        raise BadInput(
            f"Note numbers go from 0 (a rest) to {HIGHEST}. Received: numbers from {notes.min()} to {notes.max()}"
        )
    if steps_per_quarter < 1 or TICKS % steps_per_quarter or not tempo > 0:
        raise BadInput(
            f"steps_per_quarter must divide {TICKS}, and the tempo be positive. "
            f"Received: steps_per_quarter={steps_per_quarter}, tempo={tempo}"
        )
    mido, step = import_optional("mido"), TICKS // steps_per_quarter
    file = mido.MidiFile(ticks_per_beat=TICKS)
    for channel, voice in enumerate(notes.T.tolist()):
        track = file.add_track(f"voice {channel + 1}")
        if channel == 0:
            track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
        waited = 0
        for note, length in _held(voice):
            if note:
                track.append(mido.Message("note_on", note=note, velocity=VELOCITY, channel=channel, time=waited))
                track.append(mido.Message("note_off", note=note, channel=channel, time=length * step))
            waited = 0 if note else waited + length * step
        track.append(mido.MetaMessage("end_of_track", time=waited))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def read_midi(source: str | Path | bytes, *, steps_per_quarter: int = 1) -> np.ndarray:
    """Read a MIDI file as a grid of voices: those tracks that hold notes, each with one note at a time.

    Args:
        source: The file, or its content.
        steps_per_quarter: Steps to a quarter note. A step holds the note that sounds at its beginning.

    Returns:
        int64 (steps, voices), MIDI note numbers, 0 for a rest.

    Raises:
        BadInput: The file cannot be read, is no MIDI file, or holds no notes.
        ModuleNotFoundError: mido is not installed.

    Example:
        >>> read_midi(midi_bytes([[67, 64, 60, 48]])).tolist()
        [[67, 64, 60, 48]]
    """
    mido = import_optional("mido")
    name = "the bytes" if isinstance(source, bytes) else repr(str(source))
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        file = mido.MidiFile(file=io.BytesIO(content))
    # mido raises errors of several kinds for content that is damaged.
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        raise BadInput(
            f"Not a MIDI file that mido reads ({error or type(error).__name__}). Received: {name}"
        ) from error
    step = file.ticks_per_beat / steps_per_quarter
    voices = [found for track in file.tracks if (found := list(_sounding(track)))]
    if not voices:
        raise BadInput(f"The MIDI file holds no notes. Received: {name}")
    length = max(round(sum(message.time for message in track) / step) for track in file.tracks)
    grid = np.zeros((max(length, 1), len(voices)), np.int64)
    for column, found in zip(grid.T, voices, strict=True):
        for begin, end, note in found:
            column[round(begin / step) : round(end / step)] = note
    return grid


def _held(voice: list[int]) -> Iterator[tuple[int, int]]:
    """Notes with their lengths in steps."""
    return ((note, len(list(several))) for note, several in groupby(voice))


def _sounding(track: list) -> Iterator[tuple[int, int, int]]:
    """Begin and end in ticks, and the number, of each note of a track."""
    now, begun = 0, dict[tuple[int, int], int]()
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        key = (message.channel, message.note)
        if key in begun:
            yield begun.pop(key), now, message.note
        if message.type == "note_on" and message.velocity:
            begun[key] = now
