"""Evaluation of a classifier: accuracy, confusions and the samples with the highest loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from kerasdl.deprecation import RenamedAttribute, renamed_arguments


@dataclass(frozen=True)
class Classification:
    """Predictions of a classifier with the true classes.

    Attributes:
        logits: float (count, classes).
        targets: Integers (count,), indices into `classes`.
        classes: Class names.

    Raises:
        ValueError: Shapes do not match, or a target is no index into `classes`.

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
        """Predict a dataset.

        Args:
            model: Returns logits.
            dataset: Batches of (inputs, labels), labels as integers or one-hot.
            classes: Class names.

        Raises:
            ValueError: Labels that are not one class per sample.

        Example:
            >>> Classification.of(model, pets.valid, pets.classes).accuracy
        """
        pairs = [(model.predict_on_batch(inputs), np.asarray(labels)) for inputs, labels in dataset]
        logits, targets = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        if targets.ndim == 2:
            if targets.shape[1] != len(classes) or not np.allclose(targets.sum(axis=1), 1):
                raise ValueError(
                    "Each sample must have exactly one class; multi-label and regression targets are not supported. "
                    f"Received: targets {targets.shape} for {len(classes)} classes"
                )
            targets = targets.argmax(axis=1)
        return cls(logits.astype(np.float64), targets, classes)

    @classmethod
    @renamed_arguments(views="augmented")
    def of_test_time_augmentation(
        cls,
        model: keras.Model,
        dataset: Any,
        augmented: Sequence[Any],
        classes: Sequence[str],
        *,
        plain_share: float = 0.25,
    ) -> "Classification":
        """Predict with test-time augmentation (Krizhevsky et al., NeurIPS 2012).

        The predicted probabilities of the augmented copies of each sample are averaged.

        Args:
            model: Returns logits.
            dataset: The samples without augmentation: batches of (inputs, labels).
            augmented: Augmented copies of `dataset`, in the same order, as from `Images.test_time_augmentation`.
            classes: Class names.
            plain_share: Weight of the prediction without augmentation, from 0 to 1; 0.25 is fastai's.

        Returns:
            Predictions whose logits are the logarithms of the averaged probabilities.

        Raises:
            ValueError: No augmented copies, copies with other labels, or `plain_share` outside 0..1.

        Example:
            >>> augmented = pets.test_time_augmentation(4)
            >>> Classification.of_test_time_augmentation(model, pets.valid, augmented, pets.classes).accuracy
        """
        if not augmented or not 0 <= plain_share <= 1:
            raise ValueError(
                "Give at least one augmented copy, and plain_share from 0 to 1. "
                f"Received: {len(augmented)} copies, plain_share={plain_share}"
            )
        plain, *copies = (cls.of(model, each, classes) for each in (dataset, *augmented))
        if any(not np.array_equal(plain.targets, each.targets) for each in copies):
            raise ValueError(
                "Augmented copies must have the same samples in the same order. Received: a copy with other labels"
            )
        averaged = np.mean([each.probabilities for each in copies], axis=0)
        probabilities = plain_share * plain.probabilities + (1 - plain_share) * averaged
        return cls(np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)), plain.targets, classes)

    of_views = RenamedAttribute("of_test_time_augmentation")

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
        """Most probable class of each sample (count,)."""
        return self.logits.argmax(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """Cross-entropy of each sample in nats (count,)."""
        return -self.log_probabilities[np.arange(len(self.targets)), self.targets]

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        """Fraction of samples whose most probable class is the true class."""
        return float((self.predictions == self.targets).mean())

    @property
    def scores(self) -> dict[str, float]:
        """Accuracy and loss by name, as in the metrics.json of a run folder."""
        return {"accuracy": self.accuracy, "loss": self.loss}

    @property
    def warning(self) -> str:
        """A sentence if the model is worse than always predicting the most frequent class; otherwise empty."""
        guess = float(np.bincount(self.targets, minlength=1).max() / max(len(self.targets), 1))
        if self.accuracy >= guess:
            return ""
        return (
            f"The model is worse than always predicting the most frequent class: accuracy {self.accuracy:.2%} instead "
            f"of {guess:.2%}."
        )

    @property
    def confusion(self) -> np.ndarray:
        """Confusion matrix of counts (classes, classes): rows are true classes, columns predicted classes."""
        counts = np.zeros((len(self.classes), len(self.classes)), int)
        np.add.at(counts, (self.targets, self.predictions), 1)
        return counts

    def most_confused(self, at_least: int = 1) -> list[tuple[str, str, int]]:
        """Misclassifications as (true class, predicted class, count), most frequent first."""
        pairs = [
            (self.classes[true], self.classes[predicted], int(count))
            for (true, predicted), count in np.ndenumerate(self.confusion)
            if true != predicted and count >= at_least
        ]
        return sorted(pairs, key=lambda pair: -pair[2])

    def top_losses(self, count: int = 9) -> np.ndarray:
        """Indices of the samples with the highest loss, highest first."""
        return np.argsort(-self.losses, kind="stable")[:count]

    def caption(self, index: int) -> str:
        """Title for the image of a sample: "predicted dog, actual cat, loss 1.24"."""
        actual, predicted = self.classes[self.targets[index]], self.classes[self.predictions[index]]
        return f"predicted {predicted}, actual {actual}, loss {self.losses[index]:.2f}"


def samples(dataset: Any, indices: Sequence[int]) -> np.ndarray:
    """Inputs at the given indices of a dataset.

    Args:
        dataset: Batches of (inputs, labels), always in the same order.
        indices: Sample indices, from 0.

    Returns:
        Array (len(indices), ...), in the order of `indices`.

    Raises:
        ValueError: An index beyond the end of the dataset.

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
        raise ValueError(f"The dataset has {seen} samples. Received: indices {missing}")
    return np.stack([found[int(index)] for index in indices])
