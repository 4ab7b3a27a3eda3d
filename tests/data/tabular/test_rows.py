"""Rows on disk: a table made of them is that of the same rows in memory."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from kerasdl.data.tabular.rows import RowNames, csv_rows_on_disk, parquet_rows
from kerasdl.errors import BadInput

from tests.data.tabular.test_table import people

pytest.importorskip("pyarrow")


@pytest.fixture(autouse=True)
def small_pieces(tmp_path, monkeypatch):
    """Ten rows each, and a cache folder of the test's own."""
    monkeypatch.setattr("kerasdl.data.tabular.frames.MOST_ROWS", 10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def nasty(count=30):
    """Missing cells, whole numbers too large for float64 and codes, in some pieces only."""
    frame = people(count)
    frame["id"] = pd.array(2**53 + np.arange(count) % 3, "Int64")
    frame.loc[5, "id"] = None
    return frame.assign(plate=["007", *["12"] * (count - 1)], flag=np.arange(count) % 2 == 0)


def parts(table):
    """The encoded rows and the labels of both parts."""
    sources = table.source(Part.TRAIN), table.source(Part.VALID)
    return [(each.at(np.arange(len(each.labels))), each.labels, list(each.names)) for each in sources]


def assert_same(one, other):
    assert str(one) == str(other)
    tf.nest.map_structure(np.testing.assert_array_equal, parts(one), parts(other))
    assert one.edges == other.edges


@pytest.mark.parametrize("options", [{"kinds": {"id": "category"}}, {"time": "since"}, {"weight": "rent"}])
def test_parquet_files_give_the_table_of_their_rows(options, tmp_path):
    frame = nasty()
    frame[:17].to_parquet(tmp_path / "1.parquet", row_group_size=8)
    frame[17:].to_parquet(tmp_path / "2.parquet")
    on_disk = tabular.from_parquet(tmp_path, "income", **options)
    in_memory = tabular.from_frame(frame, "income", **options)
    assert_same(on_disk, in_memory)
    titles = ["first", "second"]
    drawn = [[each.get_text() for each in table.draw([4, 0], titles).axes[0].texts] for table in (on_disk, in_memory)]
    assert drawn[0] == drawn[1]
    assert on_disk.frame["age"].tolist()[1:5] == frame["age"].tolist()[1:5]
    batches = list(on_disk.epoch(1))
    tf.nest.map_structure(np.testing.assert_array_equal, batches, list(in_memory.epoch(1)))


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_file_in_pieces_gives_the_table_of_the_whole(separator, tmp_path):
    frame = people(30)
    # Decimal commas in the last piece alone, which make points thousands separators in the first.
    frame["size"] = [*["1.000"] * 25, *["2,5"] * 5]
    path = tmp_path / "people.csv"
    frame.to_csv(path, index=False, sep=separator)
    path.write_text(path.read_text().replace("\n", "\n\n", 1))
    on_disk = tabular.from_csv(path, "rent", on_disk=True, kinds={"size": "number" if separator == ";" else "category"})
    assert_same(on_disk, tabular.from_csv(path, "rent", kinds={column.name: column.kind for column in on_disk.columns}))
    assert on_disk.train_rows[0].startswith("line ")
    size = next(column for column in on_disk.columns if column.name == "size")
    assert size.note == ("2.5 to 1000" if separator == ";" else "2 values")
    assert not list((tmp_path / "cache" / "kerasdl").iterdir())


def test_a_cell_that_does_not_fit_is_found_by_its_line(tmp_path):
    frame = people(30)
    frame["age"] = frame["age"].astype(object)
    frame.loc[27, "age"] = "old"
    frame.to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(BadInput, match="Column 'age' holds numbers, but line 29 .*'old'"):
        tabular.from_csv(tmp_path / "people.csv", "income", on_disk=True)
    assert csv_rows_on_disk(tmp_path / "people.csv").at([27, 0], ["job"]).index.tolist() == [29, 2]


def test_files_that_are_no_table_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    for path, message in (
        ("empty", "has no .parquet files"),
        ("bad.parquet", "cannot be read"),
        ("none.parquet", "cannot be read .*none.parquet"),
    ):
        with pytest.raises(BadInput, match=message):
            parquet_rows(tmp_path / path)
    people().to_parquet(tmp_path / "empty" / "1.parquet")
    people().drop(columns="job").to_parquet(tmp_path / "empty" / "2.parquet")
    with pytest.raises(BadInput, match=r"the same columns. Received: \['job'\] in .*2.parquet"):
        parquet_rows(tmp_path / "empty")
    with pytest.raises(BadInput, match="No such column: 'wages'"):
        tabular.from_parquet(tmp_path / "empty" / "1.parquet", "wages")


def test_names_of_rows_are_made_when_they_are_asked_for():
    names = RowNames(pd.Index([2, 3, 5], name="line"), np.array([0, 2]))
    assert (len(names), list(names), list(names[1:])) == (2, ["line 2", "line 5"], ["line 5"])
