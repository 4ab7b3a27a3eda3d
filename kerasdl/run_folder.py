"""What every recipe shares: the run folder, device set-up, the final table, one-line errors."""

import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import keras
import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput
from matplotlib.figure import Figure

Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
Config = TypeVar("Config")


@dataclass(frozen=True)
class Options:
    """The options that every recipe has; a recipe adds its own in a frozen dataclass of this one."""

    data: str = ""
    """What to train on."""
    out: Path | None = None
    """Run folder, new or empty; by default runs/RECIPE/NAME-DATE-TIME."""
    epochs: int = 10
    """Times that the training data are gone through."""
    batch_size: int = 64
    """Samples a step."""
    valid_share: float = 0.2
    """Share kept for validation where the data do not say."""
    peak_lr: float | None = None
    """Highest learning rate; by default what the range test suggests."""
    lr_rule: Literal["descent", "valley", "slide", "minimum", "steep", "min_grad_lr"] = "descent"
    """How the range test's curve is read."""
    weight_decay: float = 0.01
    """Of AdamW; biases and normalization gains do not decay."""
    precision: Precision = "auto"
    """auto is mixed precision where the GPU gains by it, float32 on CPU."""
    seed: int = 0
    """Of everything random: same seed, same bits."""

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise BadInput(
                f"At least one epoch, and one sample a step. Received: epochs={self.epochs}, "
                f"batch_size={self.batch_size}"
            )
        if self.seed < 0:
            raise BadInput(f"A seed is a whole number from 0 up. Received: seed={self.seed}")
        if self.peak_lr is not None and not self.peak_lr > 0:
            raise BadInput(f"The peak rate must be positive. Received: peak_lr={self.peak_lr}")


class RunFolder:
    """One folder for everything that a run writes: configuration, logs, figures, metrics, model.

    Args:
        path: A folder that does not exist, or is empty.

    Raises:
        BadInput: The folder holds something, which would be lost; or cannot be made.

    Example:
        >>> run = RunFolder("runs/pets")
        >>> run.write_config({"epochs": 5})
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            if self.path.exists() and any(self.path.iterdir()):
                raise BadInput(
                    f"The run folder exists and holds files: give another one (--out). Received: {str(self.path)!r}"
                )
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"The run folder cannot be made ({error.strerror}). Received: {str(path)!r}") from error

    @classmethod
    def of(cls, options: Options, recipe: str) -> "RunFolder":
        """The folder that the options name, or a new one: `runs/RECIPE/NAME-DATE-TIME`."""
        name = Path(options.data).name.replace(":", "_") or "data"
        return cls(options.out or Path("runs") / recipe / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")

    @property
    def logs(self) -> Path:
        """Folder of the TensorBoard logs."""
        return self.path / "logs"

    @cached_property
    def _writer(self) -> Any:
        # Made at the first writing: bad input before it leaves the folder empty, and the mended command can use it.
        return tf.summary.create_file_writer(str(self.logs))

    def write_config(self, config: Any) -> None:
        """Writes config.json, and the same as a table in TensorBoard's Text tab.

        Args:
            config: A dataclass or a mapping.
        """
        values = asdict(config) if is_dataclass(config) and not isinstance(config, type) else dict(config)
        self._write_json("config.json", values)
        rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
        with self._writer.as_default(step=0):
            tf.summary.text("config", f"| option | value |\n| --- | --- |\n{rows}")
        self._writer.flush()

    def save_figure(self, name: str, figure: Figure) -> None:
        """Writes `name`.png, and the same picture to TensorBoard's Images tab."""
        file = self.path / f"{name}.png"
        figure.savefig(file)
        pixels = tf.io.decode_png(tf.io.read_file(str(file)))[None]
        with self._writer.as_default(step=0):
            tf.summary.image(name, pixels)
        self._writer.flush()

    def save_model(self, model: keras.Model) -> None:
        """Writes model.keras whole or not at all.

        Raises:
            BadInput: A weight is not finite: the training diverged.
        """
        for weight in model.weights:
            if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
                raise BadInput(
                    "The training diverged, so the model is not saved: take a lower peak rate (--peak-lr). "
                    f"Received: non-finite weights in {weight.path!r}"
                )
        partial = self.path / "model.partial.keras"
        model.save(partial)
        _replace(partial, self.path / "model.keras")

    def finish(self, valid: Mapping[str, float], *, train_seconds: float, **more: Any) -> None:
        """Writes metrics.json and prints it as a small table, with where things lie.

        Args:
            valid: Metrics on validation data: accuracy, loss, rmse, mae, perplexity, whichever apply.
            train_seconds: Time that `fit` took.
            **more: Whatever else the recipe has to say.
        """
        from rich.console import Console
        from rich.table import Table

        self._write_json("metrics.json", {"valid": dict(valid), "train_seconds": train_seconds, **more})
        rows = {f"validation {name}": _readable(name, value) for name, value in valid.items()}
        rows |= {name.replace("_", " "): _readable(name, value) for name, value in more.items()}
        table = Table(show_header=False, box=None, padding=(0, 2))
        for name, value in {**rows, "training time": f"{train_seconds:.1f} s"}.items():
            table.add_row(f"[bold]{name}[/bold]", value)
        Console().print(table)
        # Not in the table, which would break long paths.
        print(f"  model and figures    {self.path}\n  TensorBoard          tensorboard --logdir {self.logs}")

    def _write_json(self, name: str, values: Any) -> None:
        partial = self.path / f"{name}.partial"
        partial.write_text(json.dumps(values, indent=2, default=str) + "\n")
        _replace(partial, self.path / name)


