import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.draws import happens

EVEN = tf.constant((np.arange(1000) + 0.5) / 1000)


def test_one_number_decides_whether_and_how_much():
    drawn = happens(EVEN, 0.3, neutral=-1.0).numpy()
    assert (drawn != -1).sum() == 300
    assert np.sort(drawn[drawn != -1]) == pytest.approx((np.arange(300) + 0.5) / 300)
    assert (happens(EVEN, 1.0) == EVEN).numpy().all()
    assert set(happens(EVEN, 0.0).numpy()) == {0.5}
