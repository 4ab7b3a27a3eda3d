import numpy as np
import pytest
from kerasdl.data import sequences
from kerasdl.errors import BadInput

X = np.arange(12.0).reshape(6, 2)
Y = np.array(["up", "down"] * 3)


@pytest.fixture
def write(tmp_path):
    def make(**arrays):
        np.savez(tmp_path / "made.npz", **arrays)
        return tmp_path / "made.npz"

    return make


@pytest.mark.parametrize("y", [Y, np.array([7, 3] * 3), Y == "up"])
def test_classes_are_words_or_numbers(write, y):
    data = sequences.from_npz(write(x=X, y=y), batch_size=4)
    assert data.classes == tuple(sorted({str(each) for each in y}))
    index = int(data.valid_names[0].removeprefix("made.npz[").removesuffix("]"))
    assert data.classes[data.valid_labels[0]] == str(y[index])
    assert data.valid_source.at([0]).numpy().ravel().tolist() == X[index].tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, r"No array 'y': save 'x' and 'y'. Received: \['x'\]"),
        ({"x": X, "y": Y[:4]}, r"a word for each sequence.*Received: <U4 \(4,\) for \(6, 2\)"),
        ({"x": X, "y": np.zeros(6)}, "a whole number or a word.*Received: float64"),
        ({"x": np.array([[1, 2], [3]], object), "y": Y[:2]}, "holds Python objects"),
        ({"x": X + np.inf, "y": Y}, r"finite in float32. Received: made.npz\[0\]"),
    ],
)
def test_arrays_that_do_not_fit(write, arrays, message):
    with pytest.raises(BadInput, match=message):
        sequences.from_npz(write(**arrays))


def test_files_that_are_none(tmp_path):
    with pytest.raises(BadInput, match="cannot be read.*No such file"):
        sequences.from_npz(tmp_path / "none.npz")
    for content in (b"", b"PK\x03\x04", b"text"):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(BadInput, match="The file is damaged, no .npz file"):
            sequences.from_npz(tmp_path / "bad.npz")
