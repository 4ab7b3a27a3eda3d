"""How runs compare by themselves in TensorBoard: options and results of each in a row, and a layout of charts."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import summary as custom_scalar
from tensorboard.plugins.hparams import api, api_pb2
from tensorboard.plugins.hparams import summary as hparams

# A folder of its own: TensorBoard takes every scalar in and below the folder of the options for a result.
RESULT = "result"
# Charts by category. A chart draws the scalars of every run whose names match, read from their beginning.
_CHARTS = {
    "epochs": {"loss": r"epoch_loss$", "metrics": r"epoch_(?!loss$|learning_rate$)"},
    "steps": {"loss": r"loss$", "learning rate": r"learning_rate", "momentum": r"momentum$"},
    "layers": {
        "gradient norm": r"gradient_norm/",
        "update-to-weight ratio": r"update_ratio/",
        "activations: mean": r"mean/",
        "activations: standard deviation": r"std/",
        "activations: share near zero": r"near_zero/",
        "activations: share of dead units": r"dead/",
    },
}
# Only runs with further callbacks have them.
_CLOSED = {"layers"}


def write_options(logs: Path, options: Mapping[str, Any]) -> None:
    """Writes the options of a run as its row of the HParams tab, and the layout of the Custom Scalars tab.

    A run that goes on may write them again; TensorBoard shows them once.

    Args:
        logs: Folder of the run's logs.
        options: Values by name. What is neither a finite number nor a string becomes one; mappings are left out.

    Example:
        >>> write_options(Path("runs/pets/logs"), {"epochs": 5, "peak_lr": None, "units": (64, 32)})
    """
    with _writing(logs):
        values = {_text(name): _simple(each) for name, each in options.items() if not isinstance(each, Mapping)}
        # By default, runs with the same options would share a row.
        api.hparams(values, trial_id="")
        _write(custom_scalar.pb(_layout()))


def write_result(logs: Path, result: Mapping[str, Any]) -> None:
    """Writes the metrics of a finished run into its row of the HParams tab.

    Args:
        logs: Folder of the run's logs.
        result: Values by name. Only measured numbers have a column: floats that are finite, but no counts.

    Example:
        >>> write_result(Path("runs/pets/logs"), {"accuracy": 0.97, "train_seconds": 12.3, "train_images": 2000})
    """
    with _writing(logs):
        for name, value in result.items():
            if isinstance(number := _simple(value), float):
                tf.summary.scalar(f"final/{_text(name)}", number)
        _write(hparams.session_end_pb(api_pb2.STATUS_SUCCESS))


def _layout() -> layout_pb2.Layout:
    categories = [
        layout_pb2.Category(
            title=title,
            closed=title in _CLOSED,
            chart=[
                layout_pb2.Chart(title=name, multiline=layout_pb2.MultilineChartContent(tag=[pattern]))
                for name, pattern in charts.items()
            ],
        )
        for title, charts in _CHARTS.items()
    ]
    return layout_pb2.Layout(category=categories)


@contextmanager
def _writing(logs: Path) -> Iterator[None]:
    writer = tf.summary.create_file_writer(str(logs / RESULT))
    with writer.as_default(step=0):
        yield
    writer.close()


def _write(summary: Any) -> None:
    tf.summary.experimental.write_raw_pb(summary.SerializeToString())


def _simple(value: Any) -> bool | float | str:
    value = value.item() if isinstance(value, np.generic) else value
    is_number = isinstance(value, bool | int | float) and math.isfinite(value)
    return value if is_number else _text(value)


def _text(value: Any) -> str:
    """As characters that can be encoded; file names may hold others."""
    return str(value).encode("utf-8", "replace").decode()
