"""GradualUnfreezing: from the head to the stem, group by group, in one fit."""

from collections.abc import Sequence
from typing import Any

import keras
from kerasdl.callbacks.restoring import Restoring
from kerasdl.groups import freeze_to, layer_groups, optimizer_lacks
from kerasdl.optimizers import innermost


class GradualUnfreezing(Restoring):
    """Trains the last layer group first and thaws one more at each of the given epochs (arXiv:1801.06146).

    Frozen layers are left out of the traced step, so they cost no backward pass; a frozen BatchNormalization runs in
    inference mode. The optimizer keeps its slots and its step count throughout. After the fit the layers are as
    trainable as they were before it.

    Args:
        at: Epochs, counted from 0 and rising, at whose beginning one more group joins. Before the first of them only
            the last group trains.
        groups: As for `groups.layer_groups`.

    Raises:
        ValueError: `at` does not rise from 1, or (when the fit begins) has more epochs than there are groups to thaw
            or one that the fit never reaches; groups that cannot be told; an optimizer that keeps averages of the
            weights (`use_ema`) or was built while some layers were frozen.

    Example:
        >>> model.fit(train, epochs=6, callbacks=[kerasdl.callbacks.GradualUnfreezing(at=[2, 4])])
    """

    def __init__(self, at: Sequence[int], *, groups: Sequence[str] | None = None) -> None:
        super().__init__()
        self.at, self.groups = tuple(at), groups
        if not self.at or list(self.at) != sorted(set(self.at)) or self.at[0] < 1:
            raise ValueError(f"at must be rising epochs from 1. Received: at={list(at)}")

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        optimizer = innermost(model.optimizer)
        if optimizer.use_ema:
            raise ValueError(
                "Keras pairs averaged weights with whatever trains at the end of fit, so they cannot be combined with "
                f"freezing: compile with use_ema=False. Received: {type(optimizer).__name__}(use_ema=True)"
            )
        if not model.optimizer.built:
            # On everything, and before BackupAndRestore looks for slots to fill.
            found = self._thaw()
            with model.distribute_strategy.scope():
                model.optimizer.build(model.trainable_variables)
            _set_trainable(found)

    def change(self, epoch: int) -> None:
        count = len(layer_groups(self.model, self.groups))
        if len(self.at) >= count or self.at[-1] >= self.params["epochs"]:
            raise ValueError(
                f"The model has {count} groups, of which {count - 1} can be thawed, and the fit has "
                f"{self.params['epochs']} epochs. Received: at={list(self.at)}"
            )
        self._found = self._thaw()
        if lacking := optimizer_lacks(self.model):
            _set_trainable(self._found)
            raise ValueError(
                "The optimizer was built while some layers were frozen: thaw them, compile, then fit. "
                f"Received: no state for {lacking[0].path!r} and {len(lacking) - 1} more"
            )
        self._freeze(epoch)

    def put_back(self) -> None:
        _set_trainable(self._found)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        if epoch in self.at:
            self._freeze(epoch)
            self.retrace()

    def _freeze(self, epoch: int) -> None:
        thawed = sum(epoch >= start for start in self.at)
        freeze_to(self.model, -1 - thawed, groups=self.groups)

    def _thaw(self) -> list[tuple[keras.layers.Layer, bool]]:
        """Makes everything trainable; returns what was."""
        found = [(layer, layer.trainable) for layer in self.model._flatten_layers()]
        _set_trainable([(layer, True) for layer, _ in found])
        return found


def _set_trainable(flags: list[tuple[keras.layers.Layer, bool]]) -> None:
    # Outermost first, as _flatten_layers gives them: setting a layer sets all that it holds.
    for layer, trainable in flags:
        layer.trainable = trainable
