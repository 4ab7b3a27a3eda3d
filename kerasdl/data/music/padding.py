"""Pieces of different lengths in one array."""

from collections.abc import Iterable, Sequence

import numpy as np
from kerasdl.data.music.midi_file import HIGHEST
from kerasdl.errors import BadInput


def padded(
    pieces: Sequence[np.ndarray], *, length: int | None = None, transpose: Iterable[int] = (0,)
) -> tuple[np.ndarray, np.ndarray]:
    """Fill pieces up with rests to one length, and transpose them.

    Args:
        pieces: (steps, voices), MIDI note numbers, 0 for a rest.
        length: Steps of the result, after which a piece is cut off; by default those of the longest one.
        transpose: Semitones up: each piece is there once for each of them. A rest stays a rest.

    Returns:
        int32 (count, length, voices), and float32 weights of that shape: 1, and 0 after the end of a piece.

    Raises:
        BadInput: No pieces, pieces that differ in voices, or notes that are transposed out of 1 to 127.

    Example:
        >>> notes, weights = padded([[[67, 48]], [[0, 50], [65, 53]]], transpose=(0, 2))
        >>> notes[:, 0].tolist(), weights[0, :, 0].tolist()
        ([[67, 48], [69, 50], [0, 50], [0, 52]], [1.0, 0.0])
    """
    arrays, moves = [np.asarray(piece) for piece in pieces], list(transpose)
    if not arrays or not moves or any(each.ndim != 2 or each.shape[1] != arrays[0].shape[1] for each in arrays):
        raise BadInput(
            "Give pieces (steps, voices) of the same number of voices, and at least one transposition. "
            f"Received: shapes {sorted({each.shape for each in arrays})}, transpose={moves}"
        )
    length = length or max(map(len, arrays))
    notes = np.zeros((len(arrays) * len(moves), length, arrays[0].shape[1]), np.int32)
    weights = np.zeros(notes.shape, np.float32)
    for row, (piece, move) in enumerate((piece[:length], move) for piece in arrays for move in moves):
        # What would become a rest, or less, is refused below.
        notes[row, : len(piece)] = np.where(piece > 0, np.where(piece + move > 0, piece + move, -1), 0)
        weights[row, : len(piece)] = 1
    if notes.min() < 0 or notes.max() > HIGHEST:
        raise BadInput(f"Notes must stay from 1 to {HIGHEST}. Received: transpose={moves}")
    return notes, weights
