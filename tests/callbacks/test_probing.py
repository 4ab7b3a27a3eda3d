import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks import ActivationStats, GradualUnfreezing, GroupScalars, Resume
from kerasdl.callbacks.probing import first_batch
from kerasdl.data import images
from kerasdl.epochs import epochs_now

from tests.contracts import Mode, batches, same, small_model, state

EAGER = Mode(run="eager")


def tiny(**options):
    keras.utils.set_random_seed(0)
    layers = keras.layers.Dense(2, activation="relu", name="stem_dense"), keras.layers.Dense(3, name="head_logits")
    model = keras.Sequential([keras.Input((6,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, **options), loss, run_eagerly=True)
    return model


def both(folder, every=2):
    return [ActivationStats(batches(4), folder / "a", every=every), GroupScalars(batches(4), folder / "g", every=every)]


@pytest.mark.parametrize(
    "mode",
    [
        EAGER,
        *(
            pytest.param(mode, marks=pytest.mark.slow)
            for mode in (
                Mode(),
                Mode("mixed_bfloat16", "graph", 4),
                Mode("mixed_float16", "jit"),
                Mode("float32", "jit", 4),
            )
        ),
    ],
    ids=str,
)
def test_a_fit_with_them_is_bitwise_equal_to_one_without(mode, tmp_path):
    states = []
    for more in ([], both(tmp_path)):
        model = small_model(mode)
        model.fit(batches(24), epochs=2, callbacks=[*more, GradualUnfreezing(at=[1])], verbose=0, shuffle=False)
        states.append(state(model))
        assert not any("call" in vars(layer) for layer in model._flatten_layers())
    assert same(*states)


def test_they_measure_the_first_step_of_a_fit_and_multiples_of_every(tmp_path):
    model = tiny()
    callbacks = both(tmp_path)
    for steps in ([0, 2, 4], [5, 6]):
        model.fit(batches(40 if steps[0] == 0 else 24), callbacks=callbacks, verbose=0, shuffle=False)
        assert [each.history["step"].tolist() for each in callbacks] == [steps, steps]


def test_with_gradient_accumulation_they_measure_steps_that_update(tmp_path):
    model = tiny(gradient_accumulation_steps=3)
    scalars = GroupScalars(batches(4), every=2)
    model.fit(batches(48), callbacks=[scalars], verbose=0, shuffle=False)
    assert scalars.history["step"].tolist() == [2, 5]
    assert all((ratios > 0).all() for ratios in scalars.history["update_ratio"].values())


class Dies(keras.callbacks.Callback):
    def __init__(self, breaks):
        super().__init__()
        self._breaks = breaks

    def on_train_batch_end(self, batch, logs=None):
        if batch == self._breaks:
            raise RuntimeError("on purpose")


def test_a_resumed_fit_has_the_history_of_an_uninterrupted_one(tmp_path):
    def fit(folder, breaks=None):
        callbacks = both(folder)
        resume = Resume(folder / "steps", every_minutes=None, every_steps=1)
        model = tiny()
        model.fit(batches(), callbacks=[*callbacks, Dies(breaks), resume], verbose=0, shuffle=False)
        return callbacks

    whole = fit(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path / "broken", 3)
    again = fit(tmp_path / "broken")
    for left, right in zip(whole, again, strict=True):
        assert same(tf.nest.flatten(left.history), tf.nest.flatten(right.history))
    assert whole[0].dead == again[0].dead


def test_the_first_batch_of_a_pipeline_is_taken_without_moving_its_epochs():
    x, y = np.zeros((20, 8, 8, 3), "uint8"), np.arange(20) % 2
    data = images.from_arrays(x, y, classes=["a", "b"], batch_size=4)
    before = epochs_now()
    pixels, labels = first_batch(data.train)
    assert (pixels.shape, labels.shape) == ((4, 8, 8, 3), (4,))
    assert epochs_now() == before


def test_bad_arguments_are_refused(tmp_path):
    x = np.zeros((4, 6), "float32")
    with pytest.raises(ValueError, match="every must be a whole number of steps from 1. Received: every=0"):
        ActivationStats(x, every=0)
    with pytest.raises(
        ValueError, match=r"must hold samples, along its first axis. Received: shapes \(\(0, 6\), \(0,\)\)"
    ):
        GroupScalars((x[:0], np.zeros(0)))
    with pytest.raises(TypeError, match="no argument frequency"):
        GroupScalars((x, x), frequency=3)


def test_a_batch_that_does_not_fit_the_model_is_refused_at_the_first_step(tmp_path):
    model = tiny()
    for callback in (ActivationStats(np.zeros((4, 5))), GroupScalars((np.zeros((4, 6)), np.zeros((3, 1))))):
        with pytest.raises(
            ValueError, match=rf"{type(callback).__name__} cannot measure.*Received: shapes \(.*\(4, [56]\)"
        ):
            model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    assert int(model.optimizer.iterations) == 0


def test_after_a_fit_that_raised_the_next_one_begins_anew(tmp_path):
    model, callbacks = tiny(), both(tmp_path)
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), callbacks=[*callbacks, Dies(1)], verbose=0, shuffle=False)
    model.fit(batches(8), callbacks=callbacks, verbose=0, shuffle=False)
    assert [each.history["step"].tolist() for each in callbacks] == [[2], [2]]
    assert [each._file for each in callbacks] == [None, None]
