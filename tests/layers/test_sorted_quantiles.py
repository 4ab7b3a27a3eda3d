import keras
import numpy as np
import pytest
from kerasdl.layers import SortedQuantiles
from kerasdl.losses import Pinball

QUANTILES = [0.1, 0.5, 0.9]
MEMBERS = np.random.default_rng(0).normal(size=(6, 4, 3)).astype("float32")


def test_at_inference_quantiles_are_in_order_and_those_of_members_are_averaged():
    layer = SortedQuantiles(QUANTILES)
    np.testing.assert_array_equal(layer(MEMBERS[:, 0]), np.sort(MEMBERS[:, 0]))
    np.testing.assert_allclose(layer(MEMBERS), np.sort(MEMBERS).mean(axis=1), rtol=1e-5)


def test_in_training_the_loss_is_the_mean_loss_of_the_members():
    loss, targets = Pinball(QUANTILES), np.random.default_rng(1).normal(size=(6, 1)).astype("float32")
    trained = float(loss(targets, SortedQuantiles(QUANTILES)(MEMBERS, training=True)))
    each = [float(loss(targets, MEMBERS[:, member])) for member in range(4)]
    assert trained == pytest.approx(np.mean(each), rel=1e-5)


def test_float32_under_a_half_precision_policy():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    assert SortedQuantiles(QUANTILES)(MEMBERS.astype("float16")).dtype.name == "float32"


@pytest.mark.parametrize("quantiles", [[], [0.5, 0.5], [0.0, 0.5], [0.9, 0.1]])
def test_quantiles_increase_between_0_and_1(quantiles):
    with pytest.raises(ValueError, match="must increase, between 0 and 1"):
        SortedQuantiles(quantiles)


def test_another_number_of_inputs():
    with pytest.raises(ValueError, match=r"3 quantiles are expected. Received: inputs of \(6, 2\)"):
        SortedQuantiles(QUANTILES)(MEMBERS[:, 0, :2])
