"""What a stage shows of a network while it trains."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from kerasdl import callbacks, interpret, plots
from kerasdl.callbacks.probing import first_batch
from kerasdl.interpret.figures import main_figure
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.looks import looking

# A figure takes about a second, and a larger validation part too long to predict it once more.
MOST_DRAWN, MOST_SAMPLES = 5, 5000
MOST_STEPS_BETWEEN = 100


class Watch:
    """Activations, gradients and predictions in TensorBoard while a network trains; their figures afterwards.

    Args:
        logs: Folder of the stage's logs.
        data: The data of the stage; the first batch of `valid` is what is measured.
        evaluate: Evaluates `data.valid` by the network that trains, a few times in a fit; None for no predictions, as
            where the network sees features in place of samples.

    Attributes:
        callbacks: For `fit`.

    Example:
        >>> watch = Watch(run.logs, data, lambda: interpret.Classification.of(model, data.valid, data.classes))
        >>> model.fit(data.train, epochs=5, shuffle=False, callbacks=watch.callbacks)
        >>> watch.save(run)
    """

    def __init__(self, logs: Path, data: Any, evaluate: Callable[[], Any] | None = None) -> None:
        every = min(MOST_STEPS_BETWEEN, data.steps)
        batch = first_batch(data.valid)
        inputs, *_ = keras.utils.unpack_x_y_sample_weight(batch)
        self._activations = callbacks.ActivationStats(inputs, logs / "activations", every=every)
        self._groups = callbacks.GroupScalars(batch, logs / "groups", every=every)
        self.callbacks: list[keras.callbacks.Callback] = [self._activations, self._groups]
        if evaluate is not None and len(data.valid_labels) <= MOST_SAMPLES:
            self.callbacks.append(_FewFigures(logs / "figures", lambda: _drawn(evaluate, data)))

    def save(self, run: RunFolder, prefix: str = "") -> None:
        """Draws activations and gradients, and names dead units, if any."""
        with looking("activations"):
            run.save_figure(f"{prefix}activations", plots.activation_stats(self._activations.history))
        with looking("gradients"):
            run.save_figure(f"{prefix}gradients", plots.group_scalars(self._groups.history))
        if dead := self._activations.dead_units():
            run.save_text(f"{prefix}dead_units", "\n".join(dead))


class _FewFigures(callbacks.EpochFigures):
    """Draws a few times in a fit, however many epochs it has."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        self.every = -(-self.params["epochs"] // MOST_DRAWN)


def _drawn(evaluate: Callable[[], Any], data: Any) -> dict[str, plots.Figure]:
    """What `drawn` makes of an evaluation, or nothing after an error: a fit is worth more than its figures."""
    with looking("figures of an epoch"):
        return drawn(evaluate(), data)
    return {}


def drawn(result: Any, data: Any) -> dict[str, plots.Figure]:
    """The main figure of an evaluation, samples with their predictions, and those with the highest loss.

    Example:
        >>> list(drawn(found, pets))
        ['confusion', 'results', 'top_losses']
    """
    return {
        **main_figure(result),
        "results": interpret.show_results(result, data),
        "top_losses": interpret.show_top_losses(result, data),
    }
