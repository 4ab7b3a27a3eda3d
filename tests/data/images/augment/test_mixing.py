import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.augment.mixing import CutMix, MixUp

SEED = tf.constant([1, 2, 3], tf.int64)
MIXES = [MixUp(), MixUp(alpha=2.0), CutMix(), CutMix(alpha=0.3)]


def batch(count=6, height=9, width=7, classes=5):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, height, width, 3)).astype("float32")
    return tf.constant(images), tf.constant(np.arange(count) % classes)


def uniform(count, height, width):
    """Images of one value, alternately 0 and 255, with labels 0 and 1."""
    labels = np.arange(count) % 2
    return tf.constant(
        np.broadcast_to(255.0 * labels[:, None, None, None], (count, height, width, 1)), tf.float32
    ), labels


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_integer_labels_are_equivalent_to_one_hot_labels(mix):
    images, labels = batch()
    mixed, shares = mix.mix(images, labels, SEED, classes=5)
    again, same = mix.mix(images, tf.one_hot(labels, 5), SEED, classes=5)
    assert mixed.shape == images.shape
    assert mixed.dtype == shares.dtype == tf.float32
    assert np.array_equal(shares, same)
    assert np.array_equal(mixed, again)
    np.testing.assert_allclose(tf.reduce_sum(shares, 1), 1, atol=1e-6)


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_mixing_is_a_pure_function_of_the_seed_also_in_a_graph(mix):
    images, labels = batch()
    first = mix.mix(images, labels, SEED, classes=5)
    graph = tf.function(lambda x, y, seed: mix.mix(x, y, seed, classes=5))(images, labels, SEED)
    for one, other in zip(first, graph, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    for place in range(3):
        other_seed = SEED + tf.one_hot(place, 3, dtype=tf.int64)
        assert not np.array_equal(mix.mix(images, labels, other_seed, classes=5)[1], first[1])


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_a_single_sample_is_mixed_with_itself(mix):
    images, labels = batch(1)
    mixed, shares = mix.mix(images, labels, SEED, classes=5)
    np.testing.assert_allclose(mixed, images, atol=1e-4)
    np.testing.assert_allclose(shares, [[1, 0, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_labels_match_the_content_of_the_image(mix):
    images, labels = uniform(64, 20, 10)
    mixed, shares = mix.mix(images, tf.constant(labels), SEED, classes=2)
    np.testing.assert_allclose(tf.reduce_mean(mixed, [1, 2, 3]) / 255, shares[:, 1], atol=1e-5)


def test_mixup_keeps_at_least_half_of_a_sample_and_has_the_mean_of_its_beta():
    from scipy import stats

    images, labels = uniform(20000, 1, 1)
    mixed, shares = MixUp(alpha=0.4).mix(images, tf.constant(labels), SEED, classes=2)
    own = shares.numpy()[np.arange(20000), labels]
    assert own.min() >= 0.5
    # E max(x, 1 - x) = 2 E [x; x > 1/2]
    assert own.mean() == pytest.approx(2 * stats.beta(0.4, 0.4).expect(lambda x: x, lb=0.5), rel=0.01)
    assert own.std() == pytest.approx(
        stats.beta(0.4, 0.4).expect(lambda x: (max(x, 1 - x) - own.mean()) ** 2) ** 0.5, rel=0.02
    )
    assert float(tf.reduce_mean(mixed)) == pytest.approx(127.5, rel=0.01)


def test_cutmix_pastes_one_box_with_the_mean_area_after_clipping():
    images, labels = uniform(20000, 24, 24)
    mixed, shares = CutMix().mix(images, tf.constant(labels), SEED, classes=2)
    # A side r about a uniform point keeps r - r²/4 of the length on average; r² is uniform: 1/2 - 1/5 + 1/48.
    cut = 1 - shares.numpy()[np.arange(20000), labels]
    assert cut.mean() == pytest.approx(1 / 2 - 1 / 5 + 1 / 48, rel=0.01)
    assert float(tf.reduce_mean(mixed)) == pytest.approx(127.5, rel=0.01)
    for image, label in zip(mixed.numpy()[:50, ..., 0] > 0, labels[:50], strict=True):
        pasted = image != label
        rows, columns = pasted.any(1), pasted.any(0)
        assert (pasted == rows[:, None] & columns).all()
        assert np.abs(np.diff(rows.astype(int))).sum() <= 2


@pytest.mark.parametrize("mix", MIXES[::2], ids=str)
def test_the_loss_of_mixed_labels_is_the_mixed_loss(mix):
    images, labels = batch()
    _, shares = mix.mix(images, labels, SEED, classes=5)
    logits = np.random.default_rng(1).normal(size=(6, 5)).astype("float32")
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    partners = np.roll(labels, 1)
    own = shares.numpy()[np.arange(6), labels]
    expected = own * plain(labels, logits) + (1 - own) * plain(partners, logits)
    mixed = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none")(shares, logits)
    np.testing.assert_allclose(mixed, expected, rtol=1e-5)


def test_mixing_in_a_pipeline():
    images, labels = batch()
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
    shapes = [(len(x), y.shape) for x, y in data.map(lambda x, y: CutMix().mix(x, y, SEED, classes=5))]
    assert shapes == [(4, (4, 5)), (2, (2, 5))]


@pytest.mark.parametrize("alpha", [0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("mix", [MixUp, CutMix])
def test_alpha_out_of_range(mix, alpha):
    with pytest.raises(ValueError, match="Received: alpha="):
        mix(alpha=alpha)


def test_labels_of_another_shape_or_type():
    images, labels = batch()
    with pytest.raises(ValueError, match=r"or float32 \(batch, 4\). Received: float32 \(6, 5\)"):
        MixUp().mix(images, tf.one_hot(labels, 5), SEED, classes=4)
    with pytest.raises(ValueError, match="Received: float32"):
        MixUp().mix(images, tf.cast(labels, tf.float32), SEED, classes=5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="below classes=4"):
        MixUp().mix(images, labels, SEED, classes=4)
