import pytest
from kerasdl.data.text.columns import TextColumns, columns_of
from kerasdl.errors import BadInput

ROWS = [["1", "short", "a much longer cell", "x"], ["2", "", "another long cell", "y"]]


def found(header, text=None, label=None, split=None, rows=ROWS):
    columns = columns_of(header, rows, text, label, split)
    return columns.text, columns.label, columns.split


def test_columns_with_usual_names_are_found_in_any_case():
    assert found(["n", "Text", "comment", "Label"]) == (1, 3, None)
    assert found(["is_valid", "sentiment", "text", "split"]) == (2, 1, 0)
    assert found(["split", "target", "text", "class"]) == (2, 3, 0)


def test_else_the_texts_are_the_cells_with_the_most_words():
    assert found(["n", "title", "body", "category"]) == (2, 3, None)
    assert found(["a", "b", "c", "d"]) == (2, None, None)
    reviews = [["https://films.example.org/17?sort=newest", "I saw it twice."], ["https://" + "x" * 90, "Good."]]
    assert found(["address", "review"], rows=reviews) == (1, None, None)


def test_of_single_words_the_texts_are_the_longest():
    assert found(["n", "comment"], rows=[["1", "良い映画だった"], ["2", "退屈"]]) == (1, None, None)
    assert found(["n", "comment"], rows=[]) == (0, None, None)


def test_columns_may_be_named_or_left_out():
    assert found(["label", "text", "body", "split"], "body", "split", False) == (2, 3, None)
    assert found(["label", "text", "body", "split"], "body", False, "label") == (2, None, 0)
    assert found(["label", "text", "body", "x"], label="text") == (2, 1, None)
    assert columns_of(["label"], [["long"]], "label", None, None) == TextColumns(0, None, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "texts"}, r"No such column: 'texts'. Received: columns \['label', 'text', 'body', 'split'\]"),
        ({"label": "y"}, "No such column: 'y'"),
        ({"text": "body", "label": "body"}, "columns of their own. Received: text='body', label='body', split=None"),
        ({"label": "split", "split": "split"}, "columns of their own"),
    ],
)
def test_errors(options, message):
    with pytest.raises(BadInput, match=message):
        found(["label", "text", "body", "split"], **options)


def test_a_table_needs_a_column_that_is_left_for_texts():
    with pytest.raises(BadInput, match="no column of texts"):
        columns_of(["label"], [["good"]], None, "label", None)
