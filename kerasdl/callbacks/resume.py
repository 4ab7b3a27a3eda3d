"""Resume: a fit that was killed goes on where it was."""

import contextlib
import shutil
import sys
import time
import warnings
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.callback_state import CallbackStates
from kerasdl.callbacks.checkpoint_file import read_checkpoint, write_checkpoint
from kerasdl.callbacks.input_position import InputPosition
from kerasdl.callbacks.lr_range_test import LRRangeTest
from kerasdl.callbacks.restoring import restore_all
from kerasdl.callbacks.scheduling import Scheduling
from kerasdl.callbacks.signals import Signals
from kerasdl.callbacks.snapshot import Snapshot, is_built, metric_variables
from kerasdl.callbacks.stop_on_non_finite import StopOnNonFinite
from kerasdl.distribute import is_chief, largest_of_workers, workers
from kerasdl.errors import BadInput
from kerasdl.optimizers import innermost

KEPT = 2
# Of several workers, which agree by a message to all.
STEPS_BETWEEN_AGREEMENTS = 10


@known_arguments()
class Resume(keras.callbacks.Callback):
    """Saves the whole state of a fit again and again; the same program, started again, goes on from there.

    A checkpoint holds weights, optimizer, random state, metrics and history, the schedule, the groups unfrozen so far,
    what `EarlyStopping`, `ModelCheckpoint` and others have counted, and the position in the data. With pipelines of
    kerasdl, and with arrays and `shuffle=False`, the fit goes on within the epoch, and ends bit for bit as one that was
    never broken off. With other data, which cannot be repeated, checkpoints are written at the ends of epochs only.

    Checkpoints are written whole, and verified when they are read; the last two are kept. On a full disk the training
    goes on without a new one. A model that is no longer
    finite is never written. Ctrl-C and SIGTERM end the fit after the current step, with a checkpoint; the second one
    ends it at once. A fit that was finished is not trained again: its weights are read. A second fit with the same
    object begins anew, and its checkpoints replace the others.

    Of several workers the chief writes, and all read: the folder must be on a file system that they share. They look at
    signals and at the time every 10 steps, together. A model whose workers have states of their own, such as a
    `layers.CarriedState`, is saved at the ends of epochs only.

    Args:
        folder: Of the checkpoints of this fit alone; made if it is missing.
        every_minutes: Time between checkpoints; None for none by time.
        every_steps: Steps between checkpoints; None for none by steps. Those at the ends of epochs are always written.
        command: What to type to go on; shown when a signal has ended the fit.

    Attributes:
        resumed: Epoch and step, from 0, at which this fit went on; None if it began.
        seconds_before: How long the fit had taken until then.

    Raises:
        ValueError: Arguments out of range (in the constructor); another callback follows, one is a range test, or the
            model is not built (when the fit begins).
        BadInput: The checkpoint is of another model, data or fit; or none can be read (when the fit begins).

    Example:
        >>> model.fit(x, y, epochs=9, shuffle=False, callbacks=[kerasdl.callbacks.Resume("checkpoints")])
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        every_minutes: float | None = 1.0,
        every_steps: int | None = None,
        command: str | None = None,
    ) -> None:
        super().__init__()
        if not (every_minutes is None or every_minutes > 0) or not (every_steps is None or every_steps >= 1):
            raise ValueError(
                "every_minutes must be above 0, and every_steps at least 1; None for none. "
                f"Received: every_minutes={every_minutes}, every_steps={every_steps}"
            )
        self.folder, self.every_minutes, self.every_steps = Path(folder), every_minutes, every_steps
        self.command = command
        self.resumed: tuple[int, int] | None = None
        self.seconds_before = 0.0
        self._is_used = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        # Keras tells a callback nothing about the others of its fit; their list is what calls this method.
        self._list: Any = sys._getframe(1).f_locals.get("self")
        if not isinstance(self._list, keras.callbacks.CallbackList):
            raise ValueError(f"Resume must be one of the callbacks of a fit. Received: {type(self._list).__name__}")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._check_place()
        self._states = CallbackStates(self._others())
        self._position = InputPosition(self.model)
        self._facts = self._of_fit()
        self._epoch, self._step = 0, 0
        self._to_monitor: list[dict[str, Any]] = []
        self._at_end: list[np.ndarray] = []
        # The second fit of a program with this callback is another one, not the same again.
        self._found, self._is_stale, self.resumed = None if self._is_used else self._read(), self._is_used, None
        self._saved, self._saved_step, self._warned = time.monotonic(), 0, False
        self._started, self.seconds_before = time.monotonic(), 0.0
        if self._found:
            self._begin_again(self._found)
        self._signals = Signals(self._list)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.model._initial_epoch = 0  # read already; the next fit must not read it
        self._epoch, self._step, self._saved_step, self._at_end = epoch, 0, 0, []
        found, self._found = self._found, None
        if not found:
            self._position.begin()
            return
        snapshot, state = found
        if state["step"]:
            # Others have begun an epoch that has begun long ago.
            snapshot.restore()
        self._put_others_back(state)
        self._to_monitor = state["callbacks"]
        self._position.begin(state["position"], state["step"])
        if state["step"]:
            self._position.skip(state["step"], state["metrics"], self._list, [self])

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        steps = self.params["steps"]
        self._step = batch + 1 if steps is None else min(batch + 1, steps)
        if self._to_monitor:
            # The metrics are built now.
            self._states.put_monitors_back(self._to_monitor)
            self._to_monitor = []
        if self._position.is_skipping:
            self._position.skipped(self._step)
            if self._agree():
                self._position.end_skipping()
                self._stop(self._where(*(self.resumed or (0, 0))))
            return
        self._position.look()
        is_leaving = self._agree(is_end=self._step == steps)
        if self._step == steps:
            # An evaluation resets the metrics.
            self._at_end = [np.array(keras.ops.convert_to_numpy(each)) for each in metric_variables(self.model)]
        if is_leaving:
            self._leave()
        if self._is_due():
            self._save_in_epoch()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if workers() == 1 and self._signals.received and self._at_end:
            self._leave()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        is_leaving = self._agree(is_end=True)
        # The last state of a fit is that after Keras has finalized its averaged weights.
        if epoch + 1 < self.params["epochs"] and not self.model.stop_training:
            self._write(epoch + 1, 0, self._history(logs))
            if is_leaving:
                self._stop(self._where(epoch + 1, 0))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._position.close()
        self.model._initial_epoch = 0
        if self._found:  # of a finished fit, which has no epochs any more
            self._put_others_back(self._found[1])
            self._found = None
            self._signals.end()
            return
        self._write(self._epoch + 1, 0, self._history(), is_finished=True)
        self._is_used = True
        if self._agree(is_end=True):
            self._stop("the end of this fit")
        self._signals.end()

    def _check_place(self) -> None:
        *_, last = self._others(with_self=True)
        if last is not self:
            raise ValueError(f"Resume must be the last of the callbacks. Received: {type(last).__name__} after it")
        if not is_built(self.model):
            raise ValueError(
                "The model is not built: begin it with keras.Input, or call it on a batch, then compile. "
                f"Received: {self.model.name!r}"
            )
        for each in self._others():
            if isinstance(each, LRRangeTest):
                raise ValueError("A range test needs no Resume: give it a fit of its own. Received: LRRangeTest")
            if isinstance(each, keras.callbacks.CSVLogger) and not each.append:
                raise ValueError(
                    "A resumed fit would empty the file: give CSVLogger append=True. Received: append=False"
                )
        for layer in self.model._flatten_layers():
            for name, value in vars(layer).items():
                if isinstance(value, keras.optimizers.Optimizer) and value is not self.model.optimizer:
                    raise ValueError(f"Resume saves one optimizer, that of compile. Received: another one, {name!r}")

    def _others(self, *, with_self: bool = False) -> list[keras.callbacks.Callback]:
        added = (self._list._history, self._list._progbar)
        found = [each for each in self._list.callbacks if not isinstance(each, _ResetInitialEpoch)]
        return [each for each in found if each not in added and (with_self or each is not self)]

    def _begin_again(self, found: tuple[Snapshot, dict[str, Any]]) -> None:
        snapshot, state = found
        snapshot.restore()
        self.params["resumed"] = True
        self.resumed, self.seconds_before = (state["epoch"], state["step"]), state["seconds"]
        epochs = self.params["epochs"]
        is_over = state["is_stopped"] or state["epoch"] >= epochs
        self.model._initial_epoch = epochs if is_over else state["epoch"]
        # Before the others, of which one may raise: the next fit must not read it.
        self._list.callbacks = [_ResetInitialEpoch(self.model), *self._list.callbacks]
        if is_over:
            self._position.restore(state["position"])
            print(f"This fit is finished, and read from {self.folder}")
        else:
            print(f"Resumed at {self._where(*self.resumed)}")
        # Some act at the end of a fit that has no epochs any more.
        self._states.put_back(state["callbacks"])

    def _put_others_back(self, state: dict[str, Any]) -> None:
        self._states.put_back(state["callbacks"])
        history = self.model.history
        history.epoch, history.history = list(state["history"]["epoch"]), dict(state["history"]["history"])

    def _agree(self, *, is_end: bool = False) -> bool:
        """Whether a signal ends the fit now, and whether a checkpoint is due by time.

        Workers must do both at the same step, but a signal may come to one of them only, and clocks differ.
        """
        self._is_late = self.every_minutes is not None and time.monotonic() - self._saved >= 60 * self.every_minutes
        if workers() > 1:
            if not is_end and self._step % STEPS_BETWEEN_AGREEMENTS:
                self._is_late = False
                return False
            found = largest_of_workers([self._signals.received, self._is_late and is_chief()])
            self._signals.received, self._is_late = int(found[0]), bool(found[1])
        return bool(self._signals.received)

    def _is_due(self) -> bool:
        by_steps = self.every_steps is not None and self._step - self._saved_step >= self.every_steps
        return self._is_late or by_steps

    def _is_exact(self) -> bool:
        """Whether the fit can go on from the middle of this epoch."""
        differ = [each for each in self.model.variables if each.synchronization == "on_read"]
        return self._position.is_exact and not (differ and self.model.distribute_strategy.num_replicas_in_sync > 1)

    def _save_in_epoch(self) -> None:
        if self._is_exact():
            self._write(self._epoch, self._step, self._history_so_far())
        elif not self._warned:
            self._warned = True
            print("These data cannot be repeated from the middle of an epoch: checkpoints only at the ends of epochs")

    def _leave(self) -> None:
        """Saves, and ends the program, or the fit."""
        if self._is_exact():
            self._write(self._epoch, self._step, self._history_so_far())
            where = self._where(self._epoch, self._step)
        else:
            where = self._where(self._epoch, 0)
        self._stop(where)

    def _stop(self, where: str) -> NoReturn:
        restore_all(self.model)
        self._signals.leave(where, self.command)

    def _where(self, epoch: int, step: int) -> str:
        steps = self.params["steps"]
        of_steps = f", step {step} of {steps}" if step else ""
        return f"epoch {epoch + 1} of {self.params['epochs']}{of_steps}"

    def _history_so_far(self) -> dict[str, Any]:
        return {"epoch": self.model.history.epoch, "history": self.model.history.history}

    def _history(self, logs: dict[str, Any] | None = None) -> dict[str, Any]:
        """The history with an epoch that Keras adds after this callback's turn."""
        before = self._history_so_far()
        if logs is None:
            return before
        history = {name: [*before["history"].get(name, []), value] for name, value in logs.items()}
        return {"epoch": [*before["epoch"], self._epoch], "history": {**before["history"], **history}}

    def _of_fit(self) -> dict[str, Any]:
        """What must not differ when the fit goes on."""
        optimizer = innermost(self.model.optimizer)
        facts = {
            "steps": self.params["steps"],
            "epochs": self.params["epochs"],
            "steps_per_execution": self.model.steps_per_execution,
            "optimizer": type(optimizer).__name__,
            "callbacks": self._states.names,
        }
        facts |= {f"optimizer {name}": str(value) for name, value in optimizer.get_config().items() if name != "name"}
        for each in self._states.callbacks:
            if isinstance(each, Scheduling):
                options = {name: value for name, value in vars(each).items() if not name.startswith("_")}
                facts |= {
                    f"{type(each).__name__} {name}": str(options[name]) for name in _arguments(each) & options.keys()
                }
        return facts

    def _write(self, epoch: int, step: int, history: dict[str, Any], *, is_finished: bool = False) -> None:
        snapshot = Snapshot(self.model)
        if spoiled := snapshot.non_finite():
            if any(isinstance(each, StopOnNonFinite) for each in self._states.callbacks):
                return  # it will say so
            warnings.warn(
                "The model is no longer finite, so it is not saved: the last checkpoint stays. Use a lower learning "
                f"rate. Received: {spoiled!r} in {self._where(self._epoch, self._step)}",
                stacklevel=2,
            )
            return
        # Also after an error: the next attempt waits as long as any other.
        self._saved, self._saved_step = time.monotonic(), step
        # Some read variables that all workers hold together.
        others = self._states.now()
        if not is_chief():
            return
        state = {
            "epoch": epoch,
            "step": step,
            "is_finished": is_finished,
            "is_stopped": is_finished and bool(self.model.stop_training),
            "seconds": self.seconds_before + time.monotonic() - self._started,
            "names": snapshot.names,
            "metrics": self._at_end or snapshot.metrics,
            "random": snapshot.random_state,
            "position": self._position.now(),
            "callbacks": others,
            "history": history,
            "fit": self._facts,
        }
        file = self.folder / f"epoch{epoch:05d}-step{step:08d}.npz"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_checkpoint(file, snapshot.arrays, state)
        except OSError as error:
            self._tell(error, sum(each.nbytes for each in snapshot.arrays))
            return
        files = self._files()
        for old in [each for each in files if each != file] if self._is_stale else files[KEPT:]:
            old.unlink(missing_ok=True)
        self._is_stale = False

    def _tell(self, error: OSError, needed: int) -> None:
        """A disk that is full or cannot be written costs the checkpoint, not the training."""
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(self.folder).free
            if free < needed:
                needed_free = f", which needs {needed / 2**20:.1f} MiB where {free / 2**20:.1f} are free"
                error = OSError(error.errno, f"{error.strerror}{needed_free}", error.filename)
        print(
            f"\nNo checkpoint ({error}). The training goes on; the last checkpoint is as it was",
            file=sys.stderr,
        )

    def _files(self) -> list[Path]:
        """Checkpoints, the latest first."""
        return sorted(self.folder.glob("epoch*-step*[0-9].npz"), reverse=True)

    def _read(self) -> tuple[Snapshot, dict[str, Any]] | None:
        found = self._read_files()
        if workers() > 1:
            here = [found[1]["epoch"], found[1]["step"]] if found else [-1, -1]
            most, least = largest_of_workers(here), [-each for each in largest_of_workers([-each for each in here])]
            if most != least:
                raise BadInput(
                    "The workers have found different checkpoints: give a folder on a file system that all of them "
                    f"share. Received: {str(self.folder)!r}, (epoch, step) from {least} to {most}"
                )
        return found

    def _read_files(self) -> tuple[Snapshot, dict[str, Any]] | None:
        files = self._files()
        for file in files:
            try:
                arrays, state = read_checkpoint(file)
            except BadInput as error:
                if file == files[-1]:
                    raise BadInput(f"No checkpoint can be read: remove the folder to begin anew. {error}") from error
                print(f"{error}; going on from the one before it", file=sys.stderr)
                continue
            self._check(file, arrays, state)
            snapshot = Snapshot(self.model)
            snapshot.replace(arrays, state["random"])
            return snapshot, state
        return None

    def _check(self, file: Path, arrays: list[np.ndarray], state: dict[str, Any]) -> None:
        """Raises unless the checkpoint is of this model and fit."""
        before, now = state["fit"], self._facts
        differ: dict[str, tuple[Any, Any]] = {
            name: (before.get(name), now.get(name)) for name in {**before, **now} if before.get(name) != now.get(name)
        }
        if state["epoch"] <= self.params["epochs"] and not any(
            isinstance(each, Scheduling) for each in self._states.callbacks
        ):
            # More epochs only make the fit longer.
            differ.pop("epochs", None)
        here = Snapshot(self.model)
        for name, there, value in zip(state["names"], arrays, here.arrays, strict=False):
            if (there.shape, there.dtype) != (value.shape, value.dtype):
                differ[name] = (f"{there.dtype} {there.shape}", f"{value.dtype} {value.shape}")
                break
        else:
            if len(arrays) != len(here.arrays):
                differ["number of variables"] = (len(arrays), len(here.arrays))
        if differ:
            shown = ", ".join(f"{name} {there} there and {value} here" for name, (there, value) in differ.items())
            raise BadInput(
                f"The checkpoint is of another fit: use another folder, or remove this one. Received: {shown}, "
                f"{str(file)!r}"
            )


class _ResetInitialEpoch(keras.callbacks.Callback):
    """Resets where Keras begins the next fit, as soon as it has read it."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__()
        self._reset = model

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._reset._initial_epoch = 0


def _arguments(callback: keras.callbacks.Callback) -> set[str]:
    """The names of the arguments of its constructor."""
    return set(signature(type(callback).__init__).parameters)
