"""A run that answers questions: its model, and what its folder says about it."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import keras
from kerasdl import export, runs
from kerasdl.errors import BadInput

Runtime = Literal["keras", "onnx", "saved_model"]
# What recipes/export.py writes into a run.
_EXPORTS: dict[Runtime, str] = {"onnx": "export/onnx/model.onnx", "saved_model": "export/saved_model"}
# Names of the last layer of a classifier.
_CLASSES = ("class_names", "tag_names")


@dataclass(frozen=True, eq=False)
class Trained:
    """A run that answers questions.

    Attributes:
        path: Its folder.
        model: Its model, of raw inputs.
        config: Its options, and facts on its data.
        kind: What the model takes.
        run: What computes: the model, traced once, or what was exported of it.

    Example:
        >>> Trained.of(Path("runs/pets")).kind
        'images'
    """

    path: Path
    model: keras.Model
    config: dict[str, Any]
    kind: runs.Kind
    run: export.Run

    @classmethod
    def of(cls, path: Path, runtime: Runtime = "keras") -> "Trained":
        """Loads the run.

        Args:
            path: Its folder.
            runtime: What computes.

        Raises:
            BadInput: As for `runs.load_run`, `runs.load_config`, `runs.kind_of` and `export.raw_runtime`; or the run
                was not exported for the runtime.
            ModuleNotFoundError: The runtime is not installed.
        """
        model = runs.load_run(path)
        kind, last = runs.kind_of(model), model.layers[-1].name
        if kind != "series" and last not in (*_CLASSES, "target_names"):
            raise BadInput(
                "Classifiers, tables and forecasts answer. A language model writes texts, by "
                f"data.text.generate. Received: {model.name!r}"
            )
        config, exported = runs.load_config(path), path / _EXPORTS[runtime] if runtime in _EXPORTS else None
        if exported and not exported.exists():
            raise BadInput(
                f"The run was not exported: python recipes/export.py {path} --to {runtime}. Received: {str(exported)!r}"
            )
        # The other half reads requests and writes answers.
        threads = max((os.cpu_count() or 1) // 2, 1)
        return cls(path, model, config, kind, export.raw_runtime(model, exported, threads=threads))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes or tags; none of a model that predicts numbers."""
        return export.class_names(self.model) if self.model.layers[-1].name in _CLASSES else ()

    @cached_property
    def has_members(self) -> bool:
        """Whether it is an ensemble of a table, whose members may differ."""
        try:
            return self.kind == "table" and export.members(self.model) is not None
        except BadInput:
            return False
