import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import lighting


@settings(max_examples=30, deadline=None)
@given(brightness=st.floats(-3, 3), contrast=st.floats(0.3, 3))
def test_lighting_keeps_order_and_range(brightness, contrast):
    table = lighting.lighting_table(tf.constant([brightness], tf.float32), tf.constant([contrast], tf.float32))[0]
    assert (np.diff(table) >= -1e-3).all()
    assert 0 <= table[0] <= table[-1] <= 255


def test_lighting_by_hand():
    table = lighting.lighting_table(tf.constant([1.0]), tf.constant([2.0]))[0]
    share = 100 / 255
    logit = 2 * np.log(share / (1 - share)) + 1
    assert float(table[100]) == pytest.approx(255 / (1 + np.exp(-logit)), abs=1e-3)
