"""The training policy of a recipe: the peak learning rate, and the callbacks and figures of a stage."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from kerasdl import callbacks, plots
from kerasdl.lr_range import LRRange
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.options import Options
from kerasdl.runs.watch import Watch


def peak_lr(run: RunFolder, model: keras.Model, train: Any, options: Options, *, cautious: float) -> float:
    """The peak learning rate: the user's, or the suggestion of a range test, or a cautious one.

    Prints the rate and where it comes from.

    Args:
        run: Where the range test is drawn, as lr_range.png.
        model: A compiled model.
        train: Training data, as for `fit`.
        options: `peak_lr` and `lr_rule`.
        cautious: The rate to use if the range test finds none.

    Example:
        >>> rate = peak_lr(run, model, train, config.run, cautious=0.001)     # Peak learning rate: 0.0099 (descent)
    """
    if options.peak_lr:
        return announced(options.peak_lr, "given")
    found = range_test(run, model, train, options.lr_rule, cautious)
    return announced(*suggested(found, options.lr_rule, cautious))


def range_test(
    run: RunFolder, model: keras.Model, train: Any, rule: str, cautious: float, *, prefix: str = ""
) -> LRRange:
    """Runs the range test and draws it as `PREFIXlr_range.png`, with the suggested rate or else the cautious one.

    Example:
        >>> found = range_test(run, model, train, "descent", cautious=0.001)
    """
    found = callbacks.lr_find(model, train)
    run.save_figure(f"{prefix}lr_range", found.plot({"cautious": cautious} if found.why_none else None, rules=[rule]))
    return found


def after_head(run: RunFolder, model: keras.Model, train: Any, head_lr: float) -> float:
    """The peak learning rate of a whole network whose new head was trained at the peak `head_lr`.

    A twentieth of the rate at which the loss of the network rises, between a 200th and a tenth of the head's. Its range
    test cannot suggest a rate, because the loss has already fallen. Measured: docs/measurements.md.

    Args:
        run: Where the range test is drawn, as lr_range.png.
        model: The compiled network.
        train: Training data, as for `fit`.
        head_lr: Peak learning rate of the head.

    Example:
        >>> rate = after_head(run, model, data.train, 0.01)
        Peak learning rate: 0.001 (1/10 of the head's; the loss of the whole network does not rise)
    """
    found = callbacks.lr_find(
        model, train, start_lr=head_lr / 1000, end_lr=head_lr, num_steps=40, stop_factor=float("inf")
    )
    rate = min(max(found.rise / 20, head_lr / 200), head_lr / 10)
    rises, marks = "does not rise", {"peak": rate}
    if found.rise < float("inf"):
        rises, marks["rise"] = f"rises at {found.rise:.2g}", found.rise
    run.save_figure("lr_range", found.plot(marks, rules=()))
    return announced(rate, f"1/{head_lr / rate:.0f} of the head's; the loss of the whole network {rises}")


def suggested(found: LRRange, rule: str, cautious: float) -> tuple[float, str]:
    """The rate that the rule suggests, or the cautious one if the curve suggests none; and where it comes from.

    Example:
        >>> suggested(kerasdl.lr_find(model, train), "descent", cautious=0.001)     # (0.0099, 'descent')
    """
    if found.why_none:
        return cautious, f"a cautious default, because the range test found none: {found.why_none.split('. ')[0]}"
    return found.suggestion(rule), rule


def announced(rate: float, origin: str) -> float:
    """Prints the peak learning rate and where it comes from; returns the rate.

    Example:
        >>> rate = announced(0.01, "given")
        Peak learning rate: 0.01 (given)
    """
    print(f"Peak learning rate: {rate:.2g} ({origin})")
    return rate


class Stage:
    """Callbacks for one training stage (one-cycle, logs, gradual unfreezing, checkpoints), and its figures afterwards.

    A stage that was broken off goes on where it was, and one that was finished is read.

    Args:
        run: Where logs and figures go.
        peak_lr: The peak learning rate.
        unfreeze_at: Epochs at which one more layer group is unfrozen and a new cycle begins; empty to train all
            groups from the start.
        data: The data of the stage, to follow activations and gradients if the run looks inside; None not to.
        evaluate: Evaluates `data.valid` by the network that trains, to show predictions after some epochs.
        more: Further callbacks.
        prefix: Begins the names of figures, and names the folder of the logs: `head_` logs to `logs/head`.

    Attributes:
        name: Of the stage in history.csv: "head" for the prefix `head_`, "whole" without one.
        callbacks: For `fit`.

    Example:
        >>> stage = Stage(run, 0.01, data=data)
        >>> fitted = model.fit(data.train, epochs=5, shuffle=False, callbacks=stage.callbacks)
        >>> seconds = stage.finish(fitted.history, ["loss", "accuracy"])
    """

    def __init__(
        self,
        run: RunFolder,
        peak_lr: float,
        *,
        data: Any = None,
        evaluate: Callable[[], Any] | None = None,
        unfreeze_at: Sequence[int] = (),
        more: Sequence[keras.callbacks.Callback] = (),
        prefix: str = "",
    ) -> None:
        self.run, self.prefix = run, prefix
        logs = run.logs / prefix.rstrip("_")
        self._scalars = callbacks.StepScalars(logs / "steps")
        self.callbacks: list[keras.callbacks.Callback] = [
            callbacks.OneCycle(peak_lr, restart_at=unfreeze_at),
            self._scalars,
            keras.callbacks.TensorBoard(logs, write_graph=False),
        ]
        if unfreeze_at:
            self.callbacks.append(callbacks.GradualUnfreezing(unfreeze_at))
        self._watch = None if data is None or not run.looks else Watch(logs, data, evaluate)
        self.callbacks += self._watch.callbacks if self._watch else []
        self.name = prefix.rstrip("_") or "whole"
        self._resume = callbacks.Resume(run.checkpoints / self.name, command=run.command)
        self.callbacks += [*more, callbacks.StopOnNonFinite(), self._resume]
        self._started = time.perf_counter()

    def finish(self, history: Mapping[str, Sequence[float]], metrics: Sequence[str]) -> float:
        """Writes history.csv, draws the schedule and the curves of `metrics`; returns the seconds of the stage."""
        seconds, steps = time.perf_counter() - self._started + self._resume.seconds_before, self._scalars.history
        self.run.save_history(self.name, history)
        schedule = plots.schedule(steps["step"], steps["learning_rate"], steps["momentum"])
        self.run.save_figure(f"{self.prefix}schedule", schedule)
        self.run.save_figure(f"{self.prefix}curves", plots.curves(history, metrics))
        if self._watch:
            self._watch.save(self.run, self.prefix)
        return seconds
