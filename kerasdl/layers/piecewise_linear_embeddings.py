"""PiecewiseLinearEmbeddings: numbers as learned vectors, by the interval that they lie in."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class PiecewiseLinearEmbeddings(keras.layers.Layer):
    """Turns each number into a vector: the number itself, and a learned piecewise linear function of it.

    Gorishniy et al., arXiv:2203.05556, in the form of TabM (arXiv:2410.24210), without an activation. Of the intervals
    between a number's edges, those below it count 1, those above it 0, and its own the share that lies below it; a
    matrix of each number's own makes a vector of them. Beyond the outer edges this vector is constant.

    Args:
        edges: Increasing edges of each number, at least two; as many for each as it needs. Usually quantiles, as in
            `Table.edges`.
        size: Size of each vector.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, numbers); output (batch, numbers * size).

    Raises:
        ValueError: Edges that do not increase, or a `size` below 2; inputs of another number of numbers.

    Example:
        >>> kerasdl.layers.PiecewiseLinearEmbeddings([[0, 1, 2], [0, 5]], size=4)(np.ones((3, 2), "float32")).shape
        TensorShape([3, 8])
    """

    def __init__(self, edges: Sequence[Sequence[float]], size: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.edges, self.size = [[float(edge) for edge in each] for each in edges], size
        wrong = [each for each in self.edges if len(each) < 2 or (np.diff(each) <= 0).any()]
        if wrong or not self.edges or size < 2:
            raise ValueError(
                "Each number needs two or more edges that increase, and size must be at least 2. "
                f"Received: {wrong[:1] or self.edges}, size={size}"
            )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.edges):
            raise ValueError(
                f"PiecewiseLinearEmbeddings expects {len(self.edges)} numbers. Received: inputs of {input_shape}"
            )
        intervals = max(map(len, self.edges)) - 1
        # An interval that a number does not have begins at 0 and has a slope of 0.
        self._low, self._slope = np.zeros((2, len(self.edges), intervals), "float32")
        for row, each in enumerate(self.edges):
            self._low[row, : len(each) - 1], self._slope[row, : len(each) - 1] = each[:-1], 1 / np.diff(each)
        self.kernel = self.add_weight(
            shape=(len(self.edges), intervals, self.size - 1),
            initializer=keras.initializers.RandomNormal(0.0, intervals**-0.5),
            name="kernel",
        )

    def call(self, inputs: Any) -> Any:
        numbers, shares = (ops.cast(each, self.compute_dtype) for each in self.parts(inputs))
        # One product of matrices per number.
        vectors = ops.transpose(ops.matmul(ops.transpose(shares, (1, 0, 2)), self.kernel), (1, 0, 2))
        found = ops.concatenate([numbers, vectors], axis=-1)
        return ops.reshape(found, (-1, len(self.edges) * self.size))

    def parts(self, inputs: Any) -> tuple[Any, Any]:
        """The numbers, float32 (batch, numbers, 1), and the share of each interval that lies below them."""
        numbers = ops.expand_dims(ops.cast(inputs, "float32"), -1)
        return numbers, ops.clip((numbers - self._low) * self._slope, 0.0, 1.0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], len(self.edges) * self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "edges": self.edges, "size": self.size}
