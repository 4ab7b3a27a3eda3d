"""Evaluation of a classifier: accuracy, confusions and the samples with the highest loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from kerasdl.deprecation import RenamedAttribute, renamed_arguments
from kerasdl.errors import BadInput
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.per_class import ClassScores, class_scores
from kerasdl.interpret.probability_scores import ProbabilityScores
from kerasdl.interpret.showing import counted, html, summary
from kerasdl.interpret.thresholds import Thresholds
from kerasdl.optional import import_optional
from kerasdl.outputs import Outputs, class_outputs, only_output

# What the logarithm takes in place of a smaller probability.
SMALLEST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, repr=False)
class Classification(ProbabilityScores):
    """Predictions of a classifier with the true classes.

    Attributes:
        logits: float (count, classes); the logarithms of the probabilities if the model returns probabilities.
        targets: Integers (count,), indices into `classes`.
        classes: Class names.

    Raises:
        ValueError: Shapes do not match, or a target is no index into `classes`.

    Example:
        >>> found = Classification.of(model, pets.valid, pets.classes)
        >>> found.accuracy              # 0.97
        >>> found.most_confused()       # [('cat', 'dog', 4), ('dog', 'cat', 2)]
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
    def of(
        cls, model: keras.Model, dataset: Any, classes: Sequence[str], *, outputs: Outputs | None = None
    ) -> "Classification":
        """Predict a dataset.

        The loss is that of `model.evaluate`, without sample weights, label smoothing and regularization. For a softmax
        or sigmoid Keras computes it from the logits, and clips probabilities (at 1e-7) only in half precision. This
        method does the same, within the range of float32: the loss of a sample is at most 87, or 16 where a sigmoid
        is 1.

        Args:
            model: Returns logits or probabilities of the classes (batch, classes), or of the second of two (batch, 1).
            dataset: Batches of (inputs, labels), labels as integers or one-hot.
            classes: Class names.
            outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

        Raises:
            ValueError: Several outputs; labels that are not one class per sample; it is unknown what the outputs are,
                or the last layer and the loss contradict each other; outputs that are no probabilities of exclusive
                classes.

        Example:
            >>> Classification.of(model, pets.valid, pets.classes).accuracy
        """
        kind, pairs = None, []
        for inputs, labels, *_ in dataset:
            predicted = only_output(model, model.predict_on_batch(inputs))
            predicted = predicted[:, None] if predicted.ndim == 1 else predicted
            kind = kind or class_outputs(model, predicted.shape[-1], outputs)
            pairs.append((predicted, np.asarray(labels)))
        predicted, targets = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        logits = _logits(predicted) if kind == "logits" else _logarithms(predicted)
        return cls(logits, _indices(targets, len(classes)), classes)

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
        outputs: Outputs | None = None,
    ) -> "Classification":
        """Predict with test-time augmentation (Krizhevsky et al., NeurIPS 2012).

        The predicted probabilities of the augmented copies of each sample are averaged.

        Args:
            model: Returns logits or probabilities, as for `of`.
            dataset: The samples without augmentation: batches of (inputs, labels).
            augmented: Augmented copies of `dataset`, in the same order, as from `Images.test_time_augmentation`.
            classes: Class names.
            plain_share: Weight of the prediction without augmentation, from 0 to 1; 0.25 is fastai's.
            outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

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
        plain, *copies = (cls.of(model, each, classes, outputs=outputs) for each in (dataset, *augmented))
        if any(not np.array_equal(plain.targets, each.targets) for each in copies):
            raise ValueError(
                "Augmented copies must have the same samples in the same order. Received: a copy with other labels"
            )
        averaged = np.mean([each.probabilities for each in copies], axis=0)
        probabilities = plain_share * plain.probabilities + (1 - plain_share) * averaged
        return cls(np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)), plain.targets, classes)

    of_views = RenamedAttribute("of_test_time_augmentation")

    def __repr__(self) -> str:
        return summary(self, counted(len(self.targets), "sample"), counted(len(self.classes), "class", "classes"))

    def _repr_html_(self) -> str:
        from kerasdl import plots

        return html(self, lambda: plots.confusion(self.confusion, self.classes))

    @cached_property
    def log_probabilities(self) -> np.ndarray:
        """Natural logarithms of the predicted probabilities (count, classes)."""
        # Infinity less infinity is NaN, as it should be.
        with np.errstate(invalid="ignore"):
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
    def f1(self) -> float:
        """Mean of the F1 of the classes that occur, each with the same weight (macro average), by scikit-learn.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        score = import_optional("sklearn.metrics").f1_score
        return float(score(self.targets, self.predictions, average="macro", zero_division=0))

    @property
    def per_class(self) -> list[ClassScores]:
        """Precision, recall, F1 and number of samples of each class, by scikit-learn.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return class_scores(self.targets, self.predictions, self.classes)

    @property
    def thresholds(self) -> Thresholds:
        """What is right at every threshold of the probability of the second of two classes.

        Raises:
            BadInput: Other than two classes.
        """
        if len(self.classes) != 2:
            raise BadInput(
                "A threshold tells two classes apart: of several, the most probable one is predicted. "
                f"Received: {len(self.classes)} classes"
            )
        return super().thresholds

    @property
    def scores(self) -> dict[str, float]:
        """Accuracy and loss by name, as in the metrics.json of a run folder."""
        return {"accuracy": self.accuracy, "loss": self.loss}

    @property
    def warning(self) -> str:
        """A sentence if the model is worse than always predicting the most frequent class; otherwise empty."""
        if missing := not_finite(self):
            return missing
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

    @property
    def _confidences(self) -> tuple[np.ndarray, np.ndarray]:
        return self.probabilities.max(axis=1), self.predictions == self.targets

    @property
    def _against_the_rest(self) -> tuple[np.ndarray, np.ndarray, Sequence[str]]:
        shown = slice(1 if len(self.classes) == 2 else 0, None)
        truth = self.targets[:, None] == np.arange(len(self.classes))
        return self.probabilities[:, shown], truth[:, shown], self.classes[shown]


def _logits(predicted: np.ndarray) -> np.ndarray:
    """Logits of all classes; a single column is the logit of the second class, and that of the first is 0."""
    logits = predicted.astype(np.float64)
    return logits if logits.shape[1] > 1 else np.hstack([np.zeros_like(logits), logits])


def _logarithms(predicted: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities of all classes; a single column is the probability of the second class.

    Raises:
        ValueError: The values are no probabilities of exclusive classes.
    """
    is_half = predicted.dtype.itemsize < 4
    probabilities, smallest = predicted.astype(np.float64), keras.config.epsilon() if is_half else SMALLEST
    if probabilities.shape[1] == 1:
        # 1 - p has the precision of p near 1.
        others = np.where(probabilities < 1, 1 - probabilities, keras.config.epsilon())
        probabilities = np.hstack([others, probabilities])
    # Half precision rounds each probability by up to 0.4 %. NaN is not an error of the user's here.
    sums = probabilities.sum(axis=-1)
    if (probabilities < 0).any() or (np.abs(sums - 1) > 0.01).any():
        raise ValueError(
            "The outputs must be probabilities that sum to 1 over the classes. "
            f"Received: {predicted.shape[1]} columns of {float(predicted.min()):.4g} to {float(predicted.max()):.4g}, "
            f"sums of {sums.min():.4g} to {sums.max():.4g}"
        )
    return np.log(np.maximum(probabilities, smallest))


