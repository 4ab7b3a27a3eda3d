import keras
import numpy as np
import pytest
from kerasdl import optimizers
from kerasdl.callbacks import GradualUnfreezing

from tests.contracts import Mode, batches, small_model

LAYERS = ("stem_dense", "stage1_dense", "head_logits")


class Watches(keras.callbacks.Callback):
    """Which kernels move in each epoch."""

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


def test_groups_move_from_the_epoch_at_which_they_thaw_and_not_before():
    model = small_model(Mode())
    assert fit(model, at=[1, 3]) == [
        ["head_logits"],
        ["stage1_dense", "head_logits"],
        ["stage1_dense", "head_logits"],
        list(LAYERS),
    ]
    assert all(layer.trainable for layer in model.layers)
    assert int(model.optimizer.iterations) == 20


def test_groups_of_the_user():
    assert fit(small_model(Mode()), at=[1], epochs=2, groups=["stem|stage1", "head"]) == [["head_logits"], list(LAYERS)]


def test_a_frozen_normalization_stands_still():
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
def test_a_normalization_in_a_frozen_group_does_as_told(policy, moves):
    model = small_model(Mode())
    layer = model.get_layer("stem_norm")
    before = {variable.name: variable.numpy().copy() for variable in layer.weights}
    model.fit(batches(), epochs=2, verbose=0, shuffle=False, callbacks=[GradualUnfreezing([1], batch_norm=policy)])
    assert {variable.name for variable in layer.weights if (variable.numpy() != before[variable.name]).any()} == moves


def test_a_layer_that_the_user_froze_stays_frozen():
    model = small_model(Mode())
    model.get_layer("stem_norm").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_layer("stem_norm").get_weights()
    fit(model, at=[1, 2])
    assert [layer.name for layer in model.layers if not layer.trainable] == ["stem_norm"]
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_layer("stem_norm").get_weights(), strict=True))


def test_a_group_that_was_frozen_before_is_refused():
    model = small_model(Mode())
    model.get_layer("head_logits").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match=r"unfreeze\(model\), then compile. Received: group 'head'"):
        fit(model, at=[1, 2])


class Losses(keras.callbacks.Callback):
    """A validation loss as a test wants it."""

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


def test_a_group_thaws_when_the_loss_has_stalled():
    #              best best stall stall|best stall stall| all
    assert patient([1.0, 0.9, 0.9, 0.95, 0.5, 0.6, 0.7, 0.8]) == [1, 1, 1, 1, 2, 2, 2, 3]


def test_a_small_improvement_is_none_and_a_score_may_rise():
    assert patient([1.0, 0.99, 0.98, 0.97], min_delta=0.05) == [1, 1, 1, 2]
    assert patient([0.5, 0.6, 0.7, 0.8], mode="max") == [1, 1, 1, 1]


def test_a_monitored_name_that_the_logs_lack_is_named():
    with pytest.raises(ValueError, match=r"no such value in the logs: \['loss', 'val_loss'\]. Received: 'val_f1'"):
        patient([1.0], monitor="val_f1")


def test_a_resumed_fit_goes_on_with_the_groups_that_had_thawed(tmp_path):
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
    # Thawed by the loss after epoch 1, the interruption in epoch 3 came after its first steps were saved.
    assert [len(moved) for moved in watches.moved] == [2]
    assert unfreezing.thawed in (1, 2)


class Breaks(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise RuntimeError("on purpose")


def test_resuming_without_slots_is_refused():
    model = small_model(Mode(), keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="or momentum. Received: SGD"):
        model.fit(
            batches(), epochs=4, initial_epoch=2, verbose=0, shuffle=False, callbacks=[GradualUnfreezing(patience=1)]
        )


def test_groups_of_a_backbone_thaw():
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
def test_averaged_weights_are_those_of_their_own_layers(ours):
    """With momentum 0 an average is the weight itself, so settling the averages must change nothing."""
    adam = optimizers.Adam if ours else keras.optimizers.Adam
    plain, averaged = (small_model(Mode(), adam(0.003, use_ema=ema, ema_momentum=0.0)) for ema in (False, True))
    for model in (plain, averaged):
        fit(model, at=[1], epochs=2)  # the stem is frozen to the end
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), averaged.get_weights(), strict=True))


def test_a_model_saved_half_way_goes_on_as_the_one_that_was_saved(tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras"))
    model = small_model(Mode(), optimizers.AdamW(0.003))
    fit(model, [1, 2], 3, None, checkpoint)
    loaded = keras.models.load_model(tmp_path / "1.keras")
    assert all(layer.trainable for layer in loaded.layers)
    fresh = small_model(Mode(), optimizers.AdamW(0.003))
    fit(fresh, [1, 2], 3, None, StopAfter(0))
    for saved, kept in zip(loaded.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(saved.numpy(), kept.numpy())


class StopAfter(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            self.model.stop_training = True


def test_early_stopping_keeps_the_best():
    model = small_model(Mode())
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    kept = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
    model.fit(
        batches(),
        epochs=4,
        verbose=0,
        shuffle=False,
        callbacks=[Losses([1.0, 0.5, 0.6, 0.7]), GradualUnfreezing(at=[1]), keep, stopping],
    )
    assert len(kept) == 3
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), kept[1], strict=True))


@pytest.mark.parametrize("at", [[0], [2, 1], [1, 1]])
def test_epochs_that_do_not_rise(at):
    with pytest.raises(ValueError, match="rising epochs from 1. Received: at="):
        GradualUnfreezing(at)


@pytest.mark.parametrize("at", [[1, 2, 3], [4]])
def test_epochs_that_cannot_take_effect(at):
    with pytest.raises(
        ValueError, match=r"has 3 groups, of which 2 can be thawed, and the fit has 4 epochs.*Received: at="
    ):
        fit(small_model(Mode()), at)


def test_an_optimizer_built_while_layers_were_frozen_is_refused():
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
        ({}, r"at or patience, not both. Received: at=\[\], patience=None"),
        ({"at": [1], "patience": 2}, "at or patience, not both"),
        ({"patience": 0}, "Received: patience=0"),
        ({"at": [1], "mode": "best"}, "Received: mode='best'"),
        ({"at": [1], "batch_norm": "off"}, "Received: batch_norm='off'"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        GradualUnfreezing(**arguments)
