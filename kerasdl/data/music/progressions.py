"""Generated chord progressions in four voices, which need no download."""

from itertools import permutations, product

import numpy as np

# Semitones from the key's note to a chord's root, and its third: 4 (major) or 3 (minor).
MAJOR = {"I": (0, 4), "ii": (2, 3), "IV": (5, 4), "V": (7, 4), "vi": (9, 3)}
MINOR = {"I": (0, 3), "ii": (10, 4), "IV": (5, 3), "V": (7, 4), "vi": (8, 4)}
FIFTH = 7
# What may follow each chord.
AFTER = {
    "I": ("ii", "IV", "V", "vi"),
    "ii": ("V",),
    "IV": ("I", "ii", "V"),
    "V": ("I", "vi"),
    "vi": ("ii", "IV"),
}
# Every phrase of eight chords begins and ends at home, by way of the fifth.
PHRASE, AT = 8, {0: "I", 6: "V", 7: "I"}
# Soprano, alto, tenor and bass before the transposition: the notes that each may sing, and where it begins.
RANGES = ((60, 77), (55, 70), (48, 65), (41, 56))
BEGIN = (67, 64, 60, 48)


def progressions(count: int, *, phrases: int = 4, seed: int = 0) -> tuple[list[np.ndarray], float]:
    """Generate chord progressions by rules of harmony, for soprano, alto, tenor and bass.

    Every chord is a triad with its root in the bass. What follows it is drawn from the chords that may, all with the
    same probability; a phrase of eight chords ends with those of the fifth and of the first degree. The upper voices
    take all three notes of the chord, and move as little as they can. Half of the pieces are in minor, and the key is
    drawn from all twelve.

    Args:
        count: Number of pieces.
        phrases: Phrases of eight chords in a piece.
        seed: Random seed.

    Returns:
        The pieces, int64 (8 * phrases, 4), and the entropy of the draws in nats a step: the lowest negative
        log-likelihood that any model of such pieces can have.

    Example:
        >>> pieces, nats = progressions(2)
        >>> pieces[0].shape
        (32, 4)
    """
    random = np.random.default_rng(seed)
    pieces, information = [], 0.0
    for _ in range(count):
        chords, spent = _chords(phrases, random)
        kinds, key = (MAJOR, MINOR)[random.integers(2)], int(random.integers(-5, 7))
        voices, piece = tuple[int, ...](BEGIN), []
        for chord in chords:
            voices = _nearest(voices, *kinds[chord])
            piece.append(voices)
        pieces.append(np.array(piece) + key)
        information += spent + np.log(2 * 12)
    return pieces, information / (count * phrases * PHRASE)


def _chords(phrases: int, random: np.random.Generator) -> tuple[list[str], float]:
    """Names of chords, and the nats of their draws."""
    chords, spent = list[str](), 0.0
    for place in range(phrases * PHRASE):
        choices = (AT[place % PHRASE],) if place % PHRASE in AT else AFTER[chords[-1]]
        chords.append(choices[random.integers(len(choices))])
        spent += float(np.log(len(choices)))
    return chords, spent


def _nearest(voices: tuple[int, ...], root: int, third: int) -> tuple[int, ...]:
    """The notes of a triad that are the least way from those before; of equals the lowest."""
    tones = [(root + step) % 12 for step in (0, third, FIFTH)]
    found = [
        notes
        for above in permutations(tones)
        for notes in product(*(_in_range(tone, place) for place, tone in enumerate((*above, tones[0]))))
        if list(notes) == sorted(notes, reverse=True)
    ]
    return min(found, key=lambda notes: (sum(abs(a - b) for a, b in zip(notes, voices, strict=True)), notes))


def _in_range(tone: int, place: int) -> list[int]:
    low, high = RANGES[place]
    return [note for note in range(low, high + 1) if note % 12 == tone]
