import numpy as np
import pytest
from kerasdl.data.sequences import read_sequences
from kerasdl.errors import BadInput


def test_the_same_sequences_from_every_kind_of_file(tmp_path):
    (tmp_path / "a.ts").write_text("@classLabel true up\n@data\n1,?,3:up\n5,6:up\n")
    np.savez(tmp_path / "a.npz", x=np.array([[1, np.nan, 3], [5, 6, np.nan]]))
    (tmp_path / "a.csv").write_text("id,x,label\np,1,up\np,,up\np,3,up\nq,5,up\nq,6,up\n")
    expected = [[[1], [2], [3]], [[5], [6]]]
    for name, names in (
        ("a.ts", ["a.ts:3", "a.ts:4"]),
        ("a.npz", ["a.npz[0]", "a.npz[1]"]),
        ("a.csv", ["id p", "id q"]),
    ):
        found, arrays = read_sequences(tmp_path / name, channels=["x"])
        assert (found, [each.tolist() for each in arrays]) == (names, expected)
    with pytest.raises(BadInput, match="No column 'who'"):
        read_sequences(tmp_path / "a.csv", sequence="who")
