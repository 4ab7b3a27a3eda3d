import errno
import os
from collections import defaultdict, namedtuple
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from kerasdl.callbacks.callback_state import _equal
from kerasdl.callbacks.checkpoint_file import FORMAT, is_plain, read_checkpoint, write_checkpoint
from kerasdl.errors import BadInput

Pair = namedtuple("Pair", ["left", "right"])
ARRAYS = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.array(7, dtype="int64"),
    np.array([1.5, np.nan, np.inf], dtype=tf.bfloat16.as_numpy_dtype),
    np.zeros((0, 4), dtype="float16"),
    np.array([True, False]),
]
STATE = {
    "best": float("inf"),
    "epoch": 3,
    "names": ["a", "b"],
    "weights": [np.ones(2)],
    "rate": np.float32(0.1),
    3: ARRAYS[2],
}
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | hnp.arrays(st.sampled_from(["float32", "int64", "uint8"]), hnp.array_shapes()),
    lambda inner: (
        st.lists(inner, max_size=50)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(max_size=9) | st.integers(), inner, max_size=4)
    ),
    max_leaves=60,
)


def same(left, right):
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def test_arrays_of_every_dtype_and_the_state_come_back(tmp_path):
    write_checkpoint(tmp_path / "a.npz", ARRAYS, STATE)
    arrays, state = read_checkpoint(tmp_path / "a.npz")
    assert all(map(same, ARRAYS, arrays))
    assert _equal(state, STATE)


@given(plain)
def test_every_plain_state_comes_back(tmp_path_factory, state):
    path = tmp_path_factory.getbasetemp() / "state.npz"
    assert is_plain(state)
    write_checkpoint(path, [], {"state": state})
    found = read_checkpoint(path)[1]["state"]
    assert repr(found) == repr(state)


@pytest.mark.parametrize(
    "value", [print, {(1,): 2}, [object()], np.array(["a"]), {"a": {2}}, defaultdict(int), Pair(1, 2)]
)
def test_what_is_not_plain(value):
    assert not is_plain(value)


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(tmp_path):
    path = tmp_path / "a.npz"
    write_checkpoint(path, ARRAYS, STATE)
    content, random, noticed = path.read_bytes(), np.random.default_rng(0), 0
    for place in random.integers(0, 8 * len(content), 300):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            arrays, state = read_checkpoint(path)
        except BadInput:
            noticed += 1
            continue
        assert all(map(same, ARRAYS, arrays))
        assert _equal(state, STATE)
    assert noticed > 200


@pytest.mark.parametrize("length", [0, 10, 600])
def test_a_cut_file_is_damaged(length, tmp_path):
    write_checkpoint(tmp_path / "a.npz", ARRAYS, STATE)
    os.truncate(tmp_path / "a.npz", length)
    with pytest.raises(BadInput, match=r"The checkpoint is damaged .*Received: '.*a.npz'"):
        read_checkpoint(tmp_path / "a.npz")


def test_another_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasdl.callbacks.checkpoint_file.FORMAT", FORMAT + 1)
    write_checkpoint(tmp_path / "a.npz", ARRAYS, STATE)
    monkeypatch.undo()
    with pytest.raises(BadInput, match=f"of another version: install it. Received: format {FORMAT + 1}"):
        read_checkpoint(tmp_path / "a.npz")


def test_pickles_are_not_read(tmp_path):
    np.savez(tmp_path / "a.npz", state=np.array([{"code": print}], dtype=object))
    with pytest.raises(BadInput, match="The checkpoint is damaged"):
        read_checkpoint(tmp_path / "a.npz")


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_on_a_full_disk_the_old_file_stays_whatever_fails(call, tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    write_checkpoint(path, ARRAYS, STATE)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = {"write": "zipfile.ZipFile.open", "fsync": "os.fsync", "replace": "pathlib.Path.replace"}[call]
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a.npz'"):
        write_checkpoint(path, ARRAYS, STATE)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [each.name for each in Path(tmp_path).iterdir()] == ["a.npz"]
