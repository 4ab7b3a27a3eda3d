"""EntityEmbeddings: learned vectors for the values of categorical columns."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class EntityEmbeddings(keras.layers.Layer):
    """Embeds each categorical column and concatenates the vectors (Guo and Berkhahn, arXiv:1604.06737).

    Args:
        cardinalities: Number of values of each column.
        sizes: Embedding size of each column; by default `embedding_size` of its cardinality.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, columns), integers below each column's cardinality; output (batch, sum of sizes).

    Raises:
        ValueError: `cardinalities` and `sizes` differ in length or hold a number below 1; an input with a different
            number of columns.

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
                "EntityEmbeddings needs one size per column, and sizes and cardinalities of at least 1. "
                f"Received: cardinalities={self.cardinalities}, sizes={self.sizes}"
            )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.cardinalities):
            raise ValueError(
                f"EntityEmbeddings expects {len(self.cardinalities)} columns. Received: inputs of {input_shape}"
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
    """Embedding size by fastai's rule of thumb: 1.6 * cardinality**0.56, at most 600.

    Example:
        >>> embedding_size(42)
        13
    """
    return min(600, round(1.6 * cardinality**0.56))
