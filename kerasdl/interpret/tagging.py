"""Evaluation of a classifier whose samples have any number of tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from kerasdl.interpret.classification import SMALLEST
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.per_class import ClassScores, tag_scores
from kerasdl.interpret.probability_scores import ProbabilityScores
from kerasdl.interpret.showing import counted, html, summary
from kerasdl.outputs import Outputs, class_outputs, only_output

MOST_TAGS_IN_HTML = 20


@dataclass(frozen=True, repr=False)
class Tagging(ProbabilityScores):
    """Predictions of a classifier with the true tags; a tag is predicted if its probability is above 0.5.

    Attributes:
        logits: float (count, classes).
        targets: 0 or 1 (count, classes): which tags a sample has.
        classes: Names of the tags.

    Raises:
        ValueError: Shapes do not match, or a target is neither 0 nor 1.

    Example:
        >>> found = Tagging(np.array([[2.0, -1.0], [-3.0, 1.0]]), np.array([[1, 0], [1, 1]]), ["drama", "western"])
        >>> found.accuracy, found.f1
        (0.75, 0.8)
        >>> [(each.name, each.precision, each.recall, each.samples) for each in found.per_tag]
        [('drama', 1.0, 0.5, 2), ('western', 1.0, 1.0, 1)]
    """

    logits: np.ndarray
    targets: np.ndarray
    classes: Sequence[str]

    def __post_init__(self) -> None:
        if not self.logits.shape == self.targets.shape == (len(self.targets), len(self.classes)):
            raise ValueError(
                "Logits and targets must be (samples, classes). "
                f"Received: {self.logits.shape} and {self.targets.shape} for {len(self.classes)} classes"
            )
        if others := np.setdiff1d(self.targets, (0, 1)).tolist():
            raise ValueError(f"Targets must be 0 or 1 for each tag. Received: {others[0]}")

    @classmethod
    def of(
        cls, model: keras.Model, dataset: Any, classes: Sequence[str], *, outputs: Outputs | None = None
    ) -> "Tagging":
        """Predict a dataset.

        The loss is that of `model.evaluate` with BinaryCrossentropy, without sample weights, label smoothing and
        regularization.

        Args:
            model: Returns a logit or a probability for each tag (batch, classes).
            dataset: Batches of (inputs, labels), labels 0 or 1 (batch, classes).
            classes: Names of the tags.
            outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

        Raises:
            ValueError: Several outputs; it is unknown what the outputs are, or the last layer and the loss contradict
                each other, or are those of classes that exclude each other; outputs that are no probabilities.

        Example:
            >>> batches = [(tokens.document(0)[None], np.array([[1, 0]]))]
            >>> Tagging.of(model, batches, ["drama", "western"]).loss
        """
        kind, pairs = None, []
        for inputs, labels, *_ in dataset:
            predicted = only_output(model, model.predict_on_batch(inputs))
            kind = kind or class_outputs(model, predicted.shape[-1], outputs, tags=True)
            pairs.append((predicted, np.asarray(labels)))
        predicted, targets = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        return cls(predicted.astype(np.float64) if kind == "logits" else _logits(predicted), targets, classes)

    def __repr__(self) -> str:
        return summary(self, counted(len(self.targets), "sample"), counted(len(self.classes), "tag"))

    def _repr_html_(self) -> str:
        from kerasdl import plots

        def hardest() -> plots.Figure:
            few = dict(list(self.tag_losses.items())[:MOST_TAGS_IN_HTML])
            return plots.bars(few, "mean loss (nats)", "Hardest tags")

        return html(self, hardest)

    @property
    def log_probabilities(self) -> np.ndarray:
        """Natural logarithms of the predicted probabilities (count, classes)."""
        return -np.logaddexp(0, -self.logits)

    @property
    def probabilities(self) -> np.ndarray:
        """Predicted probability of each tag (count, classes)."""
        return np.exp(self.log_probabilities)

    @property
    def predictions(self) -> np.ndarray:
        """Whether a tag is predicted, bool (count, classes)."""
        return self.logits > 0

    @property
    def losses(self) -> np.ndarray:
        """Binary cross-entropy of each sample in nats, the mean over its tags (count,)."""
        return self._all_losses.mean(axis=1)

    @property
    def loss(self) -> float:
        """Mean binary cross-entropy in nats."""
        return float(self._all_losses.mean())

    @property
    def tag_losses(self) -> dict[str, float]:
        """Mean binary cross-entropy of each tag, the highest first."""
        means = zip(self.classes, self._all_losses.mean(axis=0).tolist(), strict=True)
        return dict(sorted(means, key=lambda pair: -pair[1]))

    @property
    def accuracy(self) -> float:
        """Fraction of the single tags, of all samples, that are predicted as they are."""
        return float((self.predictions == self.targets).mean())

    @property
    def f1(self) -> float:
        """F1 of all single tags together (micro average), by scikit-learn.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return tag_scores(self.targets.reshape(-1, 1), self.predictions.reshape(-1, 1), ("any",))[0].f1

    @property
    def f1_macro(self) -> float:
        """Mean of the F1 of the tags, by scikit-learn; 0 for a tag that no sample has.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return float(np.mean([each.f1 for each in self.per_tag]))

    @property
    def per_tag(self) -> list[ClassScores]:
        """Precision, recall, F1 and number of samples of each tag, by scikit-learn.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return tag_scores(self.targets, self.predictions, self.classes)

    @property
    def scores(self) -> dict[str, float]:
        """Accuracy of the single tags and loss by name, as in the metrics.json of a run folder."""
        return {"accuracy": self.accuracy, "loss": self.loss}

    @property
    def warning(self) -> str:
        """A sentence if the model is no better than the share of samples that have each tag; otherwise empty."""
        if missing := not_finite(self):
            return missing
        shares = np.clip(self.targets.mean(axis=0), SMALLEST, 1 - np.finfo(np.float64).eps)
        guess = float(-(shares * np.log(shares) + (1 - shares) * np.log1p(-shares)).mean())
        if self.loss < guess:
            return ""
        return (
            "The model is no better than always predicting how frequent each tag is: "
            f"loss {self.loss:.4g} instead of {guess:.4g}."
        )

    def top_losses(self, count: int = 9) -> np.ndarray:
        """Indices of the samples with the highest loss, highest first."""
        return np.argsort(-self.losses, kind="stable")[:count]

    def caption(self, index: int) -> str:
        """Title for a sample: "predicted drama, western; actual drama; loss 1.24"."""
        predicted, actual = self.names(self.predictions[index]), self.names(self.targets[index])
        return f"predicted {predicted}; actual {actual}; loss {self.losses[index]:.2f}"

    def names(self, chosen: np.ndarray) -> str:
        """The names of the tags that are chosen (classes,): "drama, western", or "none"."""
        return ", ".join(self.classes[place] for place in np.flatnonzero(chosen)) or "none"

    @property
    def _confidences(self) -> tuple[np.ndarray, np.ndarray]:
        return self.probabilities.ravel(), self.targets.ravel()

    @property
    def _against_the_rest(self) -> tuple[np.ndarray, np.ndarray, Sequence[str]]:
        return self.probabilities, self.targets.astype(bool), self.classes

    @property
    def _all_losses(self) -> np.ndarray:
        # Infinity less infinity is NaN, as it should be.
        with np.errstate(invalid="ignore"):
            return np.logaddexp(0, self.logits) - self.targets * self.logits


def _logits(predicted: np.ndarray) -> np.ndarray:
    """The logits of probabilities, within what their precision tells.

    Raises:
        ValueError: The values are no probabilities.
    """
    if (predicted < 0).any() or (predicted > 1).any():
        raise ValueError(
            "The outputs must be probabilities, from 0 to 1. "
            f"Received: {float(predicted.min()):.4g} to {float(predicted.max()):.4g}"
        )
    smallest = keras.config.epsilon() if predicted.dtype.itemsize < 4 else SMALLEST
    probabilities = predicted.astype(np.float64)
    others = np.where(probabilities < 1, 1 - probabilities, keras.config.epsilon())
    return np.log(np.maximum(probabilities, smallest)) - np.log(others)
