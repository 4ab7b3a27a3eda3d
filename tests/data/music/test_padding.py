import numpy as np
import pytest
from kerasdl.data.music import padded
from kerasdl.errors import BadInput


def test_pieces_are_transposed_and_filled_up():
    notes, weights = padded([[[60, 0]], [[62, 50], [64, 52]]], transpose=(0, -2))
    assert notes.tolist() == [[[60, 0], [0, 0]], [[58, 0], [0, 0]], [[62, 50], [64, 52]], [[60, 48], [62, 50]]]
    assert weights[..., 0].tolist() == [[1, 0], [1, 0], [1, 1], [1, 1]]
    assert (notes.dtype, weights.dtype, weights.shape) == (np.int32, np.float32, (4, 2, 2))


def test_long_pieces_are_cut_off():
    notes, weights = padded([[[60], [61], [62]]], length=2)
    assert (notes[0, :, 0].tolist(), weights.sum()) == ([60, 61], 2)


@pytest.mark.parametrize(
    ("pieces", "moves", "message"),
    [
        ([], (0,), "Give pieces"),
        ([[[60]]], (), "at least one transposition"),
        ([[[60]], [[60, 50]]], (0,), r"shapes \[\(1, 1\), \(1, 2\)\]"),
        ([[[60]]], (70,), "from 1 to 127. Received: transpose=.70"),
        ([[[5]]], (-5,), "from 1 to 127"),
        ([[[5]]], (-9,), "from 1 to 127"),
    ],
)
def test_what_is_refused(pieces, moves, message):
    with pytest.raises(BadInput, match=message):
        padded(pieces, transpose=moves)
