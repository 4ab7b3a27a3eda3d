import keras
import numpy as np
import pytest
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


def test_flags_are_put_back_as_they_were():
    model = small_model(Mode())
    model.get_layer("stem_dense").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fit(model, at=[1, 2])
    assert [layer.name for layer in model.layers if not layer.trainable] == ["stem_dense"]


@pytest.mark.parametrize("at", [[], [0], [2, 1], [1, 1]])
def test_epochs_that_do_not_rise(at):
    with pytest.raises(ValueError, match="rising epochs from 1. Received: at="):
        GradualUnfreezing(at)


@pytest.mark.parametrize("at", [[1, 2, 3], [4]])
def test_epochs_that_cannot_take_effect(at):
    with pytest.raises(
        ValueError, match=r"has 3 groups, of which 2 can be thawed, and the fit has 4 epochs.*Received: at="
    ):
        fit(small_model(Mode()), at)


def test_averaged_weights_are_refused():
    with pytest.raises(ValueError, match=r"Received: Adam\(use_ema=True\)"):
        fit(small_model(Mode(), keras.optimizers.Adam(use_ema=True)), at=[1])


def test_an_optimizer_built_while_layers_were_frozen_is_refused():
    model = small_model(Mode())
    model.get_layer("stem_dense").trainable = False
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(batches(), verbose=0, shuffle=False)
    with pytest.raises(ValueError, match=r"compile, then fit\. Received: no state for 'stem_dense/kernel' and 1 more"):
        fit(model, at=[1])
    assert not model.get_layer("stem_dense").trainable
