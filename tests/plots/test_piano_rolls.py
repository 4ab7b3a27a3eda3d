import numpy as np
import pytest
from kerasdl.plots import piano_roll
from kerasdl.plots.piano_rolls import note_name

NOTES = np.array([[67, 64, 0, 48], [67, 62, 59, 48], [65, 0, 60, 47]])


def test_a_bar_for_each_held_note_in_the_color_of_its_voice():
    (ax,) = piano_roll(NOTES, "A $cadence", given=1, step="quarter").axes
    bars = [
        [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in each] for each in ax.containers
    ]
    assert bars == [
        [(0, 2, 67), (2, 1, 65)],
        [(0, 1, 64), (1, 1, 62)],
        [(1, 1, 59), (2, 1, 60)],
        [(0, 2, 48), (2, 1, 47)],
    ]
    assert len({each[0].get_facecolor() for each in ax.containers}) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["soprano", "alto", "tenor", "bass"]
    assert (ax.get_xlabel(), ax.get_title()) == ("quarter", "A $cadence")
    assert [line.get_xdata()[0] for line in ax.lines] == [1]


def test_octaves_have_names():
    (ax,) = piano_roll([[67, 48]]).axes
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names[:2] == ["C3", "C4"]
    assert [note_name(note) for note in (0, 60, 61, 70, 127)] == ["C-1", "C4", "C♯4", "B♭4", "G9"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["voice 1", "voice 2"]
    assert not ax.lines


def test_a_voice_may_rest_throughout_but_not_all():
    assert len(piano_roll([[60, 0]]).axes[0].containers[1]) == 0
    for notes in ([[0, 0]], [60, 61]):
        with pytest.raises(ValueError, match="one note at least. Received"):
            piano_roll(notes)
