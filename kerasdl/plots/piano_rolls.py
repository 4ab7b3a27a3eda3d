"""Music as a piano roll: time to the right, pitch upward."""

from itertools import groupby

import numpy as np
from kerasdl.plots.figure import BLUE, GREEN, ORANGE, PURPLE, Figure, label, new_figure
from kerasdl.plots.literal_text import literal

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
# From the highest voice to the lowest, again and again.
COLORS = (ORANGE, GREEN, PURPLE, BLUE)
VOICES = ("soprano", "alto", "tenor", "bass")
# Semitones between the lines with names, and inches of a step.
OCTAVE, INCHES = 12, 0.13


def piano_roll(notes: np.ndarray, title: str = "", *, given: int = 0, step: str = "step") -> Figure:
    """Draw a piece in voices as a piano roll, with a bar for each held note.

    Args:
        notes: (steps, voices), MIDI note numbers from the highest voice to the lowest, 0 for a rest.
        title: Title.
        given: Steps at the beginning that were not written; what comes after them is set off by a line.
        step: What a step is.

    Raises:
        ValueError: Another shape, or no note.

    Example:
        >>> piano_roll([[67, 64, 60, 48], [65, 62, 59, 43], [67, 64, 60, 48]], "A cadence", step="quarter")
    """
    notes = np.asarray(notes)
    if notes.ndim != 2 or not (notes > 0).any():
        raise ValueError(f"notes must have shape (steps, voices), with one note at least. Received: {notes.shape}")
    steps, voices = notes.shape
    figure, ((ax,),) = new_figure(width=float(np.clip(1.5 + INCHES * steps, 5, 14)), height=4.0)
    names = VOICES if voices == len(VOICES) else [f"voice {number + 1}" for number in range(voices)]
    for number, (voice, name) in enumerate(zip(notes.T.tolist(), names, strict=True)):
        bars, place = [], 0
        for note, held in groupby(voice):
            length = len(list(held))
            bars += [(note, place, length)] if note else []
            place += length
        heights, begins, lengths = zip(*bars, strict=True) if bars else ((), (), ())
        color = COLORS[number % len(COLORS)]
        ax.barh(heights, lengths, left=begins, height=0.9, color=color, edgecolor="white", linewidth=0.5, label=name)
    if given:
        ax.axvline(given, color="black", linewidth=1, linestyle="--")
    label(ax, step, "", "")
    literal(ax.xaxis.label)
    literal(ax.set_title(title, fontsize=10, pad=24))
    low, high = notes[notes > 0].min() // OCTAVE * OCTAVE, notes.max()
    places = range(low, high + OCTAVE, OCTAVE)
    ax.set_yticks(list(places), [note_name(place) for place in places])
    ax.set(xlim=(0, steps), ylim=(notes[notes > 0].min() - 2, high + 2))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=voices, frameon=False, fontsize=8)
    return figure


def note_name(note: int) -> str:
    """The name of a MIDI note number, with its octave: 60 is C4, middle C.

    Example:
        >>> note_name(60), note_name(70)
        ('C4', 'B♭4')
    """
    return f"{NAMES[note % OCTAVE]}{note // OCTAVE - 1}"
