"""Which updates are one kernel; that their numbers are right is tested with the parameter groups."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import optimizers

ROWS = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]), tf.constant([3, 2]))
CASES = {
    "Adam": (optimizers.Adam(), tf.ones((3, 2)), ["ResourceApplyAdam"]),
    "AdamW": (optimizers.AdamW(), tf.ones((3, 2)), ["ResourceApplyAdam"]),
    "SGD": (optimizers.SGD(0.1, momentum=0.9), tf.ones((3, 2)), ["ResourceApplyKerasMomentum"]),
    "amsgrad": (optimizers.Adam(amsgrad=True), tf.ones((3, 2)), []),
    "no momentum": (optimizers.SGD(0.1), tf.ones((3, 2)), []),
    "rows of an embedding, Adam": (optimizers.Adam(), ROWS, []),
    "rows of an embedding, SGD": (optimizers.SGD(0.1, momentum=0.9), ROWS, []),
}


@pytest.mark.parametrize(("optimizer", "gradient", "expected"), CASES.values(), ids=CASES)
def test_an_update_is_one_kernel_where_there_is_one(optimizer, gradient, expected):
    variable = keras.Variable(np.ones((3, 2), "float32"))
    optimizer.build([variable])
    traced = tf.function(lambda: optimizer.apply([gradient], [variable])).get_concrete_function()
    kernels = [each.type for each in traced.graph.get_operations() if each.type.startswith("ResourceApply")]
    assert kernels == expected
