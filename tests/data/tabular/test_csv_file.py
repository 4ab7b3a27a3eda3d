"""CSV files of all kinds give a DataFrame, or an error with the line."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.tabular.cells import MISSING
from kerasdl.data.tabular.csv_file import csv_rows, read_csv
from kerasdl.errors import BadInput


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def test_cells_are_stripped_and_the_index_is_the_line(write):
    frame = read_csv(write('name, size\n\n"Smith, J.", 3 \n"two\nlines",?\n'))
    assert frame.to_dict("list") == {"name": ["Smith, J.", "two\nlines"], "size": ["3", None]}
    assert (frame.index.name, frame.index.tolist()) == ("line", [3, 4])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_inferred_from_the_header(write, separator):
    frame = read_csv(write(f"a{separator}b\n1{separator}2\n"))
    assert frame.to_dict("list") == {"a": ["1"], "b": ["2"]}


def test_decimal_commas_are_read_between_semicolons_only(write):
    assert read_csv(write("a;b\n1,5;2,5e3\n")).iloc[0].tolist() == ["1.5", "2.5e3"]
    assert read_csv(write("a;b\n1.234,5;1.234\n2.345;x\n")).to_numpy().tolist() == [["1234.5", "1.234"], ["2345", "x"]]
    assert read_csv(write('a,b\n"1,5",x\n')).iloc[0].tolist() == ["1,5", "x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_give_the_encoding(write, encoding):
    assert read_csv(write("größe,b\né,2\n", encoding)).to_dict("list") == {"größe": ["é"], "b": ["2"]}


def test_a_byte_order_mark_is_removed_with_an_explicit_encoding(write):
    assert list(read_csv(write("a,b\n1,2\n", "utf-8-sig"), encoding="utf-8")) == ["a", "b"]


def test_separators_in_quotes_are_ignored_and_explicit_ones_checked(write):
    assert list(read_csv(write('"a;b;c",d\n1,2\n'))) == ["a;b;c", "d"]
    assert list(read_csv(write("a\tb\n1\t2\n"), separator="\\t")) == ["a", "b"]
    for wrong in (",,", '"', "\n", ""):
        with pytest.raises(BadInput, match="one character"):
            read_csv(write("a,b\n1,2\n"), separator=wrong)


def test_a_wrong_encoding_is_reported_and_the_right_one_is_read(write):
    path = write("a,b\n1,2\né,3\n", "cp1252")
    with pytest.raises(BadInput, match=r"Line 3 is not utf-8.*--encoding cp1252.*table\.csv"):
        read_csv(path)
    assert read_csv(path, encoding="cp1252")["a"].tolist() == ["1", "é"]
    with pytest.raises(BadInput, match="Unknown encoding.*'latin-99'"):
        read_csv(path, encoding="latin-99")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "with 0 rows"),
        ("\n \n", "with 0 rows"),
        ("a,b\n", "with 1 rows"),
        ("a,b\n1,2\n3\n", "Line 3 has 1 cells, but the header has 2: fix it"),
        ("a,b\n1,2,3\n", "Line 2 has 3 cells, but the header has 2"),
        ('a,b\n1,2\n"x,3\n4,5\n', "row that begins on line 3 cannot be read"),
        ("a,\n1,2\n", "Column 2 has no name"),
        ("a,b,a\n1,2,3\n", "Two columns are named 'a'"),
        ("a\0,\0b\0\n1\0,\0002\0\n", "The header has NUL characters, as UTF-16"),
    ],
)
def test_errors_name_the_line_or_column(write, text, message):
    with pytest.raises(BadInput, match=message):
        read_csv(write(text))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BadInput, match="cannot be read.*none.csv"):
        read_csv(tmp_path / "none.csv")


def test_rows_come_with_their_lines_and_cells_as_they_are(write):
    rows = csv_rows(write('\n name ,text\n\na," two\r\nlines "\nb, c \n'))
    assert list(rows) == [(2, ["name", "text"]), (4, ["a", " two\r\nlines "]), (6, ["b", "c "])]


def test_rows_before_an_error_are_read(write):
    rows = csv_rows(write("a,b\n1,2\n3\n"))
    assert [next(rows), next(rows)] == [(1, ["a", "b"]), (2, ["1", "2"])]
    with pytest.raises(BadInput, match="Line 3 has 1 cells"):
        next(rows)


def test_large_cells_are_read_and_the_limit_of_csv_is_put_back(write):
    limit, path = csv.field_size_limit(), write("a\n" + f"{'x' * 200_000}\n" * 3)
    first, second = csv_rows(path), csv_rows(path)
    for rows in (first, second, first, second, first):
        next(rows)
        assert csv.field_size_limit() == limit
    assert [len(row[0]) for _, row in first] == [200_000]


def test_memory_does_not_grow_with_the_file(write):
    path = write("a,b\n" + f"{'word ' * 200},1\n" * 10_000)
    tracemalloc.start()
    try:
        assert sum(len(row[0]) for _, row in csv_rows(path)) > 10_000_000
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_any_text_is_read_back_as_written(tmp_path_factory, rows, separator):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("first", "second", "third"), *rows])
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_text(text.getvalue(), "utf-8", newline="")
    frame = read_csv(path, separator=separator)
    expected = [[None if cell.strip().lower() in MISSING else cell.strip() for cell in row] for row in rows]
    if separator != ";":
        assert frame.to_numpy().tolist() == expected
    assert frame.shape == (len(rows), 3)
