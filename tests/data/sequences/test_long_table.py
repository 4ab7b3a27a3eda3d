import numpy as np
import pandas as pd
import pytest
from kerasdl.data import sequences
from kerasdl.data.sequences.long_table import sequences_of_frame
from kerasdl.errors import BadInput

ROWS = ["id,time,x,y,label", "b,2,20,1,down", "a,1,1,,up", "b,1,10,1,down", "a,2,,5,up", "a,3,3,5,up", "c,7,7,7,up"]
ROWS += [f"{name},{time},{time},0,down" for name in "de" for time in (1, 2)]


@pytest.fixture
def write(tmp_path):
    def make(rows):
        (tmp_path / "steps.csv").write_text("\n".join(rows))
        return tmp_path / "steps.csv"

    return make


def test_rows_become_sequences_sorted_by_time(write):
    names, arrays, rows, channels = sequences_of_frame(pd.read_csv(write(ROWS)), time="time", others=["label"])
    assert (names, channels) == (["id b", "id a", "id c", "id d", "id e"], ["x", "y"])
    assert arrays[0].tolist() == [[10, 1], [20, 1]]
    np.testing.assert_array_equal(arrays[1], [[1, np.nan], [np.nan, 5], [3, 5]])
    assert [each.tolist() for each in rows[:3]] == [[2, 0], [1, 3, 4], [5]]
    # Without it, in the order of the file.
    assert sequences_of_frame(pd.read_csv(write(ROWS)), channels=["x"])[1][0].tolist() == [[20], [10]]


def test_a_file_becomes_datasets(write):
    data = sequences.from_csv(write(ROWS), time="time", valid_share=0.5, batch_size=2)
    assert str(data) == (
        "2 training and 3 validation sequences of 3 steps and 2 channels in 2 classes, 2 missing values interpolated"
    )
    assert (data.classes, data.channels) == (("down", "up"), ("x", "y"))
    labels = {
        name: int(label)
        for names, source in ((data.train_names, data.train_source), (data.valid_names, data.valid_source))
        for name, label in zip(names, source.labels, strict=True)
    }
    assert labels == {"id a": 1, "id b": 0, "id c": 1, "id d": 0, "id e": 0}
    legend = [text.get_text() for text in data.draw([0], ["first"]).legends[0].get_texts()]
    assert legend == ["x", "y"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (("id", "who"), {}, "No column 'id': name those .* Received: columns"),
        (("b,2,20", ",2,20"), {}, "Every row belongs to a sequence. Received: column 'id' without one in line 2"),
        (("20,1,down", "20,1,"), {}, "Every row needs a class. Received: column 'label' without one in line 2"),
        (("20,1,down", "20,1,up"), {}, r"A sequence has one class. Received: id b with \['down', 'up'\]"),
        (("b,2,20", "b,2,many"), {}, "Column 'x' holds numbers, but line 2 is not"),
        (("b,2,20", "b,1,20"), {"time": "time"}, "have the same time, 1. Received: id b, line 2 and line 4"),
        (("b,2,20", "b,,20"), {"time": "time"}, "Every step needs a time. Received: line 2"),
        (("", ""), {"channels": ["z"]}, "No column 'z'"),
        (("", ""), {"label": "id"}, "Column 'label' holds numbers"),
    ],
)
def test_errors_give_line_and_column(write, change, options, message):
    with pytest.raises(BadInput, match=message):
        sequences.from_csv(write([row.replace(*change) if change[0] else row for row in ROWS]), **options)


def test_a_table_of_keys_alone(write):
    with pytest.raises(BadInput, match="At least one channel and one row.*channels"):
        sequences.from_csv(write(["id,label", "a,up"]))
