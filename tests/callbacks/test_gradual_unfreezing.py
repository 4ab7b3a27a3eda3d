import keras
import numpy as np
import pytest
from kerasdl import optimizers
from kerasdl.callbacks import GradualUnfreezing

from tests.contracts import Mode, batches, small_model

LAYERS = ("stem_dense", "stage1_dense", "head_logits")


class Watches(keras.callbacks.Callback):
    """Records which kernels change in each epoch."""

    def on_train_begin(self, logs=None):
        self.moved = []
        self.before = self.kernels()

    def on_epoch_end(self, epoch, logs=None):
        after = self.kernels()
        self.moved.append([name for name in LAYERS if not np.array_equal(self.before[name], after[name])])
        self.before = after

    def kernels(self):
        return {name: self.model.get_layer(name).get_weights()[0].copy() for name in LAYERS}


def fit(model, at, epochs=4, groups=None, *more):
    watches = Watches()
    model.fit(
        batches(),
        epochs=epochs,
        verbose=0,
        shuffle=False,
        callbacks=[GradualUnfreezing(at, groups=groups), watches, *more],
    )
    return watches.moved


def test_a_group_trains_from_the_epoch_at_which_it_is_unfrozen():
    model = small_model(Mode())
    assert fit(model, at=[1, 3]) == [
        ["head_logits"],
        ["stage1_dense", "head_logits"],
        ["stage1_dense", "head_logits"],
        list(LAYERS),
    ]
    assert all(layer.trainable for layer in model.layers)
    assert int(model.optimizer.iterations) == 20


def test_groups_given_by_the_user():
    assert fit(small_model(Mode()), at=[1], epochs=2, groups=["stem|stage1", "head"]) == [["head_logits"], list(LAYERS)]


def test_a_frozen_normalization_does_not_change():
    model = small_model(Mode())
    before = [value.copy() for value in model.get_layer("stem_norm").get_weights()]
    fit(model, at=[1], epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_layer("stem_norm").get_weights(), strict=True))


@pytest.mark.parametrize(
    ("policy", "moves"),
    [
        ("statistics", {"moving_mean", "moving_variance"}),
        ("train", {"gamma", "beta", "moving_mean", "moving_variance"}),
    ],
)
def test_batch_norm_decides_what_a_frozen_normalization_updates(policy, moves):
    model = small_model(Mode())
    layer = model.get_layer("stem_norm")
    before = {variable.name: variable.numpy().copy() for variable in layer.weights}
    model.fit(batches(), epochs=2, verbose=0, shuffle=False, callbacks=[GradualUnfreezing([1], batch_norm=policy)])
    assert {variable.name for variable in layer.weights if (variable.numpy() != before[variable.name]).any()} == moves


def test_a_layer_frozen_by_the_user_stays_frozen():
    model = small_model(Mode())
    model.get_layer("stem_norm").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_layer("stem_norm").get_weights()
    fit(model, at=[1, 2])
    assert [layer.name for layer in model.layers if not layer.trainable] == ["stem_norm"]
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_layer("stem_norm").get_weights(), strict=True))


def test_a_group_that_is_frozen_before_the_fit_raises():
    model = small_model(Mode())
    model.get_layer("head_logits").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match=r"unfreeze\(model\), then compile. Received: group 'head'"):
        fit(model, at=[1, 2])


