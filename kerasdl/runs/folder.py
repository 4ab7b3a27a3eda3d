"""The run folder: everything that a run writes."""

import contextlib
import json
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write
from kerasdl.optional import import_optional
from kerasdl.runs.earlier_run import non_finite
from matplotlib.figure import Figure


class RunFolder:
    """One folder for everything that a run writes: configuration, logs, figures, texts, metrics, model.

    Args:
        path: A folder that does not exist, or is empty.

    Raises:
        BadInput: The folder is not empty, or cannot be created; at the first write, another run was faster.

    Example:
        >>> run = RunFolder("runs/first")
        >>> run.write_config({"epochs": 5})
        >>> run.save_text("generated", "To be, or not to be", step=1)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            if self.path.exists() and any(self.path.iterdir()):
                raise BadInput(
                    f"The run folder exists and is not empty: choose another one (--out). Received: {str(self.path)!r}"
                )
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"The run folder cannot be created ({error.strerror}). Received: {str(path)!r}") from error

    @classmethod
    def of(cls, out: Path | None, recipe: str, data: str) -> "RunFolder":
        """The folder `out`, or by default a new one: `runs/RECIPE/DATA-DATE-TIME`, perhaps with a number."""
        name = Path(data).name.replace(":", "_") or "data"
        path = Path("runs") / recipe / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
        # Several runs may begin within a second.
        others = (path.with_name(f"{path.name}-{number}") for number in count(2))
        return cls(out or next(each for each in chain([path], others) if not each.exists()))

    @cached_property
    def logs(self) -> Path:
        """Folder of the TensorBoard logs; made when it is first needed, which makes the run folder this run's own.

        Raises:
            BadInput: Another run, which also found the run folder empty, was faster.
        """
        # Not in the constructor: after bad input the folder is still empty, and the fixed command can use it.
        logs = self.path / "logs"
        try:
            logs.mkdir()
        except FileExistsError as error:
            raise BadInput(
                f"Another run has begun to write here: choose another folder (--out). Received: {str(self.path)!r}"
            ) from error
        return logs

    @cached_property
    def _writer(self) -> Any:
        return tf.summary.create_file_writer(str(self.logs))

    def write_config(self, config: Any) -> None:
        """Writes config.json, and the same table to TensorBoard's Text tab.

        Args:
            config: A mapping, or a dataclass, which is flattened.
        """
        values = dict(config) if isinstance(config, Mapping) else flattened(config)
        self._write_json("config.json", values)
        rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
        with self._writer.as_default(step=0):
            tf.summary.text("config", f"| option | value |\n| --- | --- |\n{rows}".encode("utf-8", "replace"))
        self._writer.flush()

    def save_figure(self, name: str, figure: Figure) -> None:
        """Writes `name`.png, and the same image to TensorBoard's Images tab."""
        with self._writing(f"{name}.png") as temporary:
            figure.savefig(temporary)
        pixels = tf.io.decode_png((self.path / f"{name}.png").read_bytes())[None]
        with self._writer.as_default(step=0):
            tf.summary.image(name, pixels)
        self._writer.flush()

    def save_text(self, name: str, text: str, *, step: int = 0) -> None:
        """Writes `name`.txt, and the same text to TensorBoard's Text tab.

        Args:
            name: Of the file, and of the text in TensorBoard.
            text: Any characters; TensorBoard shows it line by line, not as Markdown.
            step: 0 for one text alone. The texts of epochs 1, 2, … follow each other in the file, each below its epoch.
        """
        file, content = self.path / f"{name}.txt", text.encode("utf-8", "replace") + b"\n"
        if step:
            # As bytes, because reading a text file would change its line ends.
            before = file.read_bytes() + b"\n" if file.exists() else b""
            content = b"%s--- epoch %d ---\n%s" % (before, step, content)
        with self._writing(file.name) as temporary:
            temporary.write_bytes(content)
        # Markdown leaves a block that is indented as it is.
        block = textwrap.indent(text, "    ").encode("utf-8", "replace")
        with self._writer.as_default(step=step):
            tf.summary.text(name, block)
        self._writer.flush()

    def save_page(self, name: str, html: str) -> None:
        """Writes `name`.html, for a browser; TensorBoard shows no pages."""
        with self._writing(f"{name}.html") as temporary:
            temporary.write_bytes(html.encode("utf-8", "replace"))

    def save_model(self, model: keras.Model, valid: Mapping[str, float], *, name: str = "model") -> None:
        """Writes `name`.keras atomically.

        Args:
            model: A model of raw input.
            valid: Its metrics on validation data.
            name: Of the file.

        Raises:
            BadInput: A weight, or the validation loss or error, is not finite because the training diverged.
        """
        weights = non_finite(model)
        errors = [name for name in ("loss", "rmse", "mae") if not np.isfinite(valid.get(name, 0.0))]
        if weights or errors:
            found = f"non-finite weights in {weights[0]!r}" if weights else f"validation {errors[0]} {valid[errors[0]]}"
            raise BadInput(
                "The training diverged, so the model is not saved: use a lower peak learning rate (--peak-lr). "
                f"Received: {found}"
            )
        with self._writing(f"{name}.keras") as temporary:
            model.save(temporary)

    def finish(self, valid: Mapping[str, float], *, train_seconds: float, warning: str = "", **more: Any) -> None:
        """Writes metrics.json and prints it as a small table, with the paths of the results.

        In metrics.json numbers that are not finite are null.

        Args:
            valid: Metrics on validation data: accuracy, loss, rmse, mae, perplexity, whichever apply.
            train_seconds: Duration of `fit`.
            warning: A sentence if the model is worse than a constant or naive prediction, such as
                `interpret.Classification.warning`; printed and written, too.
            **more: Anything else worth reporting.

        Raises:
            ModuleNotFoundError: rich is not installed.
        """
        console, table_of = import_optional("rich.console"), import_optional("rich.table")
        warnings = {"warning": warning} if warning else {}
        self._write_json("metrics.json", {"valid": dict(valid), "train_seconds": train_seconds, **more, **warnings})
        rows = {f"validation {name}": _readable(name, value) for name, value in valid.items()}
        rows |= {name.replace("_", " "): _readable(name, value) for name, value in more.items()}
        table = table_of.Table(show_header=False, box=None, padding=(0, 2))
        for name, value in {**rows, "training time": f"{train_seconds:.1f} s"}.items():
            table.add_row(f"[bold]{name}[/bold]", value)
        console.Console().print(table)
        if warning:
            print(f"  warning: {warning}")
        # Not in the table: it would wrap long paths.
        model = repr(str(self.path / "model.keras"))
        print(
            f"  model and figures    {self.path}\n"
            f"  in Python            import kerasdl, keras; model = keras.models.load_model({model})\n"
            f"  TensorBoard          tensorboard --logdir {self.logs}"
        )

    def _write_json(self, name: str, values: Any) -> None:
        with self._writing(name) as temporary:
            temporary.write_text(json.dumps(_finite(values), indent=2, default=str, allow_nan=False) + "\n")

    @contextlib.contextmanager
    def _writing(self, name: str) -> Iterator[Path]:
        """Writes a file of the run, whole or not at all."""
        logs = self.logs
        try:
            with atomic_write(self.path / name) as temporary:
                yield temporary
        except OSError:
            # If this was the first one, the folder stays empty.
            with contextlib.suppress(OSError):
                logs.rmdir()
            raise


def flattened(config: Any) -> dict[str, Any]:
    """The options of a dataclass and of the dataclasses in it, by name.

    Example:
        >>> flattened(Config(data="pets", run=kerasdl.runs.Options(seed=1)))
        {'data': 'pets', 'out': None, ..., 'seed': 1, 'deterministic': False}
    """
    values: dict[str, Any] = {}
    for each in fields(config):
        value = getattr(config, each.name)
        values |= flattened(value) if is_dataclass(value) else {each.name: value}
    return values


def _finite(values: Any) -> Any:
    """The values with None for numbers that JSON does not have."""
    if isinstance(values, Mapping):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    values = values.item() if isinstance(values, np.generic) else values
    return None if isinstance(values, float) and not np.isfinite(values) else values


def _readable(name: str, value: Any) -> str:
    if name == "accuracy":
        return f"{value:.2%}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
