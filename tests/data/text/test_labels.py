import numpy as np
import pytest
from kerasdl.data.splits import Part
from kerasdl.data.text.labels import Words, hold_out
from kerasdl.errors import BadInput

CLASSES = ("bad", "good")


def test_words_are_held_once_and_numbered_in_order():
    words = Words()
    for word in ["10", "9", "", "9", "other"]:
        words.append(word)
    labels, classes = words.classes()
    assert (labels.tolist(), classes) == ([1, 0, -1, 0, 2], ("9", "10", "other"))
    assert (list(words), words[-2:], len(words)) == (["10", "9", "", "9", "other"], ["9", "other"], 5)


def test_tags_between_separators():
    labels, names = Words(["b; a", "", "b", "b; a", ";c"]).tags(";")
    assert (labels.tolist(), names) == ([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]], ("a", "b", "c"))
    assert labels.dtype == np.float32
    with pytest.raises(BadInput, match="Received: tag_separator=''"):
        Words(["a b"]).tags("")


def held(parts, labels=None, classes=CLASSES, valid_share=0.5):
    found = hold_out(np.array(parts), None if labels is None else np.array(labels), classes, valid_share, seed=0)
    return np.flatnonzero(found == Part.VALID).tolist()


def test_the_same_share_of_every_class_is_held_out_of_labelled_training_documents():
    labels = np.array([0] * 40 + [1] * 20 + [-1] * 20 + [0] * 20)
    parts = np.array([Part.TRAIN] * 80 + [Part.TEST] * 20)
    found = labels[held(parts, labels, valid_share=0.1)]
    assert np.bincount(found).tolist() == [4, 2]
    assert max(held(parts, labels, valid_share=0.1)) < 60


def test_without_classes_it_is_a_share_of_all_and_the_given_parts_stay_as_they_are():
    given = np.zeros(10, int)
    assert len(held(given, valid_share=0.3)) == 3
    assert not given.any()


def test_with_tags_it_is_a_share_of_all():
    assert len(held(np.zeros(10, int), np.eye(10, 3), valid_share=0.3)) == 3
    assert held([0, 1, 0, 2], np.zeros((4, 3))) == [1]


def test_given_validation_is_kept():
    assert held([0, 1, 0, 2]) == [1]
    assert held([0, 0, 1, 2], [0, 1, 0, -1]) == [2]


@pytest.mark.parametrize(
    ("parts", "labels", "message"),
    [
        ([0], None, "At least two training documents.*from_files. Received: 1"),
        ([], None, "At least two training documents.*Received: 0"),
        ([2, 2], None, "At least two training documents.*Received: 0"),
        ([1, 1], None, "no training documents. Received: 2 of validation and test"),
        ([0, 0, 0], [0, 0, 1], "two training documents.*label=False.*Received: fewer of good"),
        ([0, 0, 1], [0, 0, 1], "No training document has the classes good"),
        ([0, 0], [-1, -1], "two training documents.*Received: fewer of bad, good"),
    ],
)
def test_errors(parts, labels, message):
    with pytest.raises(BadInput, match=message):
        held(np.array(parts, int), labels)


def test_one_class_is_not_enough():
    with pytest.raises(BadInput, match=r"only one class.*label=False.*Received: classes=\['good'\]"):
        held([0, 0], [0, 0], ("good",))
