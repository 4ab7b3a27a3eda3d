import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment.draws import COLUMNS, named, sides, whole

EVEN = tf.constant((np.arange(1000) + 0.5) / 1000)


def test_integers_are_equally_frequent():
    assert np.unique(whole(2, EVEN), return_counts=True)[1].tolist() == [200] * 5
    assert set(whole(0, EVEN).numpy()) == {0}


@settings(max_examples=40)
@given(area=st.floats(0.001, 1), aspect=st.floats(1, 20))
def test_a_box_fits_and_has_its_area(area, aspect):
    wide, high = (side.numpy() for side in sides(tf.fill([1000], tf.constant(area, tf.float64)), aspect, EVEN))
    np.testing.assert_allclose(wide * high, area, rtol=1e-9)
    assert max(wide.max(), high.max()) <= 1 + 1e-9
    assert (wide / high).max() <= aspect + 1e-9
    # Wide and high boxes are equally frequent.
    np.testing.assert_allclose(np.sort(wide), np.sort(high))


def test_draws_are_named_by_their_columns():
    row = named(tf.range(len(COLUMNS), dtype=tf.float32)[None])
    assert [float(row[name][0]) for name in COLUMNS] == list(range(len(COLUMNS)))
    assert len(set(COLUMNS)) == len(COLUMNS)
