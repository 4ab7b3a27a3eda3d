import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import lr_find
from kerasdl.callbacks import LRRangeTest
from kerasdl.data import images
from kerasdl.lr_range import ramp

from tests.contracts import MODES, Mode, batches, same, small_model, state

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "adamw-ema": lambda: keras.optimizers.AdamW(0.01, use_ema=True),
    "accumulation": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "schedule": lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(0.01, 100)),
}


def test_losses_are_those_of_each_batch():
    """Fails when the running mean that Keras logs is not un-averaged; the last batch of an epoch is smaller."""
    data = batches(37)
    model, twin = (small_model(Mode(), keras.optimizers.SGD(0.01, momentum=0.9)) for _ in range(2))
    found = lr_find(model, data, start_lr=1e-3, end_lr=0.5, num_steps=10, verbose=0)
    expected = []
    for step, (x, y) in enumerate([*data, *data]):
        twin.optimizer.learning_rate = ramp(step, 10, 1e-3, 0.5)
        expected.append(twin.train_on_batch(x, y))
    np.testing.assert_allclose(found.losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.rates, ramp(np.arange(10), 10, 1e-3, 0.5))
    assert found.stopped == "All 10 steps were taken."


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_nothing_is_left_moved_and_the_next_fit_is_the_same(make):
    model, twin = small_model(Mode(), make()), small_model(Mode(), make())
    model.optimizer.build(model.trainable_variables)
    before, numbers = state(model), np.random.get_state()[1].copy()
    lr_find(model, batches(), num_steps=12, verbose=0)
    assert same(state(model), before)
    assert (np.random.get_state()[1] == numbers).all()
    for each in (model, twin):
        each.fit(batches(), epochs=2, verbose=0, shuffle=False)
    assert same(state(model), state(twin))


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.devices == 1 and mode != Mode()], ids=str)
def test_the_next_fit_is_the_same_in_every_mode(mode):
    model, twin = small_model(mode), small_model(mode)
    lr_find(model, batches(), num_steps=12, verbose=0)
    for each in (model, twin):
        each.fit(batches(), epochs=1, verbose=0, shuffle=False)
    assert same(state(model), state(twin))


def test_pipelines_are_put_back_where_they_were():
    random = np.random.default_rng(0)
    pictures, labels = random.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8), np.arange(40) % 2

    def fitted(find):
        keras.utils.set_random_seed(0)
        data = images.from_arrays(pictures, labels, classes=["a", "b"], batch_size=8)
        model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        if find:
            lr_find(model, data.train, num_steps=7, verbose=0)
        model.fit(data.train, epochs=2, verbose=0, shuffle=False)
        return state(model)

    assert same(fitted(find=True), fitted(find=False))


def test_arrays_are_shuffled_as_without_the_test():
    x, y = np.random.default_rng(0).standard_normal((40, 6)), np.arange(40) % 3
    model, twin = small_model(Mode()), small_model(Mode())
    lr_find(model, x, y, batch_size=8, num_steps=12, verbose=0)
    for each in (model, twin):
        each.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert same(state(model), state(twin))


def test_stops_when_the_loss_diverges():
    model = small_model(Mode(), keras.optimizers.SGD(0.01, momentum=0.9))
    found = lr_find(model, batches(), start_lr=1e-2, end_lr=1e4, num_steps=100, verbose=0)
    assert len(found.rates) < 100
    assert found.stopped == f"The loss diverged at step {len(found.rates)}."
    assert np.isfinite(np.concatenate([value.ravel() for value in state(model)])).all()


def test_stops_at_once_when_the_loss_is_not_a_number():
    model = small_model(Mode())
    # Not through the inputs: oneDNN's fused Dense and relu turn NaN into 0.
    x, weights = np.ones((40, 6), "float32"), np.full(40, np.nan)
    found = lr_find(model, x, np.zeros(40), sample_weight=weights, batch_size=8, verbose=0)
    assert found.stopped == "The loss diverged at step 1."
    assert all(np.isfinite(value).all() for value in state(model))


def test_an_interrupt_leaves_everything_as_it_was():
    class Interrupts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

    model = small_model(Mode())
    model.optimizer.build(model.trainable_variables)
    before = state(model)
    with pytest.raises(KeyboardInterrupt):
        lr_find(model, batches(), callbacks=[Interrupts()], verbose=0)
    assert same(state(model), before)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_inside_a_fit_of_the_users():
    model, test = small_model(Mode()), LRRangeTest(num_steps=12)
    model.fit(batches(), epochs=50, callbacks=[test], verbose=0, shuffle=False)
    assert len(test.result.losses) == 12
    assert model.stop_training is False


def test_an_infinite_dataset_and_weights():
    model = small_model(Mode())
    data = batches().repeat()
    assert (
        len(lr_find(model, data, steps_per_epoch=20, num_steps=20, class_weight={0: 2.0, 1: 1, 2: 1}, verbose=0).losses)
        == 20
    )
    assert isinstance(data, tf.data.Dataset)


def test_history_is_put_back():
    model = small_model(Mode())
    kept = model.fit(batches(), verbose=0, shuffle=False)
    lr_find(model, batches(), num_steps=6, verbose=0)
    assert model.history is kept


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"start_lr": 0.0}, ValueError),
        ({"start_lr": 1.0, "end_lr": 0.1}, ValueError),
        ({"num_steps": 0}, ValueError),
        ({"stop_factor": 1.0}, ValueError),
        ({"epochs": 3}, TypeError),
        ({"validation_split": 0.1}, TypeError),
    ],
)
def test_arguments_that_cannot_be(arguments, error):
    with pytest.raises(error, match="Received: "):
        lr_find(small_model(Mode()), batches(), **arguments)
