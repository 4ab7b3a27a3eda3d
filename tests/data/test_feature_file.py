import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.feature_file import feature_file, function_identity, write_features


def test_a_function_is_its_outputs_and_weights():
    keys = [
        function_identity(np.float32(outputs), [tf.Variable(weight)])
        for outputs, weight in (([1, 2], 3.0), ([1, 2], 3.0), ([1, 3], 3.0), ([1, 2], 4.0))
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_features_are_written_once_for_each_function_and_samples(tmp_path):
    batches = [([2, 0], [[3.0], [1.0]]), ([1], [[2.0]])]

    def fill(features):
        write_features(features, ((rows, np.float32(found)) for rows, found in batches), unit_name="text", verbose=0)

    found = feature_file(tmp_path, "length", "three texts", (3, 1), fill)
    assert (found.tolist(), found.dtype) == ([[1], [2], [3]], np.float32)
    again = feature_file(tmp_path, "length", "three texts", (3, 1), lambda _: pytest.fail("computed again"))
    assert np.array_equal(found, again)
    feature_file(tmp_path, "length", "other texts", (3, 1), fill)
    feature_file(tmp_path, "width", "three texts", (3, 1), fill)
    assert len(list(tmp_path.iterdir())) == 3
