"""A run that answers questions: its model, and what its folder says about it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
from kerasdl import export, runs
from kerasdl.errors import BadInput

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
    """

    path: Path
    model: keras.Model
    config: dict[str, Any]
    kind: runs.Kind

    @classmethod
    def of(cls, path: Path) -> "Trained":
        """Loads the run.

        Raises:
            BadInput: As for `runs.load_run`, `runs.load_config` and `runs.kind_of`.
        """
        model = runs.load_run(path)
        kind, last = runs.kind_of(model), model.layers[-1].name
        if kind != "series" and last not in (*_CLASSES, "target_names"):
            raise BadInput(
                "The page asks classifiers, tables and forecasts. A language model writes texts, by "
                f"data.text.generate. Received: {model.name!r}"
            )
        return cls(path, model, runs.load_config(path), kind)

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
