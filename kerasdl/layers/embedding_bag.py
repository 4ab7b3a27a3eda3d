"""EmbeddingBag: the mean of the embeddings of a set."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class EmbeddingBag(keras.layers.Embedding):
    """The mean embedding of the numbers of each row, without those that are 0 (Joulin et al., arXiv:1607.01759).

    A row without any has the mean zero. Arguments are those of `keras.layers.Embedding`.

    Shapes:
        Numbers (batch, length), 0 for none, to (batch, output_dim).

    Example:
        >>> bag = kerasdl.layers.EmbeddingBag(10, 4)
        >>> bag(np.array([[3, 5, 0], [0, 0, 0]])).shape
        TensorShape([2, 4])
    """

    def call(self, numbers: Any) -> Any:
        found = ops.cast(super().call(numbers), "float32")
        is_one = ops.cast(ops.not_equal(numbers, 0), "float32")
        total = ops.sum(found * is_one[..., None], axis=1)
        return ops.cast(total / ops.maximum(ops.sum(is_one, axis=1, keepdims=True), 1), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], self.output_dim)

    def compute_output_spec(self, numbers: Any) -> Any:
        return keras.KerasTensor(self.compute_output_shape(numbers.shape), self.compute_dtype)
