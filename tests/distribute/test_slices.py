import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.distribute.slices import bounds, own_rows

SIZES = st.integers(0, 200)


@given(SIZES, st.integers(1, 12))
def test_slices_are_those_of_numpy(size, count):
    expected = [part.tolist() for part in np.array_split(np.arange(size), count)]
    assert [list(range(*bounds(size, index, count))) for index in range(count)] == expected


@given(SIZES, st.integers(1, 5), st.integers(1, 3))
def test_the_rows_of_all_workers_are_the_batch(size, workers, devices):
    own = [own_rows(size, (worker, workers), devices).numpy() for worker in range(workers)]
    assert sorted(np.concatenate(own).tolist()) == list(range(size))
    # Each worker divides its own among its devices by the same rule.
    pieces = [[rows[slice(*bounds(len(rows), device, devices))] for rows in own] for device in range(devices)]
    assert np.concatenate([each for row in pieces for each in row]).tolist() == list(range(size))


def test_in_a_graph():
    traced = tf.function(lambda size, index: tf.stack(bounds(size, index, 4)))
    assert traced(tf.constant(10, tf.int64), tf.constant(1, tf.int64)).numpy().tolist() == [3, 6]
    assert tf.function(own_rows)(tf.constant(10), (1, 2), 2).numpy().tolist() == [3, 4, 5, 8, 9]
