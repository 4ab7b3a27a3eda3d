import copy
import pickle

import keras
import numpy as np
import pytest
from kerasdl.callbacks import AccumulationRemainder, GradualUnfreezing, LRRangeTest, OneCycle, StepScalars
from kerasdl.callbacks.restoring import Restoring
from kerasdl.errors import BadInput

from tests.contracts import Mode, batches, small_model


class Doubles(Restoring):
    """Doubles the learning rate for one fit."""

    def change(self, epoch):
        self.model.optimizer.learning_rate = 2 * float(self.model.optimizer.learning_rate)

    def put_back(self):
        self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2


class Retraces(Restoring):
    """Replaces the train function in every epoch."""

    def change(self, epoch):
        pass

    def put_back(self):
        pass

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self.retrace()


def test_exceptions_are_caught_after_another_callback_retraced():
    model = small_model(Mode())

    class Breaks(Retraces):
        def on_train_batch_begin(self, batch, logs=None):
            super().on_train_batch_begin(batch, logs)
            if self.model.optimizer.iterations == 7:
                self.model.train_function.function = self.fails

        def fails(self, iterator):
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), epochs=3, callbacks=[Doubles(), Breaks()], verbose=0, shuffle=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_a_change_that_raises_leaves_nothing_to_restore():
    class Fails(Doubles):
        def change(self, epoch):
            raise ValueError("on purpose")

    model, callback = small_model(Mode()), Fails()
    with pytest.raises(ValueError, match="on purpose"):
        model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    callback.restore()
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("option", "optimizer", "compiled"),
    [
        ("steps_per_execution", {}, {"steps_per_execution": 4}),
        ("jit_compile", {}, {"jit_compile": True}),
        ("gradient_accumulation_steps", {"gradient_accumulation_steps": 4}, {}),
        ("ema_overwrite_frequency", {"use_ema": True, "ema_overwrite_frequency": 3}, {}),
    ],
)
@pytest.mark.parametrize("make", [AccumulationRemainder, lambda: StepScalars("never made")], ids=["Restoring", "other"])
def test_options_that_keras_supports_on_one_device_only_are_named(option, optimizer, compiled, make, two_devices):
    with two_devices.scope():
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(**optimizer), "mse", **compiled)
    with pytest.raises(ValueError, match=f"Keras does not support {option}.*Received: {option}=.*MirroredStrategy"):
        model.fit(batches(), callbacks=[make()], verbose=0, shuffle=False)


class BreaksBetweenSteps(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise RuntimeError("on purpose")


@pytest.mark.parametrize("again", [True, False], ids=["the same callback", "another one"])
def test_a_fit_that_raised_is_restored_before_the_next_changes_anything(again):
    model, callback = small_model(Mode()), Doubles()
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), callbacks=[callback, BreaksBetweenSteps()], verbose=0, shuffle=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.006)
    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    model.fit(batches(), epochs=2, callbacks=[callback if again else Doubles(), watch], verbose=0, shuffle=False)
    assert rates == pytest.approx([0.006, 0.006])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_two_callbacks_that_change_the_learning_rate_raise():
    with pytest.raises(ValueError, match="Two callbacks change the learning rate"):
        small_model(Mode()).fit(batches(), callbacks=[OneCycle(0.1), LRRangeTest()], verbose=0, shuffle=False)


def stem(model):
    return model.get_layer("stem_dense").get_weights()[0].copy()


def test_an_error_of_another_callback_leaves_nothing_changed():
    model = small_model(Mode(), keras.optimizers.SGD(0.1))  # has no momentum to schedule
    cycle = OneCycle(0.1, momentum=(0.95, 0.85))
    with pytest.raises(ValueError, match="has no momentum to schedule"):
        model.fit(batches(), epochs=2, callbacks=[GradualUnfreezing([1]), cycle], verbose=0, shuffle=False)
    assert "train_step" not in vars(model)
    before = stem(model)
    model.fit(batches(), verbose=0, shuffle=False)
    assert (stem(model) != before).any()


