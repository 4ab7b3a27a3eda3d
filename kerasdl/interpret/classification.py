"""What a classifier gets right, what it confuses, and where it is most wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class Classification:
    """Predictions of a classifier beside the truth.

    Attributes:
        logits: float (count, classes).
        targets: Integers (count,), indices into `classes`.
        classes: Class names.

    Raises:
        ValueError: Shapes or targets that do not fit.

    Example:
        >>> found = Classification.of(model, pets.valid, pets.classes)
        >>> found.accuracy, found.most_confused()
        (0.97, [('cat', 'dog', 4), ('dog', 'cat', 2)])
    """

    logits: np.ndarray
    targets: np.ndarray
    classes: Sequence[str]

    def __post_init__(self) -> None:
        if self.logits.shape != (len(self.targets), len(self.classes)):
            raise ValueError(
                "Logits must be (samples, classes). "
                f"Received: {self.logits.shape} for {len(self.targets)} targets and {len(self.classes)} classes"
            )
        if len(self.targets) and not 0 <= self.targets.min() <= self.targets.max() < len(self.classes):
            raise ValueError(
                f"Targets must be indices into the {len(self.classes)} classes. "
                f"Received: {self.targets.min()}..{self.targets.max()}"
            )

    @classmethod
    def of(cls, model: keras.Model, dataset: Any, classes: Sequence[str]) -> "Classification":
        """Runs `model`, which returns logits, over `dataset`, batches of (inputs, integer or one-hot labels)."""
        pairs = [(model.predict_on_batch(inputs), np.asarray(labels)) for inputs, labels in dataset]
        logits, targets = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        if targets.ndim == 2:
            if targets.shape[1] != len(classes) or not np.allclose(targets.sum(axis=1), 1):
                raise ValueError(
                    "Each sample must be of one class: tags and numbers are no classes. "
                    f"Received: targets {targets.shape} for {len(classes)} classes"
                )
            targets = targets.argmax(axis=1)
        return cls(logits.astype(np.float64), targets, classes)

    @classmethod
    def of_views(
        cls,
        model: keras.Model,
        dataset: Any,
        views: Sequence[Any],
        classes: Sequence[str],
        *,
        plain_share: float = 0.25,
    ) -> "Classification":
        """Test-time augmentation (Krizhevsky et al., NeurIPS 2012): probabilities averaged over views of each sample.

        Args:
            model: Returns logits.
            dataset: The samples as they are, batches of (inputs, labels).
            views: The same samples in the same order, augmented, as from `Images.views`.
            classes: Class names.
            plain_share: How much the samples as they are count; 0.25 is fastai's.

        Returns:
            Predictions whose logits are logarithms of the averaged probabilities.

        Raises:
            ValueError: No views, views of other samples, or a share outside 0..1.

        Example:
            >>> Classification.of_views(model, pets.valid, pets.views(4), pets.classes).accuracy
        """
        if not views or not 0 <= plain_share <= 1:
            raise ValueError(
                f"One view at least, and a share from 0 to 1. Received: {len(views)} views, plain_share={plain_share}"
            )
        plain, *seen = (cls.of(model, each, classes) for each in (dataset, *views))
        if any(not np.array_equal(plain.targets, each.targets) for each in seen):
            raise ValueError("The views must show the samples in their order. Received: other labels in a view")
        averaged = np.mean([each.probabilities for each in seen], axis=0)
        shares = plain_share * plain.probabilities + (1 - plain_share) * averaged
        return cls(np.log(np.maximum(shares, np.finfo(np.float64).tiny)), plain.targets, classes)

    @cached_property
    def log_probabilities(self) -> np.ndarray:
        """Natural logarithms of the predicted probabilities (count, classes)."""
        shifted = self.logits - self.logits.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    @property
    def probabilities(self) -> np.ndarray:
        """Predicted probabilities (count, classes)."""
        return np.exp(self.log_probabilities)

    @property
    def predictions(self) -> np.ndarray:
        """The likeliest class of every sample (count,)."""
        return self.logits.argmax(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """Cross-entropy of every sample in nats (count,)."""
        return -self.log_probabilities[np.arange(len(self.targets)), self.targets]

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        """Share of samples whose likeliest class is the true one."""
        return float((self.predictions == self.targets).mean())

    @property
    def scores(self) -> dict[str, float]:
        """Accuracy and loss by name, as a run folder's metrics.json has them."""
        return {"accuracy": self.accuracy, "loss": self.loss}

    @property
    def confusion(self) -> np.ndarray:
        """Counts (classes, classes): rows are true, columns predicted."""
        counts = np.zeros((len(self.classes), len(self.classes)), int)
        np.add.at(counts, (self.targets, self.predictions), 1)
        return counts

    def most_confused(self, at_least: int = 1) -> list[tuple[str, str, int]]:
        """Pairs (true class, predicted class, count) of mistakes, most frequent first."""
        pairs = [
            (self.classes[true], self.classes[predicted], int(count))
            for (true, predicted), count in np.ndenumerate(self.confusion)
            if true != predicted and count >= at_least
        ]
        return sorted(pairs, key=lambda pair: -pair[2])

    def top_losses(self, count: int = 9) -> np.ndarray:
        """Indices of the samples with the highest loss, worst first."""
        return np.argsort(-self.losses, kind="stable")[:count]

    def caption(self, index: int) -> str:
        """What happened to a sample, for the title of its picture: "cat taken for dog: 1.24", truth, guess and loss."""
        truth, guess = self.classes[self.targets[index]], self.classes[self.predictions[index]]
        return f"{truth} taken for {guess}: {self.losses[index]:.2f}"


def samples(dataset: Any, indices: Sequence[int]) -> np.ndarray:
    """The inputs at `indices` of a dataset of batches (inputs, labels) that always gives the same order.

    Example:
        >>> samples(pets.valid, found.top_losses(9)).shape
        (9, 128, 128, 3)
    """
    wanted, found, seen = {int(index) for index in indices}, {}, 0
    for inputs, _ in dataset:
        for place in range(len(inputs)):
            if seen + place in wanted:
                found[seen + place] = np.asarray(inputs[place])
        seen += len(inputs)
        if len(found) == len(wanted):
            break
    if missing := sorted(wanted - set(found)):
        raise ValueError(f"The dataset holds {seen} samples. Received: indices {missing}")
    return np.stack([found[int(index)] for index in indices])
