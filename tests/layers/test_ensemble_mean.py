import keras
import numpy as np
import pytest
from kerasdl.layers import EnsembleMean
from kerasdl.losses import SparseCategoricalCrossentropy

MEMBERS = np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")


def test_at_inference_numbers_and_probabilities_are_averaged():
    np.testing.assert_allclose(EnsembleMean()(MEMBERS), MEMBERS.mean(axis=1), rtol=1e-6)
    probabilities = np.exp(MEMBERS) / np.exp(MEMBERS).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(np.exp(EnsembleMean(logits=True)(MEMBERS)), probabilities.mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (keras.losses.MeanSquaredError(), np.random.default_rng(1).normal(size=(6, 4)).astype("float32")),
        (SparseCategoricalCrossentropy(from_logits=True), np.arange(6) % 4),
        (SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1), np.arange(6) % 4),
    ],
)
def test_in_training_the_loss_is_the_mean_loss_of_the_members(loss, targets):
    layer = EnsembleMean(logits=targets.ndim == 1)
    trained = float(loss(targets, layer(MEMBERS, training=True))) + float(layer.losses[0])
    each = [float(loss(targets, MEMBERS[:, member])) for member in range(3)]
    assert trained == pytest.approx(np.mean(each), rel=1e-5)
    layer(MEMBERS)
    assert layer.losses == []


def test_float32_under_a_half_precision_policy():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    assert EnsembleMean()(MEMBERS.astype("float16")).dtype.name == "float32"
