"""GradualUnfreezing: train the head first, then unfreeze group by group within one fit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import keras
import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.restoring import Restoring
from kerasdl.callbacks.snapshot import has_weights
from kerasdl.deprecation import RenamedAttribute
from kerasdl.groups import BatchNorm, frozen, layer_groups, optimizer_lacks
from kerasdl.optimizers import innermost


@known_arguments()
class GradualUnfreezing(Restoring):
    """Train the last layer group first and unfreeze the others one by one (Howard and Ruder, arXiv:1801.06146).

    A group is unfrozen at given epochs, or when a monitored value stops improving; a resumed fit continues with the
    groups that were unfrozen. Frozen layers are not part of the traced step and cost no backward pass. They are frozen
    inside the step only and stay trainable elsewhere, so the optimizer keeps its slots and step count, averaged weights
    (EMA) stay paired, and a `.keras` file saved during the fit loads with its optimizer.

    Args:
        at: Increasing epochs, counted from 0, at the beginning of which one more group is unfrozen. Before the first of
            them only the last group trains.
        patience: Instead of `at`: number of epochs without improvement after which one more group is unfrozen.
        monitor: Value in the logs that `patience` monitors.
        mode: Whether the monitored value should fall ("min") or rise ("max").
        min_delta: Smallest change of the monitored value that counts as an improvement.
        groups: As for `groups.layer_groups`.
        batch_norm: Behavior of BatchNormalization in frozen groups: "freeze" (as in Keras: inference mode),
            "statistics" (update the statistics, but not gain and bias) or "train" (as in fastai: update everything).

    Attributes:
        unfrozen: Number of groups unfrozen so far, not counting the last group.

    Raises:
        ValueError: Not exactly one of `at` and `patience`, or arguments out of range (in the constructor); more epochs
            than groups to unfreeze, an epoch that the fit never reaches, layer groups that cannot be inferred, a group
            that is frozen already, an optimizer built while some layers were frozen, or, when a fit with `patience` is
            resumed, an optimizer without slots (when the fit begins); the monitored value is not in the logs (after the
            first epoch).

    Example:
        >>> model.fit(x, y, epochs=6, callbacks=[kerasdl.callbacks.GradualUnfreezing(at=[2, 4])])
    """

    thawed = RenamedAttribute("unfrozen")

    def __init__(
        self,
        at: Sequence[int] = (),
        *,
        patience: int | None = None,
        monitor: str = "val_loss",
        mode: str = "min",
        min_delta: float = 0.0,
        groups: Sequence[str] | None = None,
        batch_norm: BatchNorm = "freeze",
    ) -> None:
        super().__init__()
        self.at, self.patience, self.monitor, self.mode, self.min_delta = tuple(at), patience, monitor, mode, min_delta
        self.groups, self.batch_norm = groups, batch_norm
        if not self.at and patience is None:
            raise ValueError(
                "Give at or patience, which say when groups are unfrozen, such as at=[2, 4] or patience=2. "
                f"Received: at={list(at)}, patience=None"
            )
        if self.at and patience is not None:
            raise ValueError(f"Give at or patience, not both. Received: at={list(at)}, patience={patience}")
        whole = all(isinstance(epoch, Integral) and epoch >= 1 for epoch in self.at)
        if not whole or list(self.at) != sorted(set(self.at)):
            raise ValueError(f"at must be increasing epochs from 1. Received: at={list(at)}")
        if patience is not None and not (isinstance(patience, Integral) and patience >= 1):
            raise ValueError(f"patience must be a whole number of epochs from 1. Received: patience={patience}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max'. Received: mode={mode!r}")
        if batch_norm not in ("freeze", "statistics", "train"):
            raise ValueError(
                f"batch_norm must be 'freeze', 'statistics' or 'train'. Received: batch_norm={batch_norm!r}"
            )
        self.unfrozen = 0

    @property
    def kept(self) -> tuple[str, ...]:
        """What a resumed fit needs: with `at` the epoch tells."""
        return () if self.patience is None else ("unfrozen", "_best", "_stalled")

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        # The fit of a model without weights is refused in `change`.
        if has_weights(model) and not model.optimizer.built:
            # For all variables, and before BackupAndRestore restores the slots.
            with model.distribute_strategy.scope():
                model.optimizer.build(model.trainable_variables)

    def change(self, epoch: int) -> None:
        self._check(epoch)
        self._layers = list(layer_groups(self.model, self.groups).values())
        self._best, self._stalled = np.inf, 0
        # `Resume` sets what it has kept.
        is_unknown = self.patience is not None and epoch and not self.params.get("resumed")
        self.unfrozen = self._trained_before() if is_unknown else 0
        self._inside = 0
        self._unfreeze_at(epoch)

    def put_back(self) -> None:
        """Nothing to undo: layers are frozen inside the step only."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        if epoch in self.at:
            self._unfreeze_at(epoch)
            self.retrace()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.patience is None or self.unfrozen + 1 == len(self._layers):
            return
        logs = logs or {}
        if self.monitor not in logs:
            raise ValueError(f"monitor must be one of the logs {sorted(logs)}. Received: monitor={self.monitor!r}")
        value = logs[self.monitor] * (1 if self.mode == "min" else -1)
        if value < self._best - self.min_delta:
            self._best, self._stalled = value, 0
            return
        self._stalled += 1
        if self._stalled == self.patience:
            self.unfrozen, self._stalled = self.unfrozen + 1, 0
            self.retrace()

    @contextmanager
    def as_in_step(self) -> Iterator[None]:
        """Return a context in which the groups not unfrozen yet are frozen."""
        # Under a strategy the traces of the replicas are interleaved: the first freezes, the last unfreezes.
        if not self._inside:
            still = [layer for layers in self._layers[: -1 - self.unfrozen] for layer in layers]
            self._freezing = frozen(still, batch_norm=self.batch_norm)
            self._freezing.__enter__()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._freezing.__exit__(None, None, None)

    def _unfreeze_at(self, epoch: int) -> None:
        if self.at:
            self.unfrozen = sum(epoch >= start for start in self.at)

    def _check(self, epoch: int) -> None:
        if not has_weights(self.model):
            raise ValueError(
                "Layer groups are layers with weights, and the model is not built: begin it with keras.Input, or call "
                f"it on a batch, then compile. Received: {self.model.name!r}"
            )
        found = layer_groups(self.model, self.groups)
        if self.at and (len(self.at) >= len(found) or self.at[-1] >= self.params["epochs"]):
            raise ValueError(
                f"The model has {len(found)} groups, of which {len(found) - 1} can be unfrozen, and the fit has "
                f"{self.params['epochs']} epochs. Received: at={list(self.at)}"
            )
        for name, layers in found.items():
            if not any(layer.trainable_variables for layer in layers):
                raise ValueError(
                    "All groups must be trainable when the fit begins, because this callback freezes them itself: call "
                    f"groups.unfreeze(model), then compile. Received: group {name!r}, which is frozen"
                )
        if lacking := optimizer_lacks(self.model):
            raise ValueError(
                "The optimizer was built while some layers were frozen: compile again, then fit. "
                f"Received: no state for {lacking[0].path!r} and {len(lacking) - 1} more"
            )

    def _trained_before(self) -> int:
        """Number of groups that the interrupted fit had unfrozen: their optimizer slots are not all zero."""
        slots = [
            variable
            for variable in innermost(self.model.optimizer).variables
            if not variable.path.endswith(("_average", "_gradient_accumulator"))
        ]
        moved = []
        for index, layers in enumerate(self._layers):
            names = tuple(f"{v.path.replace('/', '_')}_" for layer in layers for v in layer.trainable_variables)
            found = [slot for slot in slots if slot.path.split("/")[-1].startswith(names)]
            if not found:
                raise ValueError(
                    "A resumed fit finds the unfrozen groups by the optimizer's slots, and this optimizer has none: "
                    f"give the epochs, at=[…], or momentum. Received: {type(self.model.optimizer).__name__}"
                )
            moved += [index] if any(np.any(slot) for slot in found) else []
        return len(self._layers) - 1 - min(moved, default=len(self._layers) - 1)
