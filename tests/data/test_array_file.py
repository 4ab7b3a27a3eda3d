import numpy as np
import pytest
from kerasdl.data.array_file import array_file


def test_an_array_is_made_once_and_read_where_it_lies(tmp_path):
    made = array_file(tmp_path / "deep/er/a.npy", (2, 3), np.float32, lambda array: array.fill(7))
    again = array_file(tmp_path / "deep/er/a.npy", (2, 3), np.float32, lambda _: pytest.fail("made again"))
    assert isinstance(made, np.memmap)
    assert made.dtype == np.float32
    assert np.array_equal(made, np.full((2, 3), 7))
    assert np.array_equal(again, made)


def test_what_fails_half_way_leaves_no_file(tmp_path):
    def fill(array):
        array[0] = 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        array_file(tmp_path / "a.npy", (2,), np.uint8, fill)
    assert list(tmp_path.iterdir()) == []
