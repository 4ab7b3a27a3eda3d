"""What padding is to the networks of convolutions over steps."""

import keras
import numpy as np
import pytest
from kerasdl.models import lstm_fcn, resnet_1d

RANDOM = np.random.default_rng(0)
BUILDERS = {
    "resnet_1d": lambda **options: resnet_1d((None, 2), 3, widths=(4, 5), **options),
    "lstm_fcn": lambda **options: lstm_fcn((None, 2), 3, widths=(4, 5), kernels=(4, 3), dropout=0, **options),
}


def padded():
    """Three sequences of 11, 5 and 1 steps."""
    sequences = RANDOM.standard_normal((3, 11, 2)).astype("float32")
    sequences[1, 5:], sequences[2, 1:] = np.nan, np.nan
    return sequences


@pytest.mark.parametrize("name", BUILDERS)
def test_padding_does_not_change_the_logits(name):
    model, sequences = BUILDERS[name](preprocess=(1.0, 2.0)), padded()
    for weight in model.weights:  # with offsets, what is normalized is not 0 where it is padding
        weight.assign(RANDOM.uniform(0.5, 1.5, weight.shape))
    together = model(sequences).numpy()
    alone = [model(sequences[index : index + 1, :length]).numpy()[0] for index, length in enumerate((11, 5, 1))]
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    # Zeros in place of padding change them.
    assert not np.allclose(model(np.nan_to_num(sequences))[1], alone[1], rtol=1e-3)


@pytest.mark.parametrize("name", BUILDERS)
def test_padding_takes_no_part_in_training(name):
    sequences, updated = padded()[1:], []
    for more in (0, 7):
        keras.utils.set_random_seed(0)
        model = BUILDERS[name]()
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
        model.train_on_batch(np.pad(sequences, ((0, 0), (0, more), (0, 0)), constant_values=np.nan), np.array([0, 2]))
        updated.append(model.get_weights())
    for one, other in zip(*updated, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
