"""The run folder: everything that a run writes."""

import atexit
import contextlib
import hashlib
import json
import os
import shlex
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
import tensorflow as tf
from kerasdl import distribute
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write, fcntl
from kerasdl.optional import import_optional
from kerasdl.runs import tensorboard
from kerasdl.runs.about import ABOUT, about, typed
from kerasdl.runs.devices import Precision
from kerasdl.runs.earlier_run import load_config, non_finite
from kerasdl.runs.history import HISTORY, read_history, write_history
from kerasdl.runs.options import OF_THE_START, flattened
from kerasdl.runs.readable import readable
from kerasdl.runs.report import report
from kerasdl.runs.run_files import UNFINISHED
from matplotlib.figure import Figure

# Beside these, a run writes files of the kinds below, and the folders `logs` and `checkpoints`.
WRITTEN = ("config.json", "metrics.json", ABOUT, HISTORY)
KINDS = (".keras", ".npz", ".png", ".txt", ".html")
OPTIONS = "options.json"
# The environment variable that names a job: the same for all its workers, and when they start again.
_JOB = "KERASDL_JOB"
# Log folders that this process has locked, until it ends: a notebook may break a run off, and go on with it.
_LOCKED: set[Path] = set()


class RunFolder:
    """One folder for everything that a run writes: configuration, logs, checkpoints, figures, texts, metrics, model.

    Of several workers the chief alone writes it; the others, which do the same as it, write into temporary folders of
    their own, and read its checkpoints.

    Args:
        path: A folder that does not exist, or is empty.
        config: Options, for the folder of a run that was broken off: with the same ones it goes on.
        fresh: Begin such a run anew, and rename the folder of the old one.

    Attributes:
        is_resumed: Whether the run goes on.
        looks: Whether its stages look inside the network, and draw what it gets right and wrong.
        precision: Dtype policy to set up: what is asked for, or that of the run that goes on.

    Raises:
        BadInput: The folder holds something else, a finished run, or one with other options; it cannot be created; or
            another process is running it. At the first write: another run was faster.

    Example:
        >>> run = RunFolder("runs/first")
        >>> run.write_config({"epochs": 5})
        >>> run.save_text("generated", "To be, or not to be", step=1)
    """

    def __init__(self, path: str | Path, *, config: Mapping[str, Any] | None = None, fresh: bool = False) -> None:
        self.path = self._shared = Path(path)
        self.is_resumed, self.looks = False, True
        self.precision: Precision = "auto"
        self._config: Any = None
        self._options = None if config is None else json.loads(json.dumps(_finite(config), default=str))
        if not distribute.is_chief():
            self.path = _folder_of_worker(self._shared)
            return
        try:
            if self._options is not None and (self.checkpoints / OPTIONS).is_file():
                self._lock(self.path / "logs")
                if fresh and not self._is_of_this_job:
                    self._move_away()
                else:
                    self._check_same(self._options)
                    self.is_resumed = True
            elif self.path.exists() and any(self.path.iterdir()):
                raise BadInput(
                    f"The run folder exists and is not empty: choose another one (--out). Received: {str(self.path)!r}"
                )
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"The run folder cannot be created ({error.strerror}). Received: {str(path)!r}") from error

    @classmethod
    def of(cls, config: Any, recipe: str, data: str) -> "RunFolder":
        """The folder of a recipe's run: `config.run.out`, or a new one, `runs/RECIPE/DATA-DATE-TIME`.

        In a job, which names itself in KERASDL_JOB, that of all its workers and starts is `runs/RECIPE/DATA-JOB`.

        Args:
            config: The options of a recipe: a dataclass with `run`, its `Options`.
            recipe: Name of the recipe.
            data: Name of the data.

        Raises:
            BadInput: As for the class; or several workers have no name for their folder.
        """
        options, name = config.run, Path(data).name.replace(":", "_") or "data"
        job, workers = os.environ.get(_JOB), distribute.workers()
        path = Path("runs") / recipe / f"{name}-{job or time.strftime('%Y%m%d-%H%M%S')}"
        # Several runs may begin within a second.
        others = (path.with_name(f"{path.name}-{number}") for number in count(2))
        if workers > 1 and not (options.out or job):
            raise BadInput(f"All workers need the same run folder: name it (--out). Received: {workers} workers")
        path = options.out or (path if job else next(each for each in chain([path], others) if not each.exists()))
        run = cls(path, config={**flattened(config), "workers": workers}, fresh=options.fresh)
        run._config, run.looks = config, options.look
        run.precision = run._precision_before() or options.precision
        if options.resume and not run.is_resumed and distribute.is_chief():
            raise BadInput(f"The folder holds no unfinished run: leave out --resume. Received: {str(path)!r}")
        if run.is_resumed:
            print(f"Going on with the unfinished run in {path}")
        return run

    def _precision_before(self) -> Precision | None:
        """What auto was when the run began: on another machine, or measured again, it might be something else."""
        with contextlib.suppress(BadInput):
            before = load_config(self.path).get("precision") if self.is_resumed else None
            return before if before in get_args(Precision) else None
        return None

    @property
    def command(self) -> str:
        """What to type to go on with this run."""
        is_named = any(each == "--out" or each.startswith("--out=") for each in sys.argv)
        return typed() if is_named else f"{typed()} {shlex.join(['--out', str(self._shared)])}"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints, for `callbacks.Resume`; one folder in it for each fit."""
        return self._shared / "checkpoints"

    @cached_property
    def logs(self) -> Path:
        """Folder of the TensorBoard logs; made when it is first needed, which makes the run folder this run's own.

        Raises:
            BadInput: Another run, which also found the run folder empty, was faster.
        """
        # Not in the constructor: after bad input the folder is still empty, and the fixed command can use it.
        logs = self.path / "logs"
        try:
            logs.mkdir(exist_ok=self.is_resumed)
        except FileExistsError as error:
            raise BadInput(
                f"Another run has begun to write here: choose another folder (--out). Received: {str(self.path)!r}"
            ) from error
        if not self.is_resumed:
            self._lock(logs)
        return logs

    def _check_same(self, now: Mapping[str, Any]) -> None:
        """Raises unless the unfinished run has the same options."""
        try:
            before = {"workers": 1, **json.loads((self.checkpoints / OPTIONS).read_text("utf-8"))}
        except (ValueError, TypeError, RecursionError) as error:
            raise BadInput(
                f"The options of the unfinished run are damaged: begin it anew (--fresh). Received: {str(self.path)!r}"
            ) from error
        shown = [
            f"{name} {before.get(name, 'not set')!r} there and {value!r} here"
            for name, value in now.items()
            if name not in OF_THE_START and (name not in before or before[name] != value)
        ]
        if shown:
            raise BadInput(
                "The folder holds an unfinished run with other options: use these again, begin it anew (--fresh), or "
                f"choose another folder (--out). Received: {', '.join(shown)}, {str(self.path)!r}"
            )

    @property
    def _is_of_this_job(self) -> bool:
        """Whether the unfinished run was begun by the job that now starts its workers again."""
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            before = dict(json.loads((self.checkpoints / OPTIONS).read_text("utf-8"))).get("job")
            return before is not None and before == os.environ.get(_JOB)
        return False

    def _lock(self, logs: Path) -> None:
        """Keeps other processes from this run while this one lives."""
        if fcntl is None or not logs.is_dir():
            return
        descriptor = os.open(logs, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            if logs.resolve() not in _LOCKED:
                raise BadInput(
                    "Another process is writing this run: choose another folder (--out), or end that process. "
                    f"Received: {str(self.path)!r}"
                ) from error
            return
        self._descriptor = descriptor
        _LOCKED.add(logs.resolve())

    def _mark_unfinished(self, options: Mapping[str, Any]) -> None:
        with self._writing(UNFINISHED) as temporary:
            said = f"This run is not finished. To go on with it:\n\n  {self.command}\n\nTo begin anew, add --fresh.\n"
            # File names may not be UTF-8.
            temporary.write_bytes(said.encode("utf-8", "surrogateescape"))
        self.checkpoints.mkdir(exist_ok=True)
        self._write_json(f"{self.checkpoints.name}/{OPTIONS}", {**options, "job": os.environ.get(_JOB)})

    def _move_away(self) -> None:
        """Renames the folder of the unfinished run: nothing is lost."""
        path = self.path.resolve()
        others = (path.with_name(f"{path.name}-before-{number}") for number in count(1))
        before = next(each for each in others if not each.exists())
        path.rename(before)
        print(f"The unfinished run is kept in {before}")

    @cached_property
    def _writer(self) -> Any:
        return tf.summary.create_file_writer(str(self.logs))

    def write_config(self, config: Any) -> None:
        """Writes config.json, the same table to TensorBoard's Text tab, and a row of its HParams tab.

        Args:
            config: A mapping, or a dataclass, which is flattened.
        """
        values = dict(config) if isinstance(config, Mapping) else flattened(config)
        # First, so that a run that is broken off at any moment says what it is.
        if self._options is not None and distribute.is_chief():
            self._mark_unfinished(self._options)
        self._write_json("config.json", values)
        rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
        with self._writer.as_default(step=0):
            tf.summary.text("config", f"| option | value |\n| --- | --- |\n{rows}".encode("utf-8", "replace"))
        self._writer.flush()
        tensorboard.write_options(self.logs, {name: values[name] for name in values if name not in OF_THE_START})

    def save_figure(self, name: str, figure: Figure) -> None:
        """Writes `name`.png, and the same image to TensorBoard's Images tab."""
        if not distribute.is_chief():
            return  # drawing takes long
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
            heading = b"--- epoch %d ---\n" % step
            # A run that goes on may come to an epoch again.
            content = before.partition(heading)[0] + heading + content
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

    def save_history(self, stage: str, history: Mapping[str, Sequence[float]]) -> None:
        """Writes the metrics of a stage's epochs into history.csv, beside those of other stages.

        Args:
            stage: Its name; rows of an earlier stage with this name are replaced.
            history: What `fit` returns as `history`.
        """
        before = {}
        # A damaged file must not end a run.
        with contextlib.suppress(BadInput):
            before = read_history(self.path / HISTORY)
        with self._writing(HISTORY) as temporary:
            write_history(temporary, {**before, stage: history})

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
        """Writes metrics.json and report.html, and prints the metrics with the paths of the results.

        In metrics.json numbers that are not finite are null.

        Args:
            valid: Metrics on validation data: accuracy, loss, rmse, mae, perplexity, whichever apply.
            train_seconds: Duration of `fit`.
            warning: A sentence if the model is worse than a constant or naive prediction, such as
                `interpret.Classification.warning`; printed and written, too.
            **more: Anything else worth reporting; `intervals`, by metric, stand beside the metrics.

        Raises:
            ModuleNotFoundError: rich is not installed.
        """
        if not distribute.is_chief():
            distribute.largest_of_workers([0])  # waits for the chief, which would report its loss
            return
        console, table_of = import_optional("rich.console"), import_optional("rich.table")
        warnings = {"warning": warning} if warning else {}
        metrics = {"valid": dict(valid), "train_seconds": train_seconds, **more}
        self._write_json("metrics.json", {**metrics, **warnings})
        self._write_json(ABOUT, about(self._config))
        tensorboard.write_result(self.logs, {**valid, "train_seconds": train_seconds, **more})
        (self.path / UNFINISHED).unlink(missing_ok=True)
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        intervals = more.pop("intervals", {})
        rows = {f"validation {name}": readable(name, value, intervals.get(name)) for name, value in valid.items()}
        rows |= {name.replace("_", " "): readable(name, each, intervals.get(name)) for name, each in more.items()}
        table = table_of.Table(show_header=False, box=None, padding=(0, 2))
        for name, value in {**rows, "training time": f"{train_seconds:.1f} s"}.items():
            table.add_row(f"[bold]{name}[/bold]", value)
        console.Console().print(table)
        if warning:
            print(f"  warning: {warning}")
        self.save_page("report", report(self.path))
        # Not in the table: it would wrap long paths.
        model = repr(str(self.path / "model.keras"))
        print(
            f"  model and figures    {self.path}\n"
            f"  report               {self.path / 'report.html'}\n"
            f"  in Python            import kerasdl, keras; model = keras.models.load_model({model})\n"
            f"  TensorBoard          tensorboard --logdir {self.logs}"
        )
        distribute.largest_of_workers([0])

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


def _finite(values: Any) -> Any:
    """The values with None for numbers that JSON does not have."""
    if isinstance(values, Mapping):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    values = values.item() if isinstance(values, np.generic) else values
    return None if isinstance(values, float) and not np.isfinite(values) else values


def _folder_of_worker(shared: Path) -> Path:
    """A temporary folder, the same whenever this worker of a job starts: nothing is left of one that was killed."""
    job = os.environ.get(_JOB) or os.environ["TF_CONFIG"]
    name = hashlib.sha256(f"{job} {shared.absolute()} {distribute.worker()}".encode()).hexdigest()
    path = Path(tempfile.gettempdir()) / f"kerasdl-{name[:16]}"
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(mode=0o700)
    except OSError as error:
        raise BadInput(f"The worker's folder cannot be created ({error.strerror}). Received: '{path}'") from error
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
