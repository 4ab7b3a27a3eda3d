"""The files of a run's folder, as a report reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasdl.errors import BadInput
from kerasdl.runs.about import ABOUT
from kerasdl.runs.history import HISTORY, History, read_history

# Says how to go on with a run that was broken off.
UNFINISHED = "UNFINISHED.txt"


@dataclass(frozen=True)
class RunFiles:
    """What a run has written, finished or not.

    Attributes:
        path: Its folder.
        config: Options, and facts on devices and data.
        metrics: Of metrics.json.
        about: Of about.json.
        history: The metrics of every epoch, by stage.

    Example:
        >>> RunFiles.of(Path("runs/small")).config["epochs"]
        2
    """

    path: Path
    config: Mapping[str, Any]
    metrics: Mapping[str, Any]
    about: Mapping[str, Any]
    history: History

    @classmethod
    def of(cls, path: Path) -> "RunFiles":
        """Reads the folder.

        Raises:
            BadInput: It is no run's, or a file is damaged.
        """
        if not any((path / name).is_file() for name in ("config.json", "metrics.json")):
            raise BadInput(
                f"The folder has neither config.json nor metrics.json: choose that of a run. Received: {str(path)!r}"
            )
        config, metrics, about = (_json(path / name) for name in ("config.json", "metrics.json", ABOUT))
        return cls(path, config, metrics, about, read_history(path / HISTORY))

    @property
    def valid(self) -> dict[str, float]:
        """The metrics on validation data that are numbers."""
        return _numbers(self.metrics.get("valid"))

    @property
    def more(self) -> dict[str, Any]:
        """What metrics.json has besides validation metrics, intervals, duration and warning."""
        own = {"valid", "intervals", "train_seconds", "warning"}
        return {name: value for name, value in self.metrics.items() if name not in own}

    @property
    def seconds(self) -> float | None:
        """Duration of the training."""
        return _numbers(self.metrics).get("train_seconds")

    def interval(self, name: str) -> tuple[float, float] | None:
        """The interval of a metric, if metrics.json has one."""
        intervals = self.metrics.get("intervals")
        found = intervals.get(name) if isinstance(intervals, Mapping) else None
        ends = list(_numbers(dict(enumerate(found))).values()) if isinstance(found, list) else []
        return (ends[0], ends[1]) if len(ends) == 2 else None

    @cached_property
    def files(self) -> list[Path]:
        """All files in the folder itself. Links are left out: they may lead to what is no part of the run."""
        return sorted(each for each in self.path.iterdir() if each.is_file() and not each.is_symlink())

    def of_kind(self, suffix: str) -> list[Path]:
        """The files with this suffix.

        Example:
            >>> [each.name for each in RunFiles.of(Path("runs/small")).of_kind(".keras")]
            ['model.keras']
        """
        return [each for each in self.files if each.suffix == suffix]


def _numbers(values: Any) -> dict[str, float]:
    found = values.items() if isinstance(values, Mapping) else ()
    return {name: value for name, value in found if isinstance(value, int | float) and not isinstance(value, bool)}


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput(f"The file is damaged, or no table: restore it, or remove it. Received: {str(file)!r}")
    return found