class Losses(keras.callbacks.Callback):
    """Sets the validation loss of each epoch."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.values[epoch]


def patient(values, **more):
    watches, unfreezing = Watches(), GradualUnfreezing(patience=2, **more)
    small_model(Mode()).fit(
        batches(),
        epochs=len(values),
        verbose=0,
        shuffle=False,
        callbacks=[Losses(values), unfreezing, watches],
    )
    return [len(moved) for moved in watches.moved]


def test_a_group_is_unfrozen_when_the_loss_stalls():
    #              best best stall stall|best stall stall| all
    assert patient([1.0, 0.9, 0.9, 0.95, 0.5, 0.6, 0.7, 0.8]) == [1, 1, 1, 1, 2, 2, 2, 3]


def test_min_delta_and_mode():
    assert patient([1.0, 0.99, 0.98, 0.97], min_delta=0.05) == [1, 1, 1, 2]
    assert patient([0.5, 0.6, 0.7, 0.8], mode="max") == [1, 1, 1, 1]


def test_a_monitored_value_that_is_not_in_the_logs_raises():
    with pytest.raises(ValueError, match=r"one of the logs \['loss', 'val_loss'\]. Received: monitor='val_f1'"):
        patient([1.0], monitor="val_f1")


def test_a_resumed_fit_continues_with_the_groups_that_were_unfrozen(tmp_path):
    def policy(*more):
        return [
            keras.callbacks.BackupAndRestore(str(tmp_path)),
            Losses([1.0, 1.0, 1.0, 1.0]),
            unfreezing := GradualUnfreezing(patience=1),
            *more,
        ], unfreezing

    callbacks, _ = policy(Breaks())
    with pytest.raises(RuntimeError):
        small_model(Mode()).fit(batches(), epochs=4, verbose=0, shuffle=False, callbacks=callbacks)
    callbacks, unfreezing = policy(watches := Watches())
    small_model(Mode()).fit(batches(), epochs=4, verbose=0, shuffle=False, callbacks=callbacks)
    # The first group was unfrozen after epoch 1; the second after epoch 2, but epoch 3 was interrupted at its start.
    assert [len(moved) for moved in watches.moved] == [2]
    assert unfreezing.unfrozen in (1, 2)


def test_the_old_name_of_unfrozen_still_works():
    with pytest.warns(DeprecationWarning, match="thawed is deprecated.*use GradualUnfreezing.unfrozen"):
        assert GradualUnfreezing(at=[1]).thawed == 0


class Breaks(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise RuntimeError("on purpose")


def test_resuming_without_slots_raises():
    model = small_model(Mode(), keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="or momentum. Received: SGD"):
        model.fit(
            batches(), epochs=4, initial_epoch=2, verbose=0, shuffle=False, callbacks=[GradualUnfreezing(patience=1)]
        )


def test_groups_of_a_backbone_are_unfrozen():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    first = keras.layers.Dense(4, name="block1")(inputs)
    backbone = keras.Model(inputs, keras.layers.Dense(4, name="block2")(first), name="backbone")
    model = keras.Sequential([backbone, keras.layers.Dense(3, name="top")])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    kernels = {name: backbone.get_layer(name).kernel for name in ("block1", "block2")}
    seen = []

    class Compares(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.before = {name: kernel.numpy().copy() for name, kernel in kernels.items()}

        def on_epoch_end(self, epoch, logs=None):
            seen.append([name for name, kernel in kernels.items() if (kernel.numpy() != self.before[name]).any()])

    unfreezing = GradualUnfreezing([1, 2], groups=["block1", "block2", "top"])
    model.fit(batches(), epochs=3, verbose=0, shuffle=False, callbacks=[unfreezing, Compares()])
    assert seen == [[], ["block2"], ["block1", "block2"]]


@pytest.mark.parametrize("ours", [True, False])
def test_averaged_weights_belong_to_their_layers(ours):
    """With ema_momentum=0 the average is the weight itself, so assigning the averages must change nothing."""
    adam = optimizers.Adam if ours else keras.optimizers.Adam
    plain, averaged = (small_model(Mode(), adam(0.003, use_ema=ema, ema_momentum=0.0)) for ema in (False, True))
    for model in (plain, averaged):
        fit(model, at=[1], epochs=2)  # the stem stays frozen
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), averaged.get_weights(), strict=True))


def test_a_model_saved_during_a_fit_has_the_state_of_that_epoch(tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"))
    model = small_model(Mode(), optimizers.AdamW(0.003))
    fit(model, [1, 2], 3, None, checkpoint)
    loaded = keras.models.load_model(tmp_path / "1.keras")
    assert all(layer.trainable for layer in loaded.layers)
    fresh = small_model(Mode(), optimizers.AdamW(0.003))
    fit(fresh, [1, 2], 3, None, StopAfter(0))
    for saved, expected in zip(loaded.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(saved.numpy(), expected.numpy())


class StopAfter(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.model.stop_training = True


def test_early_stopping_restores_the_best_weights():
    model = small_model(Mode())
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    weights = []
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    model.fit(
        batches(),
        epochs=4,
        verbose=0,
        shuffle=False,
        callbacks=[Losses([1.0, 0.5, 0.6, 0.7]), GradualUnfreezing(at=[1]), record, stopping],
    )
    assert len(weights) == 3
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights[1], strict=True))


@pytest.mark.parametrize("at", [[0], [2, 1], [1, 1]])
def test_epochs_that_do_not_increase_raise(at):
    with pytest.raises(ValueError, match="increasing epochs from 1. Received: at="):
        GradualUnfreezing(at)


@pytest.mark.parametrize("at", [[1, 2, 3], [4]])
def test_epochs_without_effect_raise(at):
    with pytest.raises(
        ValueError, match=r"has 3 groups, of which 2 can be unfrozen, and the fit has 4 epochs.*Received: at="
    ):
        fit(small_model(Mode()), at)


def test_an_optimizer_built_while_layers_were_frozen_raises():
    model = small_model(Mode())
    model.get_layer("stem_dense").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(batches(), verbose=0, shuffle=False)
    model.get_layer("stem_dense").trainable = True
    with pytest.raises(
        ValueError, match=r"compile again, then fit\. Received: no state for 'stem_dense/kernel' and 1 more"
    ):
        fit(model, at=[1])
    assert "train_step" not in vars(model)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"^Give at or patience, which say.*such as at=\[2, 4\].*Received: at=\[\], patience=None"),
        ({"at": [1], "patience": 2}, r"not both. Received: at=\[1\], patience=2"),
        ({"at": [1.5]}, r"epochs from 1. Received: at=\[1.5\]"),
        ({"patience": 0}, "Received: patience=0"),
        ({"patience": 1.5}, "Received: patience=1.5"),
        ({"at": [1], "mode": "best"}, "Received: mode='best'"),
        ({"at": [1], "batch_norm": "off"}, "Received: batch_norm='off'"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        GradualUnfreezing(**arguments)


def test_a_model_that_is_not_built_is_refused_and_stays_as_it_is():
    model = keras.Sequential([keras.layers.Dense(4, name="stem_dense"), keras.layers.Dense(3, name="head_dense")])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="is not built: begin it with keras.Input.*Received: 'sequential"):
        model.fit(batches(), epochs=2, verbose=0, shuffle=False, callbacks=[GradualUnfreezing(at=[1])])
    assert not model.optimizer.built
    model.fit(batches(), verbose=0, shuffle=False)


@pytest.mark.filterwarnings("ignore:`build..` was called on layer:UserWarning")  # from Keras
def test_a_layer_that_call_does_not_use_is_no_reason_to_refuse():
    class Spare(keras.Model):
        def __init__(self):
            super().__init__()
            self.stem_dense = keras.layers.Dense(4, name="stem_a")
            self.head_dense = keras.layers.Dense(3, name="head_a")
            self.spare = keras.layers.Dense(7)

        def call(self, x):
            return self.head_dense(self.stem_dense(x))

    model = Spare()
    model(np.zeros((1, 6)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    unfreezing = GradualUnfreezing(at=[1], groups=["stem_", "head_"])
    model.fit(batches(), epochs=2, verbose=0, shuffle=False, callbacks=[unfreezing])
    assert unfreezing.unfrozen == 1
