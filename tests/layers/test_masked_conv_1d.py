import keras
import numpy as np
import pytest
from kerasdl.layers import MaskedConv1D


def test_masked_steps_are_zeros_to_the_convolution():
    conv = MaskedConv1D(1, 3, kernel_initializer="ones")
    steps = np.array([[[1.0], [2.0], [4.0], [8.0]]])
    mask = np.array([[True, True, False, False]])
    # Sums of each step and its neighbours.
    assert conv(steps).numpy().ravel().tolist() == [3, 7, 14, 12]
    assert conv(steps, mask=mask).numpy().ravel().tolist() == [3, 3, 2, 0]


def test_the_mask_goes_on_and_is_that_of_the_inputs():
    masked = keras.layers.Masking()(np.array([[[1.0], [2.0], [0.0]]]))
    out = MaskedConv1D(2, 3)(masked)
    assert out._keras_mask.numpy().tolist() == [[True, True, False]]


@pytest.mark.parametrize("options", [{"strides": 2}, {"padding": "valid"}])
def test_what_drops_steps_is_refused(options):
    with pytest.raises(ValueError, match="every step is kept.*Received: strides="):
        MaskedConv1D(1, 3, **options)
