import tarfile

import numpy as np
import pytest
from kerasdl.data.music import chorales
from kerasdl.errors import BadInput


@pytest.fixture
def folder(tmp_path):
    for number in (2, 1):
        rows = [f"{60 + number},{50 + step},0" for step in range(8)]
        (tmp_path / f"{number}.csv").write_text("\n".join(["note0,note1,note2", *rows]))
    return tmp_path


def test_a_row_of_every_quarter_in_the_order_of_the_names(folder):
    first, second = chorales(folder)
    assert first.tolist() == [[61, 50, 0], [61, 54, 0]]
    assert second.tolist() == [[62, 50, 0], [62, 54, 0]]
    assert [len(each) for each in chorales(folder, every=1)] == [8, 8]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,c\n60,x,40\n", "cannot be read.*1.csv"),
        ("a,b,c\n60,50\n60,50,40\n", "cannot be read.*1.csv"),
        ("a,b,c\n60,50,128\n", "note numbers from 0 .a rest. to 127. Received: .*1.csv"),
        ("a,b,c\n60,50,-1\n", "note numbers"),
        ("a,b\n60,50\n", "same number of voices. Received: .*2.csv' with 3, .*1.csv' with 2"),
    ],
)
def test_bad_files_are_named(folder, content, message):
    (folder / "1.csv").write_text(content)
    with pytest.raises(BadInput, match=message):
        chorales(folder)


def test_a_folder_without_pieces(tmp_path):
    with pytest.raises(BadInput, match="no CSV files of pieces.*none"):
        chorales(tmp_path / "none")
    with pytest.raises(BadInput, match="every=0"):
        chorales(tmp_path, every=0)


def test_the_chorales_of_bach(real_data, tmp_path):
    with tarfile.open(real_data / "jsb_chorales/jsb_chorales.tgz") as archive:
        archive.extractall(tmp_path, [each for each in archive if "/test/" in each.name], filter="data")
    pieces = chorales(tmp_path / "jsb_chorales/test")
    assert (len(pieces), sum(map(len, pieces))) == (77, 4725)
    notes = np.concatenate(pieces)
    assert (notes.max(axis=0).tolist(), notes.shape[1]) == ([81, 74, 69, 64], 4)
