"""The .ts reader: what is read, and errors that give the line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from kerasdl.data.sequences.ts_file import read_ts
from kerasdl.errors import BadInput

HEADER = "# Made up.\n@problemName Made\n@timeStamps false\n@classLabel true up down\n@data\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "made.ts"
        path.write_text(text, "latin-1")
        return path

    return write


def test_dimensions_labels_classes_and_lines(write):
    found = read_ts(write(HEADER + "1,2,3:4,5,6:down\n\n7, ?,9:-1e2,NaN,.5: up\n"))
    assert found.sequences[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    np.testing.assert_array_equal(found.sequences[1], [[7, -100], [np.nan, np.nan], [9, 0.5]])
    assert (found.labels, found.lines, found.classes) == (["down", "up"], [6, 8], ("up", "down"))


def test_series_may_differ_in_length(write):
    assert [len(sequence) for sequence in read_ts(write(HEADER + "1:up\n1,2,3:down\n")).sequences] == [1, 3]


def test_classes_missing_from_the_header_are_sorted(write):
    assert read_ts(write("@classlabel TRUE\n@DATA\n1:b\n2:a")).classes == ("a", "b")


def test_comments_may_have_another_encoding(write):
    assert len(read_ts(write("# Café\r\n" + HEADER + "1:up\r\n")).sequences) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEADER + "1,2:up\n1,x:up",
            r"Line 7 has a value that is not a finite float32 number: 'x'. Received: '.*made.ts'",
        ),
        (HEADER + "1,inf:up", "Line 6 has a value that is not a finite float32 number: 'inf'"),
        (HEADER + "1,1e39:up", "Line 6 has a value that is not a finite float32 number: '1e39'"),
        (HEADER + "1,1_0:up", "Line 6 has a value that is not a finite float32 number: '1_0'"),
        (HEADER + "1,,2:up", "Line 6 has a value that is not a finite float32 number: ''"),
        (HEADER + "1,2:1:up", "Line 6 has 1 values in dimension 2, but 2 in the first"),
        (HEADER + "1,2:1,2:up\n1,2:up", "Line 7 has 1 dimensions, not 2"),
        (HEADER + "1,2:left", r"Line 6 has class 'left', not one of \['up', 'down'\]"),
        (HEADER + "1,2", "Line 6 does not end in ':' and a class label"),
        ("@classLabel true\n@data\n1,2: ", "Line 3 does not end in ':' and a class label"),
        (HEADER, "No data after @data"),
        ("@classLabel true a b\n1:a", "needs a line '@data'"),
        ("@classLabel true a b\n1:a\n@data\n1:a", "Line 2 comes before @data but does not start with '@'"),
        ("@univariate true\n" + HEADER + "1:2:up", "Line 7 has 2 dimensions, not 1"),
        ("@dimensions 3\n" + HEADER + "1:2:up", "Line 7 has 2 dimensions, not 3"),
        ("@dimensions three\n" + HEADER + "1:up", "@dimensions must be followed by a positive integer"),
        ("@seriesLength 3\n" + HEADER + "1,2:up", "Line 7 has 2 values per dimension, not 3"),
        ("@equalLength true\n" + HEADER + "1,2:up\n1:up", "Line 8 has 1 values per dimension, not 2"),
        ("@timeStamps true\n@classLabel true a b\n@data\n(0,1):a", "time stamps are not supported"),
        ("@classLabel false\n@data\n1", "needs '@classLabel true'"),
        ("@data\n1:a", "needs '@classLabel true'"),
    ],
)
def test_errors_give_the_line(write, text, message):
    with pytest.raises(BadInput, match=message):
        read_ts(write(text))


def test_a_stated_length_is_ignored_for_series_of_unequal_length(write):
    text = "@equalLength false\n@seriesLength 3\n" + HEADER + "1,2:up"
    assert len(read_ts(write(text)).sequences[0]) == 2


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BadInput, match=r"cannot be read \(No such file or directory\). Received: '.*none.ts'"):
        read_ts(tmp_path / "none.ts")


VALUES = st.floats(-1e30, 1e30) | st.just(np.nan)
SEQUENCES = st.integers(1, 3).flatmap(
    lambda channels: st.lists(
        st.integers(1, 5).flatmap(lambda length: arrays.arrays(float, (length, channels), elements=VALUES)),
        min_size=1,
        max_size=4,
    )
)


@settings(max_examples=50)
@given(SEQUENCES, st.data())
def test_any_series_is_read_back_as_written(tmp_path_factory, sequences, data):
    labels = [data.draw(st.sampled_from(["up", "down"])) for _ in sequences]
    lines = [
        ":".join(",".join("?" if np.isnan(value) else repr(float(value)) for value in column) for column in each.T)
        for each in sequences
    ]
    path = tmp_path_factory.mktemp("ts") / "made.ts"
    path.write_text(HEADER + "\n".join(f"{line}:{label}" for line, label in zip(lines, labels, strict=True)))
    found = read_ts(path)
    assert found.labels == labels
    for read, written in zip(found.sequences, sequences, strict=True):
        np.testing.assert_array_equal(read, written)
