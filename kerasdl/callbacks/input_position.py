"""InputPosition: where a fit is in its data, and how a later one gets there."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from kerasdl.callbacks.restoring import restore_all, train_function_of
from kerasdl.callbacks.snapshot import build, metric_variables
from kerasdl.epochs import EpochCounter, epochs_now, set_epochs
from kerasdl.errors import BadInput

# Operations and datasets by which two iterations may differ.
_DIFFERS = re.compile(
    "Random|Rng|Uniform|Normal|Gamma|Poisson|Multinomial|Sample|Shuffle|PyFunc(?!Stateless)|Generator|Assign|Snapshot"
)


class InputPosition:
    """The position of a fit in its data.

    A pipeline of kerasdl is known by its epoch counter, the one that moves when an epoch begins; it starts at any step.
    Other datasets can be skipped if nothing in them is random, such as arrays with `shuffle=False`.

    Args:
        model: The model of the fit.

    Attributes:
        is_exact: Whether the data of this epoch can be had again from its current step on.
        is_skipping: Whether the steps are skipped which an earlier process has taken.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.is_exact, self.is_skipping = False, False
        self._counter: EpochCounter | None = None
        self._wanted: str | None = None
        self._looking: _Looking | None = None
        self._iterator: Any = None
        self._before: dict[EpochCounter, int] = {}
        self._looked = False

    def now(self) -> dict[str, Any]:
        """The position, for a checkpoint."""
        epochs = epochs_now()
        kind = "pipeline" if self._counter else "repeated" if self.is_exact else "other"
        next_epoch = epochs[self._counter] if self._counter else 0
        return {"kind": kind, "next_epoch": next_epoch, "epochs": list(epochs.values())}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Move all pipelines to where they were, if this program has made as many as the earlier one."""
        counters = list(epochs_now())
        if len(counters) == len(saved["epochs"]):
            set_epochs(dict(zip(counters, saved["epochs"], strict=True)))

    def begin(self, saved: Mapping[str, Any] | None = None, step: int = 0) -> None:
        """Call when an epoch begins, the first of a resumed fit with the position that was saved and its step."""
        self._looked, self._wanted = False, None
        if saved is not None:
            self.restore(saved)
        self._before = epochs_now()
        if saved is not None and saved["kind"] == "pipeline":
            self._wanted = saved["kind"]
            # Only the first step tells which of them is that of the fit.
            for counter in self._before:
                counter.variable.assign(saved["next_epoch"] - (step > 0))
                counter.start.assign(step)
            self._began = dict.fromkeys(self._before, saved["next_epoch"] - (step > 0))
        else:
            self._began = self._before
        self.close()
        self._looking = _Looking(self._model, self._put_back)

    def look(self) -> None:
        """Find out what kind of data this is; call after every step, of which the first of an epoch tells."""
        if self._looked:
            return
        self._looked = True
        moved = [counter for counter, epoch in epochs_now().items() if epoch == self._began.get(counter, 0) + 1]
        self._counter = moved[0] if len(moved) == 1 else None
        if self._wanted and self._counter is None:
            raise BadInput(
                "The checkpoint was saved in a fit on one pipeline of kerasdl, and this fit has other data. "
                f"Received: {len(moved)} pipelines"
            )
        if self._wanted:
            set_epochs({counter: epoch for counter, epoch in self._before.items() if counter is not self._counter})
        if self._looking is not None:
            # With steps_per_epoch, Keras may begin an epoch anywhere in the data.
            begins, self._iterator = self._looking.iterator is not self._iterator, self._looking.iterator
            self.is_exact = begins and (self._counter is not None or (not moved and self._looking.repeats()))

    def skip(
        self,
        step: int,
        metrics: Sequence[np.ndarray],
        hooks: keras.callbacks.CallbackList,
        kept: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Pass over the first steps of this epoch.

        Args:
            step: The first one that is trained.
            metrics: The metrics after the steps before it.
            hooks: The callbacks of the fit.
            kept: Those that are told of the steps, as Keras's progress bar is.
        """
        self.is_skipping, self._end, self._hooks = True, step, hooks
        self._all, self._train_function = hooks.callbacks, self._model.train_function
        hooks.callbacks = [*kept, *([hooks._progbar] if hooks._progbar else [])]
        logs: dict[str, Any] = {}
        first: list[Any] = []

        def pass_over(iterator: Any) -> Any:
            if first and iterator is not first[0]:  # of a later fit, after an error between the steps of this one
                self.end_skipping()
                return self._model.train_function(iterator)
            first[:] = [iterator]
            try:
                if not logs:
                    _set_metrics(self._model, metrics, iterator)
                    logs.update(self._model.get_metrics_result())
                for _ in range(self._model.steps_per_execution):
                    next(iterator, None)
            except BaseException:
                self.end_skipping()
                self._put_back()
                restore_all(self._model)
                raise
            return logs

        self._model.train_function = pass_over

    def skipped(self, step: int) -> None:
        """Call after every step that was passed over."""
        if not self._looked:
            self.look()
            # It was when the checkpoint was saved.
            self.is_exact = True
        if step >= self._end:
            self.end_skipping()

    def _put_back(self) -> None:
        """After an error in the first step, which would have told which of the pipelines is that of the fit."""
        if self._wanted and not self._looked:
            set_epochs(self._before)

    def close(self) -> None:
        """Call when the fit ends."""
        if self._looking is not None:
            self._looking.remove()

    def end_skipping(self) -> None:
        """The next step is trained."""
        self.is_skipping = False
        self._hooks.callbacks, self._model.train_function = self._all, self._train_function


def _set_metrics(model: keras.Model, values: Sequence[np.ndarray], iterator: Any) -> None:
    """Set the metrics, which Keras builds at the first step."""
    build(model, iterator)
    variables = metric_variables(model)
    if [each.shape for each in values] != [tuple(each.shape) for each in variables]:
        raise BadInput(
            "The checkpoint was saved with other metrics: compile with the same ones. "
            f"Received: {[each.path for each in variables]}"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


class _Looking:
    """Wraps a train function to see the data of an epoch, which Keras shows to no callback."""

    def __init__(self, model: keras.Model, on_error: Callable[[], None]) -> None:
        self._on_error, self.iterator = on_error, None
        self._holder, self._name = train_function_of(model)
        self._function = getattr(self._holder, self._name)
        setattr(self._holder, self._name, self)

    def __call__(self, iterator: Any) -> Any:
        self.iterator = iterator
        try:
            return self._function(iterator)
        except BaseException:
            self._on_error()
            raise

    def repeats(self) -> bool:
        """Whether every iteration gives the same batches."""
        dataset = getattr(self.iterator, "_dataset", None)
        return dataset is not None and not any(map(_DIFFERS.search, _operations(dataset)))

    def remove(self) -> None:
        if getattr(self._holder, self._name) is self:
            setattr(self._holder, self._name, self._function)


def _operations(dataset: Any) -> Iterator[str]:
    """The names of datasets and operations that a dataset is made of."""
    yield type(dataset).__name__
    if dataset.options().deterministic is False or getattr(dataset, "_deterministic", None) in (False, "false"):
        yield "Shuffle"
    for function in dataset._functions():
        graph = function.function.graph.as_graph_def()
        for nodes in (graph.node, *(each.node_def for each in graph.library.function)):
            yield from (node.op for node in nodes if not node.op.startswith("Stateless"))
    for each in dataset._inputs():
        yield from _operations(each)
