"""NaiveBayes: logits by naive Bayes, with weights that learn."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

_START = 0.1


@keras.saving.register_keras_serializable("kerasdl")
class NaiveBayes(keras.layers.Layer):
    """The sum of a text's log-count ratios, each times a weight that learns (Wang and Manning, ACL P12-2018).

    The weights begin at a tenth, with which the signs of the logits, and the most probable class, are those of naive
    Bayes. At one, its certainty would leave little to learn from: it knows the texts that the ratios are from. What is
    learned is the deviation from a tenth, so that weight decay pulls towards naive Bayes, the interpolation of the
    paper. The sum is divided by the root of the number of n-grams, as if each text were a vector of length one.

    Args:
        count: How many numbers there are: 1 to `count`.
        classes: Number of logits.
        ratios: (count, classes): the log-count ratios of the numbers. By default zeros, for a layer whose weights are
            loaded afterwards.
        odds: (classes,): the logarithms of the odds of the classes, which naive Bayes adds; by default zeros.
        **kwargs: As for `keras.layers.Layer`; the dtype is float32 under any policy.

    Shapes:
        Numbers (batch, length), 0 for none, to (batch, classes).

    Example:
        >>> layer = kerasdl.layers.NaiveBayes(2, 2, ratios=[[20, -20], [10, -10]])
        >>> layer(np.array([[0, 2], [1, 0]])).numpy().tolist()
        [[1.0, -1.0], [2.0, -2.0]]
    """

    def __init__(
        self,
        count: int,
        classes: int,
        *,
        ratios: ArrayLike | None = None,
        odds: ArrayLike | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.count, self.classes = count, classes
        self._ratios, self._odds = ratios, odds

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        shape = (self.count + 1, self.classes)
        self.ratios = self.add_weight(shape, "zeros", trainable=False, name="ratios")
        self.odds = self.add_weight((self.classes,), "zeros", trainable=False, name="odds")
        self.deviations = self.add_weight(shape, "zeros", name="deviations")
        self.bias = self.add_weight((self.classes,), "zeros", name="bias")
        if self._ratios is not None:
            self.ratios.assign(np.pad(np.asarray(self._ratios, "float32"), ((1, 0), (0, 0))))
        if self._odds is not None:
            self.odds.assign(self._odds)

    def call(self, numbers: Any) -> Any:
        is_one = ops.cast(ops.not_equal(numbers, 0), "float32")
        factors = _START * is_one[..., None] + ops.take(self.deviations, numbers, axis=0)
        total = _START * self.odds + ops.sum(ops.take(self.ratios, numbers, axis=0) * factors, axis=1)
        return self.bias + total / ops.sqrt(ops.maximum(ops.sum(is_one, axis=1, keepdims=True), 1))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count, "classes": self.classes}
