import math
from collections import Counter
from itertools import pairwise

import numpy as np
from kerasdl.data.music import consonance, progressions
from kerasdl.data.music.progressions import AFTER, MAJOR, MINOR, RANGES

TRIADS = {(0, 4, 7), (0, 3, 7)}


def names(piece, kinds, key):
    """The chords of a piece by name, from its bass."""
    by_root = {(root + key) % 12: name for name, (root, _) in kinds.items()}
    return [by_root.get(bass % 12) for bass in piece[:, 3]]


def test_every_chord_is_a_triad_with_its_root_below_and_voices_in_order_and_in_range():
    pieces, _ = progressions(20)
    for piece in pieces:
        assert piece.shape == (32, 4)
        assert (np.diff(piece) <= 0).all()
        for chord in piece:
            assert tuple(sorted({(note - chord[3]) % 12 for note in chord})) in TRIADS
    notes = np.concatenate(pieces)
    lows, highs = np.array(RANGES).T
    assert (notes >= lows - 5).all()
    assert (notes <= highs + 6).all()
    assert consonance(notes) > 0.99


def test_chords_follow_the_rules_and_phrases_end_at_home():
    pieces, _ = progressions(40)
    minor = 0
    for piece in pieces:
        key, is_minor = piece[0, 3] % 12, 3 in (piece[0] - piece[0, 3]) % 12
        minor += is_minor
        found = names(piece, MINOR if is_minor else MAJOR, key)
        assert set(found[::8]) == set(found[7::8]) == {"I"}
        assert set(found[6::8]) == {"V"}
        for place, (before, after) in enumerate(pairwise(found), start=1):
            assert place % 8 in (0, 6, 7) or after in AFTER[before]
    assert 10 < minor < 30


def test_the_entropy_by_hand():
    """Of one phrase the key, one of five chords after another, and nothing for the three that are fixed."""
    pieces, nats = progressions(1, phrases=1, seed=3)
    (piece,) = pieces
    is_minor = 3 in (piece[0] - piece[0, 3]) % 12
    found = names(piece, MINOR if is_minor else MAJOR, piece[0, 3] % 12)
    draws = math.log(24) + sum(math.log(len(AFTER[before])) for before in found[:5])
    assert nats == draws / 8


def test_same_seed_same_pieces_in_every_key():
    first, second = (progressions(60, seed=1)[0] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert len(Counter(piece[0, 3] % 12 for piece in first)) == 12
