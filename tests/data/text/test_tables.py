import csv
import io
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

REVIEWS = """label,text,is_valid
good,"I saw it.

Twice, ""even"".",False
bad, Asleep. ,False
bad,Boring.,True
good,"Seen again.",True
"""


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "reviews.csv"
        path.write_bytes(content.encode())
        return path

    return write


def documents(texts):
    return ["".join(piece for number, piece in texts.read() if number == wanted) for wanted in range(len(texts))]


def test_columns_are_found_and_texts_are_as_written(write):
    texts = text.from_csv(write(REVIEWS))
    assert documents(texts) == ['I saw it.\n\nTwice, "even".', "Asleep. ", "Boring.", "Seen again."]
    assert (texts.classes, texts.labels.tolist()) == (("bad", "good"), [1, 0, 0, 1])
    assert (texts.parts.tolist(), list(texts.names)) == ([0, 0, 1, 1], [f"reviews.csv:{line}" for line in (2, 5, 6, 7)])
    assert texts.size == len(REVIEWS)


def test_columns_may_be_left_out(write):
    texts = text.from_csv(write(REVIEWS), label=False, split=False, valid_share=0.5)
    assert (texts.labels, texts.classes) == (None, ())
    assert (texts.parts == Part.VALID).sum() == 2
    texts = text.from_csv(write(REVIEWS), split=False, seed=3)
    assert sorted(texts.labels[texts.parts == Part.VALID]) == [0, 1]


def test_a_table_of_texts_only(write):
    texts = text.from_csv(write("comment\none\ntwo\n"))
    assert (documents(texts), texts.labels) == (["one", "two"], None)
    assert str(texts) == "1 training and 1 validation documents, 0.0 MB; texts in column 'comment'"


def test_parts_are_named_as_in_tables(write):
    rows = "a,Train\nb,validation\nc,test\nd,train\n"
    assert text.from_csv(write(f"text,split\n{rows}")).parts.tolist() == [0, 1, 2, 0]
    assert text.from_csv(write("text,Is_Valid\na,0\nb,1.0\n")).parts.tolist() == [0, 1]
    with pytest.raises(BadInput, match=r"Column 'split' must hold 'train' or 'valid'.*'dev' in reviews\.csv:3"):
        text.from_csv(write("text,split\na,train\nb,dev\n"))


def test_new_lines_in_cells_are_of_one_kind(write):
    assert documents(text.from_csv(write('text\r\n"a\r\nb\rc"\r\nd\r\n'))) == ["a\nb\nc", "d"]


def test_a_long_cell_is_read_in_pieces(write):
    long = "word\n" * 500_000
    texts = text.from_csv(write(f'text\nshort\n"{long}"\n'))
    found = list(texts.read())
    assert [number for number, _ in found] == [0, 1, 1, 1]
    assert "".join(piece for _, piece in found[1:]) == long


def test_marks_of_missing_values_are_classes(write):
    assert text.from_csv(write("label,text\nNA,a\n?,b\nNA,c\n?,d\n")).classes == ("?", "NA")


def test_a_row_may_have_any_number_of_tags(write):
    content = 'text,label,split\na,sad long,train\nb,,valid\nc," sad",train\nd,2.0 sad,test\n'
    for texts in (
        text.from_csv(write(content), tag_separator=" "),
        text.from_frame(pd.read_csv(write(content)), tag_separator=" "),
    ):
        assert (texts.tags, texts.classes, texts.parts.tolist()) == (True, ("2", "long", "sad"), [0, 1, 0, 2])
        assert texts.labels.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 1], [1, 0, 1]]
        assert "; tags 2, long, sad; 1 documents without tag;" in str(texts)
    drawn = text.from_csv(write(content), tag_separator=" ", split=False, valid_share=0.5).parts
    assert np.bincount(drawn).tolist() == [2, 2]
    with pytest.raises(BadInput, match="Name the column of tags by label=. Received: tag_separator=' ', columns"):
        text.from_csv(write(content), tag_separator=" ", label=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("label,text\na,x\n,y\nb,z\n,y\n", r"No label in 2 of the documents.*reviews\.csv:3, reviews\.csv:5"),
        ("label,text\n" + "a, \n" * 8, r"No text in 8 of the documents.*reviews\.csv:2, .*csv:6 and 3 more"),
        ("label,text\na,x\na,y\n", "only one class.*label=False"),
        ("label,text\na,x\nb,y\nb,z\n", "fewer of a"),
        ("label,text\na,x\nb\n", "Line 3 has 1 cells"),
        ("text\n", "a header and at least one row"),
        ("text\nx\n", "At least two training documents"),
        ('text\nx\n"y\n', "row that begins on line 3 cannot be read"),
    ],
)
def test_errors_name_the_lines(write, content, message):
    with pytest.raises(BadInput, match=message):
        text.from_csv(write(content))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BadInput, match="No such file, .* Received: .*none.csv"):
        text.from_csv(tmp_path / "none.csv")