def _indices(targets: np.ndarray, classes: int) -> np.ndarray:
    """Class indices (count,) from integers (count,) or (count, 1), or from one-hot targets (count, classes)."""
    if targets.ndim == 2 and targets.shape[1] == classes and np.allclose(targets.sum(axis=1), 1):
        return targets.argmax(axis=1)
    flat = targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets
    if flat.ndim != 1 or flat.dtype.kind not in "biuf" or np.mod(flat, 1).any():
        raise ValueError(
            "Each sample must have exactly one class: use Tagging for several tags, and Regression for numbers. "
            f"Received: targets {targets.shape} for {classes} classes, of dtype {targets.dtype}"
        )
    return flat if flat.dtype.kind in "iu" else flat.astype(int)


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
        (9, 64, 64, 3)
    """
    return np.stack(rows_at(dataset, indices))


def rows_at(dataset: Any, indices: Sequence[int]) -> list[np.ndarray]:
    """Inputs at the given indices of a dataset, whose batches may differ in length.

    Raises:
        ValueError: An index beyond the end of the dataset.

    Example:
        >>> [each.shape for each in rows_at([(np.ones((2, 7)), [0, 1]), (np.ones((2, 3)), [1, 1])], [2, 0])]
        [(3,), (7,)]
    """
    wanted, found, seen = {int(index) for index in indices}, {}, 0
    for inputs, *_ in dataset:
        for place in range(len(inputs)):
            if seen + place in wanted:
                found[seen + place] = np.asarray(inputs[place])
        seen += len(inputs)
        if len(found) == len(wanted):
            break
    if missing := sorted(wanted - set(found)):
        raise ValueError(f"The dataset has {seen} samples. Received: indices {missing}")
    return [found[int(index)] for index in indices]