def load_run(path: Path) -> keras.Model:
    """The model that an earlier run left, for prediction or fine-tuning.

    Args:
        path: The run's folder.

    Raises:
        BadInput: No finished run is there, or one whose model is damaged.

    Example:
        >>> load_run(Path("runs/pets")).predict(photographs)
    """
    if not (path / "model.keras").is_file():
        raise BadInput(f"No model.keras there: give the folder of a finished run. Received: {str(path)!r}")
    if not zipfile.is_zipfile(path / "model.keras"):
        raise BadInput(f"Its model.keras is damaged or cut short: train it again. Received: {str(path)!r}")
    return keras.models.load_model(path / "model.keras", compile=False)


def set_up_devices(precision: Precision, seed: int) -> dict[str, Any]:
    """Seeds everything, lets GPU memory grow, and sets the precision policy; prints what was chosen.

    On a GPU, operations are made deterministic, so that the same seed gives the same bits there too.

    Args:
        precision: A Keras dtype policy, or "auto": mixed_bfloat16 on a GPU of compute capability 8.0 or more,
            mixed_float16 on one of 7.0 or more, otherwise float32.
        seed: For Python, NumPy and Keras.

    Returns:
        {"devices": names, "precision": policy}, to be kept with the run.

    Example:
        >>> set_up_devices("auto", seed=0)
        {'devices': ['CPU'], 'precision': 'float32'}
    """
    keras.utils.set_random_seed(seed)
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if gpus:
        tf.config.experimental.enable_op_determinism()
    if precision == "auto":
        precision = best_precision([detail.get("compute_capability", (0, 0)) for detail in details])
    keras.mixed_precision.set_dtype_policy(precision)
    devices = [detail.get("device_name", "GPU") for detail in details] or ["CPU"]
    print(f"Devices: {', '.join(devices)}; precision: {precision}")
    return {"devices": devices, "precision": precision}


def best_precision(compute_capabilities: list[tuple[int, int]]) -> Precision:
    """The policy by which every GPU of these capabilities gains: Tensor Cores begin at 7.0, bfloat16 at 8.0.

    Example:
        >>> best_precision([(7, 5)])
        'mixed_float16'
    """
    lowest = min(compute_capabilities, default=(0, 0))
    if lowest >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if lowest >= (7, 0) else "float32"


def run_recipe(recipe: Callable[[Config], int | None], config: type[Config]) -> None:
    """Reads the options of a recipe from the command line and runs it; ends the process.

    What is wrong with the input is printed as one line on stderr, with exit status 1; defects keep their traceback.

    Args:
        recipe: Takes the configuration; may return an exit status.
        config: A frozen dataclass; its fields and their docstrings become options and their help.

    Example:
        >>> if __name__ == "__main__":
        ...     run_recipe(main, Config)
    """
    import tyro

    try:
        options = tyro.cli(config, description=sys.modules[recipe.__module__].__doc__)
        sys.exit(recipe(options))
    except BadInput as error:
        print("error: " + " ".join(str(error).split()), file=sys.stderr)
        sys.exit(1)
    except tf.errors.OpError as error:
        # What a pipeline met in the middle of training.
        told = re.search(r"BadInput: (.*)", error.message)
        if told is None:
            raise
        print(f"error: {told[1]}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def _replace(partial: Path, final: Path) -> None:
    """Puts a finished file in its place, after it has reached the disk: a kill leaves the old one or the new one."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(final)


def _readable(name: str, value: Any) -> str:
    if name == "accuracy":
        return f"{value:.2%}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
