"""EntityEmbeddings: a vector for every value of every categorical column."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class EntityEmbeddings(keras.layers.Layer):
    """Looks up a learned vector for each column's value and concatenates them (Guo, Berkhahn, arXiv:1604.06737).

    Args:
        cardinalities: How many values each column has.
        sizes: Length of each column's vectors; by default `embedding_size` of its cardinality.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, columns), whole numbers below each column's cardinality; output (batch, sum of the sizes).

    Raises:
        ValueError: Lengths that differ, or an input of another number of columns.

    Example:
        >>> kerasdl.layers.EntityEmbeddings([10, 3])(np.array([[9, 0], [4, 2]])).shape
        TensorShape([2, 9])
    """

    def __init__(self, cardinalities: Sequence[int], sizes: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cardinalities = tuple(cardinalities)
        self.sizes = tuple(embedding_size(count) for count in cardinalities) if sizes is None else tuple(sizes)
        if len(self.sizes) != len(self.cardinalities) or min((*self.cardinalities, *self.sizes)) < 1:
            raise ValueError(
                "EntityEmbeddings needs one size a column, all at least 1. "
                f"Received: cardinalities={self.cardinalities}, sizes={self.sizes}"
            )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.cardinalities):
            raise ValueError(
                f"EntityEmbeddings was made for {len(self.cardinalities)} columns. Received: inputs of {input_shape}"
            )
        self.tables = [
            self.add_weight(shape=shape, name=f"table{index}", initializer=keras.initializers.TruncatedNormal(0, 0.01))
            for index, shape in enumerate(zip(self.cardinalities, self.sizes, strict=True))
        ]

    def call(self, inputs: Any) -> Any:
        found = [ops.take(table, inputs[..., index], axis=0) for index, table in enumerate(self.tables)]
        return ops.cast(ops.concatenate(found, axis=-1), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], sum(self.sizes))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cardinalities": list(self.cardinalities), "sizes": list(self.sizes)}


def embedding_size(cardinality: int) -> int:
    """Length of an embedding by fastai's rule of thumb: 1.6 times the 0.56th power of the count, at most 600.

    Example:
        >>> embedding_size(42)
        13
    """
    return min(600, round(1.6 * cardinality**0.56))
