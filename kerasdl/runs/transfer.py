"""Transfer learning in a recipe: which weights, the new head first, then the layer groups."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
from kerasdl import distribute, groups, models
from kerasdl.data import features
from kerasdl.errors import BadInput


@dataclass(frozen=True)
class Transfer:
    """Options of transfer learning.

    Example:
        >>> options = Transfer(weights="imagenet", head_epochs=5, precompute=True)
    """

    weights: str = "none"
    """Pretrained weights: imagenet, a file (see --preprocess), or an earlier run, whose network is used again."""
    head_epochs: int | None = None
    """With pretrained weights: epochs of the new head alone, before the whole network; by default 1."""
    precompute: bool = False
    """Train the head on features that are computed once: much faster, but without augmentation."""
    unfreeze_every: int = 0
    """With pretrained weights: epochs until one more layer group is unfrozen; 0 trains the whole network at once."""

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in ("head_epochs", "precompute", "unfreeze_every")}
        if min(self.head_epochs or 0, self.unfreeze_every) < 0:
            raise BadInput(f"Numbers of epochs must not be negative. Received: {given}")
        if any(given.values()) and not self.is_pretrained:
            raise BadInput(f"These options need pretrained weights (--weights). Received: {given}")
        if self.precompute and self.head_epochs == 0:
            raise BadInput(f"Precomputed features need epochs of the head (--head-epochs). Received: {given}")

    @property
    def is_pretrained(self) -> bool:
        """Whether the network starts from pretrained weights."""
        return self.weights != "none"

    @property
    def origin(self) -> Literal["run", "file", ""]:
        """Where the weights come from: the folder of a "run", a "file", or "" for none, imagenet or an unknown path."""
        if self.weights in ("none", "imagenet"):
            return ""
        path = Path(self.weights)
        return "run" if path.is_dir() else "file" if path.is_file() else ""

    @property
    def epochs_of_head(self) -> int:
        """Epochs of the head alone."""
        return int(self.is_pretrained) if self.head_epochs is None else self.head_epochs

    def unfreeze_at(self, model: keras.Model, epochs: int) -> list[int]:
        """The epochs at which one more layer group is unfrozen; empty if all train from the start.

        Raises:
            BadInput: Too few epochs to unfreeze all groups.
        """
        waiting = len(groups.layer_groups(model)) - 1 if self.unfreeze_every else 0
        if epochs <= waiting * self.unfreeze_every:
            raise BadInput(
                f"The last of {waiting} groups is unfrozen after {waiting * self.unfreeze_every} epochs: use more "
                f"(--epochs). Received: epochs={epochs}, unfreeze_every={self.unfreeze_every}"
            )
        return [self.unfreeze_every * (index + 1) for index in range(waiting)]


@contextmanager
def frozen_body(model: keras.Model, data: Any, *, precompute: bool) -> Iterator[tuple[keras.Model, Any]]:
    """While the body of a network is frozen: the model that trains its head, and the data for it.

    Args:
        model: A network whose last layer group is its head.
        data: The images.
        precompute: Whether the head trains on precomputed features instead of behind its body.

    Yields:
        The head and its features, or the whole model and `data`.

    Example:
        >>> with frozen_body(model, data, precompute=True) as (head, features):
        ...     head.compile("adam", data.loss)
        ...     head.fit(features.train, shuffle=False)
    """
    *body_layers, _ = groups.layer_groups(model).values()
    learner, seen = model, data
    if precompute:
        # Outside of the scope: each worker computes all features, with or without a cache.
        body, _ = models.split_head(model)
        with distribute.strategy().scope():
            _, learner = models.split_head(model)
        seen = features.precompute(body, data)
    with groups.frozen([layer for layers in body_layers for layer in layers]):
        yield learner, seen