def test_a_file_that_changed_is_not_read_with_the_old_labels(write):
    texts = text.from_csv(write(REVIEWS))
    write(REVIEWS + "good,More.,True\n")
    with pytest.raises(BadInput, match="has changed since"):
        next(texts.read())


def test_the_identity_changes_with_the_file_and_the_column(write):
    path = write("text,body\na,b\nc,d\n")
    one = text.from_csv(path).identity
    assert one == text.from_csv(path, seed=1).identity
    assert one != text.from_csv(path, text="body").identity
    assert one != text.from_csv(write("text,body\na,b\nc,e\n")).identity


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=60)
@given(st.lists(CELLS, min_size=2, max_size=6), st.sampled_from(",;\t|"))
def test_any_text_is_read_back_as_written(tmp_path_factory, given, separator):
    content = io.StringIO(newline="")
    writer = csv.writer(content, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("number", "text"), *enumerate(given)])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(content.getvalue(), "utf-8", newline="")
    expected = [each.replace("\r\n", "\n").replace("\r", "\n") for each in given]
    assert documents(text.from_csv(path, separator=separator)) == expected
    assert documents(text.from_frame(pd.DataFrame({"text": given}))) == given


def test_memory_does_not_grow_with_the_texts(write):
    path = write("text,label\n" + f"{'word ' * 500},a\n{'term ' * 500},b\n" * 2000)
    tracemalloc.start()
    try:
        assert sum(len(piece) for _, piece in text.from_csv(path).read()) == 10_000_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_dataframe_is_read_like_a_file(write):
    frame = pd.read_csv(io.StringIO(REVIEWS), index_col=False, skipinitialspace=True)
    ours, file = text.from_frame(frame), text.from_csv(write(REVIEWS))
    assert documents(ours) == documents(file)
    assert ours.names == ["row 0", "row 1", "row 2", "row 3"]
    assert (ours.parts.tolist(), ours.labels.tolist(), ours.classes) == (
        file.parts.tolist(),
        file.labels.tolist(),
        file.classes,
    )


def test_labels_of_a_dataframe_are_numbers_as_in_a_file():
    frame = pd.DataFrame({"text": list("abcd"), "target": [2.0, 10.0, 2.0, 10.0], "vector": [[1, 2]] * 4})
    texts = text.from_frame(frame)
    assert (texts.classes, texts.labels.tolist()) == (("2", "10"), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a", None, "c", " "]}, "No text in 2 of the documents.*row 11, row 13"),
        ({"text": ["a", "b", "c", 4]}, "must be text.*Received: int in row 13"),
        ({"text": list("abcd"), "label": ["x", None, "y", np.nan]}, "No label in 2 of the documents.*row 11, row 13"),
        ({"text": list("abcd"), "split": ["train"] * 4}, "both training and validation"),
    ],
)
def test_errors_name_the_rows_of_a_dataframe(columns, message):
    with pytest.raises(BadInput, match=message):
        text.from_frame(pd.DataFrame(columns, index=range(10, 14)))


def test_real_reviews(real_data):
    texts = text.from_csv(real_data / "imdb/imdb_sample/texts.csv")
    documents = "800 training and 200 validation documents, 1.4 MB; classes negative, positive"
    assert str(texts) == f"{documents}; texts in column 'text'"
    assert np.bincount(texts.labels).tolist() == [524, 476]
    assert next(texts.read())[1].startswith("Un-bleeping-believable! Meg Ryan")
