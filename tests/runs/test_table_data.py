import pandas as pd
import pytest
from kerasdl import runs
from kerasdl.errors import BadInput


def test_a_parquet_file_is_read_as_a_csv_file(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    frame = pd.DataFrame({"x": [0.5, 1.5, 2.25] * 8, "y": [1.5, 2.5, 3.25, 0.5] * 6})
    frame.to_csv(tmp_path / "table.csv", index=False)
    frame.to_parquet(tmp_path / "table.parquet")
    tables = [
        runs.load_table(runs.TableData(data=str(tmp_path / data), target=("y",), **options), seed=0)
        for data, options in (("table.csv", {}), ("table.csv", {"on_disk": True}), ("table.parquet", {}))
    ]
    assert [table.rows.on_disk for table in tables] == [False, True, True]
    assert len({str(table) for table in tables}) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": "table.csv"}, "Name the target column"),
        ({"data": "table.parquet", "target": ("y",), "separator": ";"}, "separator: only with a CSV file"),
        ({"data": "table.parquet", "target": ("y",)}, "cannot be read"),
    ],
)
def test_what_does_not_go_together(options, message):
    with pytest.raises(BadInput, match=message):
        runs.load_table(runs.TableData(**options), seed=0)
