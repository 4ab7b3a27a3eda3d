import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.data import text
from kerasdl.errors import BadInput

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(st.lists(TEXTS, min_size=2, max_size=8))
def test_texts_are_read_again_and_again_as_they_are(given):
    texts = text.from_texts(given)
    for _ in range(2):
        assert list(texts.read()) == list(enumerate(given))
    assert texts.size == sum(len(each.encode()) for each in given)
    assert texts.labels is None


def test_labels_of_any_kind_are_classes_and_none_is_without():
    texts = text.from_texts(list("abcdefg"), [1, 0, 0, 1, None, 10, 10])
    assert (texts.classes, texts.labels.tolist()) == (("0", "1", "10"), [1, 0, 0, 1, -1, 2, 2])
    assert texts.names[1] == "text[1]"


def test_labels_are_written_as_in_a_table():
    texts = text.from_texts(list("abcdefg"), [1.0, 2, " 1 ", float("nan"), "NA", np.float32(2), "NA"])
    assert (texts.classes, texts.labels.tolist()) == (("1", "2", "NA"), [0, 1, 0, -1, 2, 1, 2])


def test_a_text_may_have_any_number_of_tags():
    texts = text.from_texts(list("abcde"), [["sad", "long"], [], ("sad",), {10, "sad"}, [9]], valid_share=0.4)
    assert (texts.tags, texts.classes, texts.labels.dtype) == (True, ("9", "10", "long", "sad"), np.float32)
    assert texts.labels.tolist() == [[0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 0]]
    assert np.bincount(texts.parts).tolist() == [3, 2]
    assert str(texts).endswith("documents, 0.0 MB; tags 9, 10, long, sad; 1 documents without tag")


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_missing_texts_are_named_and_missing_labels_are_none(missing):
    with pytest.raises(BadInput, match=r"No text in 1 of the documents: add it, or remove them. Received: text\[1\]"):
        text.from_texts(["a", missing, "c"])
    assert text.from_texts(list("abcde"), ["x", missing, "y", "x", "y"]).labels.tolist() == [0, -1, 1, 0, 1]


def test_the_identity_is_that_of_the_content():
    one, same, other = (text.from_texts(texts).identity for texts in (["a", "b"], ["a", "b"], ["a", "c"]))
    assert one == same != other


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ("one text", None, "a list of texts.*Received: one text, 'one text'"),
        (["a", " \n", "b", ""], None, r"No text in 2 of the documents.*text\[1\], text\[3\]"),
        (["a", 3], None, r"must be text.*Received: int in text\[1\]"),
        (["a", "b\udce9"], None, r"half a character.*'\\udce9' at 1 in text\[1\]"),
        (["a", "b"], [1], "one label per text. Received: 1 labels for 2 texts"),
        (["a", "b"], [1, 1], "only one class.*no labels if they are a list"),
        (["a", "b"], [1, 2], "two training documents.*no labels if the texts are a list"),
        (["a", "b"], [["x", "y"], "z"], r"a list of tags for every text.*Received: 'z' for text\[1\]"),
        (["a", "b"], [["x"], ["x"]], "only one class"),
        ([], None, "At least two training documents"),
    ],
)
def test_errors_name_the_text(texts, labels, message):
    with pytest.raises(BadInput, match=message):
        text.from_texts(texts, labels)


def test_rows_of_numbers_are_no_classes():
    with pytest.raises(BadInput, match=r"Several values in the place of one.*Received: array\(\[1, 0\]\)"):
        text.from_texts(["a b", "c d", "e f"], np.array([[1, 0], [0, 1], [1, 1]]))


def test_cells_of_lists_are_no_classes():
    frame = pd.DataFrame({"text": ["a b", "c d"], "label": [["x", "y"], ["x"]]})
    with pytest.raises(BadInput, match=r"tag_separator=.*Received: \['x', 'y'\]"):
        text.from_frame(frame)
