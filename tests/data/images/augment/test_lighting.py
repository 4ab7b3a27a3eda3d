import colorsys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import lighting

EVERY_GRAY = tf.reshape(tf.range(256, dtype=tf.float32), (1, 16, 16, 1)) * tf.ones(3)


def one(number):
    return tf.constant([number], tf.float32)


def colors():
    return tf.constant(np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3)).astype("float32"))


@settings(max_examples=30)
@given(brightness=st.floats(-3, 3), contrast=st.floats(0.3, 3))
def test_light_is_monotonic_and_stays_in_range(brightness, contrast):
    lit = lighting.light(EVERY_GRAY, brightness=one(brightness), contrast=one(contrast)).numpy()[..., 0].ravel()
    assert (np.diff(lit) >= 0).all()
    assert 0 <= lit[0] <= lit[-1] <= 255


def test_light_by_hand():
    logit = 2 * np.log(100 / 155) + 1
    expected = round(255 / (1 + np.exp(-logit)))
    assert lighting.light(tf.fill((1, 1, 1, 1), 100.0), brightness=one(1), contrast=one(2)).numpy() == expected == 135


def test_light_of_uint8_is_that_of_float32_and_each_image_has_its_own():
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    numbers = {"brightness": tf.constant([0.3, -0.2]), "contrast": tf.constant([1.0, 0.8])}
    lit = lighting.light(images, **numbers)
    assert lit.dtype == tf.float32
    assert np.array_equal(lit, lighting.light(images.astype("float32") + 0.2, **numbers))
    second = {name: each[1:] for name, each in numbers.items()}
    assert np.array_equal(lit[1:], lighting.light(images[1:], **second))


def test_no_change_is_exact():
    assert (lighting.light(EVERY_GRAY, brightness=one(0), contrast=one(1)) == EVERY_GRAY).numpy().all()
    assert (lighting.saturate(colors(), one(1)) == colors()).numpy().all()
    assert (lighting.turn_hue(colors(), one(0)) == colors()).numpy().all()


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.7])
def test_gray_stays_gray(strength):
    assert (lighting.saturate(EVERY_GRAY, one(strength)) == EVERY_GRAY).numpy().all()
    np.testing.assert_allclose(lighting.turn_hue(EVERY_GRAY, one(strength - 0.7)), EVERY_GRAY, atol=1e-3)


def test_saturation_by_hand():
    red, green, blue = 200.0, 100.0, 50.0
    logits = np.log([200 / 55, 100 / 155, 50 / 205])
    gray = 0.299 * logits[0] + 0.587 * logits[1] + 0.114 * logits[2]
    expected = 255 / (1 + np.exp(-(gray + 1.5 * (logits - gray))))
    seen = lighting.saturate(tf.reshape([red, green, blue], (1, 1, 1, 3)), one(1.5)).numpy().ravel()
    assert seen.tolist() == expected.round().tolist()
    assert len(set(lighting.saturate(colors(), one(0)).numpy()[0, 0, 0])) == 1


@settings(max_examples=20)
@given(share=st.floats(-0.5, 0.5))
def test_hue_equals_the_standard_library(share):
    for before, after in zip(
        colors().numpy().reshape(-1, 3)[:8],
        lighting.turn_hue(colors(), one(share)).numpy().reshape(-1, 3),
        strict=False,
    ):
        hue, saturation, value = colorsys.rgb_to_hsv(*before.astype(float))
        np.testing.assert_allclose(after, colorsys.hsv_to_rgb((hue + share) % 1, saturation, value), atol=0.05)


def test_a_third_of_the_color_circle_turns_red_to_green():
    seen = lighting.turn_hue(tf.reshape([255.0, 0.0, 0.0], (1, 1, 1, 3)), one(1 / 3)).numpy().ravel()
    np.testing.assert_allclose(seen, [0, 255, 0], atol=1e-3)
