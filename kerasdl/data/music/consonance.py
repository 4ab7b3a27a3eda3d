"""How consonant the chords of a piece are."""

import numpy as np

# In semitones, within an octave: unison, thirds, fifth, sixths. The fourth counts, too, between upper voices.
CONSONANT = (0, 3, 4, 5, 7, 8, 9)


def consonance(notes: np.ndarray) -> float:
    """The share of pairs of voices that are a unison, third, fourth, fifth or sixth apart, over all octaves.

    Args:
        notes: (steps, voices), MIDI note numbers, 0 for a rest, which counts in no pair.

    Returns:
        From 0 to 1; NaN if never two voices sound together. Of two notes drawn at random it is 7 / 12.

    Example:
        >>> consonance([[67, 60], [61, 60]])
        0.5
    """
    notes = np.asarray(notes)
    first, second = np.triu_indices(notes.shape[1], 1)
    together = (notes[:, first] > 0) & (notes[:, second] > 0)
    apart = np.abs(notes[:, first] - notes[:, second]) % 12
    return float(np.isin(apart, CONSONANT)[together].mean()) if together.any() else float("nan")
