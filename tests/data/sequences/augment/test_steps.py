"""What `Augmentation` is made of, by hand."""

import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.sequences.augment.steps import is_step, moments, resampled, warped, within

NAN = np.nan


def column(*numbers):
    """One number per sample."""
    return tf.constant(numbers, tf.float64)


def test_padding_has_no_part_in_moments():
    values = tf.constant([[[1.0, 7.0], [3.0, 7.0], [NAN, NAN]], [[5.0, 0.0], [NAN, 0.0], [2.0, NAN]]], tf.float64)
    assert is_step(values)[..., 0].numpy().tolist() == [[True, True, False], [True, True, True]]
    mean, deviation = moments(values[:1])
    assert (mean.numpy().tolist(), deviation.numpy().tolist()) == ([[[2, 7]]], [[[1, 0]]])


def test_the_speed_of_time_is_as_drawn():
    shares = tf.constant(np.linspace(0, 1, 1001)[None])
    found = warped(shares, column(0.5), column(0.0)).numpy()[0]
    speed = np.diff(found) * 1000
    assert found[[0, -1]].tolist() == [0, pytest.approx(1)]
    # Fastest at the ends, slowest in the middle, with this phase.
    assert (speed.max(), speed.min(), int(speed.argmin()) in (499, 500)) == (
        pytest.approx(1.5, abs=1e-4),
        pytest.approx(0.5, abs=1e-4),
        True,
    )
    np.testing.assert_allclose(warped(shares, column(0.0), column(0.3)), shares, atol=1e-12)


def test_values_between_steps_are_linear_and_padding_stays():
    ramp = tf.constant([[[0.0], [10.0], [20.0], [NAN]], [[5.0], [NAN], [NAN], [NAN]]], tf.float64)
    shares = tf.constant([[0.0, 0.25, 0.9, 0.0], [0.0, 0.5, 1.0, 0.0]], tf.float64)
    np.testing.assert_allclose(resampled(ramp, shares)[..., 0], [[0, 5, 18, NAN], [5, NAN, NAN, NAN]])


def test_an_interval_of_steps():
    steps, ten = tf.range(10, dtype=tf.float64), column(10.0, 10.0, 10.0, 4.0)
    found = within(steps, ten, column(0.3, 0.3, 0.0, 0.5), column(0.0, 1.0, 0.5, 1.0)).numpy()
    assert [np.flatnonzero(row).tolist() for row in found] == [[0, 1, 2], [7, 8, 9], [], [2, 3]]
