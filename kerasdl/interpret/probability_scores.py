"""What the probabilities of a classifier or tagger are worth: calibration, ranking and thresholds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.calibration import Calibration, fit_temperature
from kerasdl.interpret.ranking import Curve, mean_area, precision_recall_curves, roc_curves
from kerasdl.interpret.thresholds import Thresholds

if TYPE_CHECKING:
    from kerasdl.plots import Figure


class ProbabilityScores:
    """The base of Classification and Tagging; these say which predictions there are, and which of them came true."""

    logits: np.ndarray
    targets: np.ndarray
    classes: Sequence[str]

    @property
    def losses(self) -> np.ndarray:
        """Cross-entropy of each sample in nats (count,)."""
        raise NotImplementedError

    @property
    def _confidences(self) -> tuple[np.ndarray, np.ndarray]:
        """Probability of each prediction, and whether it came true."""
        raise NotImplementedError

    @property
    def _against_the_rest(self) -> tuple[np.ndarray, np.ndarray, Sequence[str]]:
        """Columns of probabilities and of truth, and their names."""
        raise NotImplementedError

    @property
    def finite(self) -> Self:
        """The samples whose prediction is not NaN."""
        kept = ~np.isnan(self.losses)
        return replace(self, logits=self.logits[kept], targets=self.targets[kept])  # type: ignore[type-var]

    @property
    def calibration(self) -> Calibration:
        """How often predictions come true, by their probability, in 15 bins (Guo et al., arXiv:1706.04599)."""
        return Calibration.of(*self.finite._confidences)

    @property
    def temperature(self) -> float:
        """The number from 0.01 to 100 that the logits are to be divided by for the lowest loss on these samples.

        Above 1 the model is too sure, below 1 not sure enough. Without an error among the samples it is as low as it
        can be, and says nothing. NaN without a finite prediction.

        Raises:
            ModuleNotFoundError: scipy is not installed.
        """
        finite = self.finite
        if not len(finite.targets):
            return float("nan")
        return fit_temperature(lambda temperature: float(finite.recalibrated(temperature).losses.mean()))

    def recalibrated(self, temperature: float) -> Self:
        """The same predictions with other probabilities: those of the logits divided by a temperature.

        Args:
            temperature: From samples that the model was not trained on, and other than these: `valid.temperature`.

        Raises:
            BadInput: The temperature is not a number above 0.

        Example:
            >>> valid = test = found
            >>> test.recalibrated(valid.temperature).loss <= test.loss
            True
        """
        if not 0 < temperature < float("inf"):
            raise BadInput(f"The temperature must be a number above 0. Received: temperature={temperature}")
        return replace(self, logits=self.logits / temperature)  # type: ignore[type-var]

    @property
    def roc(self) -> dict[str, Curve]:
        """ROC curves by name: of the second of two classes, otherwise of each class, or tag, against the rest.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return roc_curves(*self.finite._against_the_rest)

    @property
    def roc_area(self) -> float:
        """Area below the ROC curve of the second of two classes; mean of the areas (macro average) if there are more.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return mean_area(self.roc)

    @property
    def precision_recall(self) -> dict[str, Curve]:
        """Precision-recall curves by name: of the second of two classes, otherwise of each against the rest.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return precision_recall_curves(*self.finite._against_the_rest)

    @property
    def average_precision(self) -> float:
        """Average precision of the second of two classes; its mean over the classes (macro average) if there are more.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.
        """
        return mean_area(self.precision_recall)

    @property
    def thresholds(self) -> Thresholds:
        """What is right at every threshold: for the second of two classes, or for all single tags together.

        Raises:
            BadInput: Other than two classes that exclude each other.
        """
        return Thresholds.of(*(each.ravel() for each in self.finite._against_the_rest[:2]))

    def threshold(self, costs: tuple[float, float] | None = None) -> float:
        """The probability above which to predict the second of two classes, or a tag.

        Args:
            costs: Of a false positive and of a false negative, in any unit; the threshold has the lowest costs on these
                samples. By default it has the highest F1.

        Raises:
            BadInput: Other than two classes that exclude each other, or costs that are not two numbers from 0 on.

        Example:
            >>> found.threshold(costs=(1, 10)) <= found.threshold(costs=(10, 1))
            True
        """
        return self.thresholds.best(costs)

    def figures(self) -> dict[str, "Figure"]:
        """Every figure of these predictions, by name; empty without a finite prediction.

        Raises:
            ModuleNotFoundError: scikit-learn is not installed.

        Example:
            >>> list(found.figures())[:3]
            ['confusion', 'per_class', 'most_confused']
        """
        from kerasdl.interpret.figures import figures

        return figures(self)
