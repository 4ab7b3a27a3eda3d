import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks import AccumulationRemainder, GradualUnfreezing

from tests.contracts import Mode, batches, small_model


def linear(optimizer):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer, "mse")
    return model


def fit(model, *callbacks, **more):
    x = np.arange(1, 11, dtype="float32")[:, None]
    model.fit(x, 2 * x, batch_size=1, shuffle=False, verbose=0, callbacks=list(callbacks), **more)
    return model.get_weights()[0].item()


def by_hand(parts, rate=0.001):
    """SGD on (w x - 2 x)^2 with one update per part, by the mean gradient of the part."""
    weight = 0.0
    for part in parts:
        weight -= rate * np.mean([2 * x * (weight * x - 2 * x) for x in part])
    return weight


def test_the_remainder_makes_an_update_with_its_mean_gradient():
    optimizer = keras.optimizers.SGD(0.001, gradient_accumulation_steps=4)
    assert fit(linear(optimizer), AccumulationRemainder()) == pytest.approx(
        by_hand([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]), rel=1e-5
    )
    assert not any(np.any(total) for total in optimizer._accumulated_gradients)
    assert int(optimizer._iterations) % 4 == 0  # the next fit begins with an empty sum


def test_without_it_keras_drops_the_remainder():
    optimizer = keras.optimizers.SGD(0.001, gradient_accumulation_steps=4)
    assert fit(linear(optimizer)) == pytest.approx(by_hand([[1, 2, 3, 4], [5, 6, 7, 8]]), rel=1e-5)


def test_no_extra_update_between_epochs():
    optimizer = keras.optimizers.SGD(0.001, gradient_accumulation_steps=4)
    rows = [*range(1, 11), *range(1, 11)]
    parts = [rows[start : start + 4] for start in range(0, 20, 4)]
    assert fit(linear(optimizer), AccumulationRemainder(), epochs=2) == pytest.approx(by_hand(parts), rel=1e-5)


def test_the_update_comes_before_averaged_weights_are_assigned():
    optimizer = keras.optimizers.SGD(0.001, gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.0)
    expected = by_hand([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])
    assert fit(linear(optimizer), AccumulationRemainder()) == pytest.approx(expected, rel=1e-5)


def test_the_remainder_of_data_of_unknown_length_is_applied():
    x = np.arange(1, 8, dtype="float32")[:, None]
    # Seven steps: the step that fails would be the second update.
    dataset = tf.data.Dataset.from_tensor_slices((x, 2 * x)).batch(1).filter(lambda x, y: True)
    model = linear(keras.optimizers.SGD(0.001, gradient_accumulation_steps=4))
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(dataset, shuffle=False, verbose=0, callbacks=[AccumulationRemainder()])
    assert model.get_weights()[0].item() == pytest.approx(by_hand([[1, 2, 3, 4], [5, 6, 7]]), rel=1e-5)


def test_a_frozen_layer_neither_decays_nor_moves():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5, gradient_accumulation_steps=4)
    model = small_model(Mode(), optimizer)
    before = model.get_layer("stem_dense").get_weights()
    model.fit(
        batches(),
        epochs=2,
        verbose=0,
        shuffle=False,
        callbacks=[
            GradualUnfreezing(at=[1], groups=["stem", "stage1|head"], batch_norm="train"),
            Stop(),
            AccumulationRemainder(),
        ],
    )
    after = model.get_layer("stem_dense").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_zero_gradients_leave_the_weights():
    model = linear(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4))
    x = np.ones((5, 1), "float32")
    model.fit(x, 0 * x, batch_size=1, verbose=0, callbacks=[AccumulationRemainder()])
    assert model.get_weights()[0].item() == 0


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_an_optimizer_without_accumulation_raises():
    with pytest.raises(ValueError, match=r"give the optimizer gradient_accumulation_steps\. Received: SGD"):
        fit(linear(keras.optimizers.SGD()), AccumulationRemainder())