class BreaksInEpochBegin(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise RuntimeError("on purpose")


class BreaksInEpochEnd(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("on purpose")


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled again", "not compiled"])
@pytest.mark.parametrize("breaks", [BreaksInEpochBegin, BreaksInEpochEnd, BreaksBetweenSteps])
def test_after_any_exception_the_next_fit_trains_everything(breaks, compiled):
    model = small_model(Mode())
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), epochs=2, callbacks=[GradualUnfreezing([1]), breaks()], verbose=0, shuffle=False)
    if compiled:
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = stem(model)
    model.fit(batches(), verbose=0, shuffle=False)
    assert (stem(model) != before).any()
    assert not {"train_step", "make_train_function"} & set(vars(model))


def test_train_on_batch_restores_the_model_first():
    model = small_model(Mode())
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), callbacks=[Doubles(), BreaksBetweenSteps()], verbose=0, shuffle=False)
    model.train_on_batch(*next(iter(batches())))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_compiling_another_optimizer_after_an_exception_works():
    model = small_model(Mode(), keras.optimizers.Adam(0.01, gradient_accumulation_steps=2))
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(
            batches(),
            callbacks=[AccumulationRemainder(), OneCycle(0.1), BreaksInEpochEnd()],
            verbose=0,
            shuffle=False,
        )
    model.compile(
        keras.optimizers.SGD(0.01, momentum=0.9), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit(batches(), callbacks=[OneCycle(0.1)], verbose=0, shuffle=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_a_callback_may_force_a_new_train_function_during_a_fit():
    class Forces(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.make_train_function(force=True)

    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    model = small_model(Mode())
    model.fit(batches(), epochs=2, callbacks=[Doubles(), Forces(), watch], verbose=0, shuffle=False)
    assert rates == pytest.approx([0.006, 0.006])


def test_a_callback_in_two_nested_fits_restores_both_models():
    callback, first, second = Doubles(), small_model(Mode()), small_model(Mode())

    class Nests(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            second.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)

    with pytest.raises(ValueError, match="has not ended, or was broken off.*a callback of its own. Received: a fit of"):
        first.fit(batches(), callbacks=[callback, Nests()], verbose=0, shuffle=False)
    for model in (first, second):
        assert float(model.optimizer.learning_rate) == pytest.approx(0.003)
        assert "make_train_function" not in vars(model)


def test_two_of_a_class_in_one_fit_raise():
    model = small_model(Mode())
    both = [GradualUnfreezing(at=[1]), GradualUnfreezing(at=[2])]
    with pytest.raises(ValueError, match="A fit takes one GradualUnfreezing: remove the others"):
        model.fit(batches(), epochs=3, callbacks=both, verbose=0, shuffle=False)
    assert "train_step" not in vars(model)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_used_callback_is_copied_without_its_fits(copied):
    model, used = small_model(Mode("float32", "eager")), [GradualUnfreezing(at=[1]), OneCycle(0.05)]
    model.fit(batches(8), epochs=2, callbacks=used, verbose=0, shuffle=False)
    new = [copied(each) for each in used]
    assert (new[0].at, new[0].unfrozen, new[1].peak_lr, new[1].params) == ((1,), 1, 0.05, None)
    model.fit(batches(8), epochs=2, callbacks=new, verbose=0, shuffle=False)
    assert not new[1].changed


def test_a_label_that_is_no_class_is_named():
    model = small_model(Mode("float32", "eager"))
    with pytest.raises(BadInput, match=r"Labels must lie in 0..2. Received: a label 7$") as found:
        model.fit(np.zeros((4, 6)), np.array([0, 1, 7, 2]), callbacks=[Doubles()], verbose=0)
    assert found.value.__cause__ is None
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_a_step_is_traced_once():
    model, traces = small_model(Mode()), []
    model.compile(keras.optimizers.Adam(0.003), model.loss, metrics=["accuracy"])
    layer = model.get_layer("stem_relu")
    call, layer.call = layer.call, lambda given: traces.append(given) or call(given)
    model.fit(batches(), callbacks=[OneCycle(0.003)], verbose=0, shuffle=False)
    assert len(traces) == 1
