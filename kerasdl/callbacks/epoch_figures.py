"""EpochFigures: figures and texts of every epoch in TensorBoard."""

import io
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from kerasdl.distribute import is_chief
from matplotlib.figure import Figure


class EpochFigures(keras.callbacks.Callback):
    """Draw figures after an epoch, and show them at this epoch in TensorBoard's Images tab, texts in its Text tab.

    A slider over each figure goes through the epochs: how the confusion, the predictions of some samples or the worst
    mistakes change. Epochs count from 0, as Keras's TensorBoard callback counts them. The fit waits for `draw`: one
    that predicts all validation data takes as long as a validation. Draw fewer samples, or not after every epoch. Of
    several workers all draw, and the chief writes.

    Args:
        log_dir: Folder of the event file; use another one than Keras's "train" and "validation".
        draw: Called without arguments after the validation of an epoch; returns Matplotlib figures or texts by name.
            Figures of `kerasdl.plots` are not kept; one of pyplot stays in memory until it is closed.
        every: Draw after every so many epochs, and after the last one of `fit(epochs=…)`.

    Raises:
        ValueError: `every` is below 1 (in the constructor), or `draw` returns something else.

    Example:
        >>> def draw():
        ...     found = kerasdl.interpret.Classification.of(model, pets.valid, pets.classes)
        ...     return {"confusion": kerasdl.plots.confusion(found.confusion, found.classes), "summary": repr(found)}
        >>> figures = kerasdl.callbacks.EpochFigures("logs/figures", draw)
        >>> model.fit(pets.train, epochs=2, callbacks=[figures], shuffle=False)
    """

    _writer: Any = None

    def __init__(self, log_dir: str | Path, draw: Callable[[], Mapping[str, Figure | str]], *, every: int = 1) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1. Received: every={every}")
        self.log_dir, self.draw, self.every = str(log_dir), draw, every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every and epoch + 1 != self.params["epochs"]:
            return
        drawn = self.draw()
        if not isinstance(drawn, Mapping):
            raise ValueError(f"draw must return figures or texts by name. Received: {type(drawn).__name__}")
        if not is_chief():  # has drawn nonetheless, for all workers take part in predictions
            return
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self.log_dir)
        with self._writer.as_default(step=epoch):
            for name, each in drawn.items():
                _write(name, each)
        self._writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None


def _write(name: str, drawn: Figure | str) -> None:
    if isinstance(drawn, Figure):
        picture = io.BytesIO()
        drawn.savefig(picture, format="png")
        tf.summary.image(name, tf.io.decode_png(picture.getvalue())[None])
    elif isinstance(drawn, str):
        # Markdown leaves a block that is indented as it is.
        tf.summary.text(name, textwrap.indent(drawn, "    ").encode("utf-8", "replace"))
    else:
        raise ValueError(f"draw must return figures or texts. Received: {type(drawn).__name__} for {name!r}")
