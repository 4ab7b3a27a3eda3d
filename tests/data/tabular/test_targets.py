"""Targets: classes, numbers or tags, and weights of rows and classes."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.tabular.targets import balancing, check_classes, tags_of, targets_of, weights_of
from kerasdl.errors import BadInput


@pytest.mark.parametrize(
    ("target", "classes"),
    [([3, 1, 2, 1], ("1", "2", "3")), ([True, False] * 2, ("False", "True")), ([0.5, 1, 2, 3], None)],
)
def test_the_task_is_inferred_from_the_target(target, classes):
    frame = pd.DataFrame({"goal": target})
    assert targets_of(frame, ("goal",), "auto")[1] == classes
    assert targets_of(frame, ("goal",), "classes")[1] is not None


def test_numeric_classes_are_ordered_by_value_and_words_follow():
    labels, classes = targets_of(pd.DataFrame({"goal": ["b", "10", "9", "a"]}), ("goal",), "classes")
    assert classes == ("9", "10", "a", "b")
    assert labels.tolist() == [3, 1, 0, 2]


def test_a_constant_target_is_an_error():
    with pytest.raises(BadInput, match="target is constant.*3.5 in all rows of 'rent'"):
        targets_of(pd.DataFrame({"rent": [3.5] * 4}), ("rent",), "numbers")


def test_tags_are_read_from_words_or_from_columns():
    words, names = tags_of(pd.DataFrame({"tags": ["road clear", None, "clear"]}), ("tags",), " ")
    assert (names, words.tolist(), words.dtype) == (("clear", "road"), [[1, 1], [0, 0], [1, 0]], np.float32)
    flags = pd.DataFrame({"clear": [True, False, True], "road": ["1", "0", "0"]})
    assert tags_of(flags, ("clear", "road"), None)[0].tolist() == words.tolist()


def test_errors_name_the_wrong_tags():
    frame = pd.DataFrame({"clear": [1, 2], "road": [0, 1]})
    with pytest.raises(BadInput, match="per tag must hold 0 and 1.*Received: 2 in row 1 of 'clear'"):
        tags_of(frame, ("clear", "road"), None)
    with pytest.raises(BadInput, match="name one column and a tag_separator.*'road'"):
        tags_of(frame, ("clear", "road"), " ")


def test_classes_without_a_training_row_are_an_error():
    check_classes(np.array([0, 1]), ("low", "high"))
    with pytest.raises(BadInput, match=r"No training row has the classes \['high'\]"):
        check_classes(np.array([0, 0]), ("low", "high"))


def test_balanced_weights_by_hand():
    labels, trained = np.array([0, 0, 0, 1, 1]), np.array([True, True, True, True, False])
    np.testing.assert_allclose(balancing(labels, ("low", "high"), trained), [2 / 3, 2 / 3, 2 / 3, 2, 2])


def test_weights_are_float32():
    weights = weights_of(pd.Series(["0", "2.5"], name="w"))
    assert (weights.tolist(), weights.dtype) == ([0, 2.5], np.float32)
