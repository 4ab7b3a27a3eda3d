"""TiedEmbedding: an embedding with dropout of whole words, and the logits of a language model by the same matrix."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class TiedEmbedding(keras.layers.Embedding):
    """Embedding with embedding dropout; `reverse=True` gives logits by the same matrix, transposed.

    Embedding dropout zeroes whole rows of the matrix, with one mask per batch: a dropped word is missing wherever it
    occurs (Gal and Ghahramani, arXiv:1512.05287; Merity et al., arXiv:1708.02182, section 4.3). Tied weights: Inan et
    al., arXiv:1611.01462; Press and Wolf, arXiv:1608.05859. The logits are not subject to the dropout.

    Args:
        input_dim: Size of the vocabulary.
        output_dim: Width of the embedding.
        embedding_dropout: Share of the words that are zero in a training step, 0 to 1 (exclusive). The others are
            scaled up.
        use_bias: Whether the logits have a bias.
        reverse_dtype: Dtype of the logits; by default that in which the layer computes.
        seed: Random seed of the masks.
        **kwargs: As for `keras.layers.Embedding`.

    Raises:
        ValueError: `embedding_dropout` out of range.

    Shapes:
        Token ids (batch, steps) to (batch, steps, output_dim); with `reverse=True` (batch, steps, output_dim) to logits
        (batch, steps, input_dim).

    Example:
        >>> embedding = kerasdl.layers.TiedEmbedding(1000, 64, embedding_dropout=0.1, reverse_dtype="float32")
        >>> embedding(embedding(np.array([[3, 1, 4]])), reverse=True).shape
        TensorShape([1, 3, 1000])
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        embedding_dropout: float = 0.0,
        use_bias: bool = False,
        reverse_dtype: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if not 0 <= embedding_dropout < 1:
            raise ValueError(
                f"embedding_dropout must be from 0 to below 1. Received: embedding_dropout={embedding_dropout}"
            )
        super().__init__(input_dim, output_dim, **kwargs)
        self.embedding_dropout, self.seed = embedding_dropout, seed
        self.use_bias, self.reverse_dtype = use_bias, reverse_dtype
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...] | None = None) -> None:
        super().build(input_shape)
        if self.use_bias:
            self.bias = self.add_weight((self.input_dim,), initializer="zeros", name="bias")

    def call(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        if reverse:
            return self._logits(inputs)
        outputs = super().call(inputs)
        if not training or not self.embedding_dropout:
            return outputs
        # The mask of the words at hand is that of their rows: the matrix itself need not be copied.
        kept = keras.random.dropout(ops.ones((self.input_dim, 1)), self.embedding_dropout, seed=self.seed_generator)
        return outputs * ops.cast(ops.take(kept, ops.cast(inputs, "int32"), axis=0), outputs.dtype)

    def _logits(self, inputs: Any) -> Any:
        dtype = self.reverse_dtype or self.compute_dtype
        # Flat: TensorFlow multiplies a batch of matrices one by one.
        flat = ops.cast(ops.reshape(inputs, (-1, self.output_dim)), dtype)
        matrix = ops.cast(self.embeddings, dtype)
        if self.use_bias:
            # As one more column: a sum over all logits, and another one for its gradient, would cost far more time.
            matrix = ops.concatenate([matrix, ops.cast(self.bias, dtype)[:, None]], axis=1)
            flat = ops.concatenate([flat, ops.ones_like(flat[:, :1])], axis=1)
        logits = ops.matmul(flat, ops.transpose(matrix))
        return ops.reshape(logits, (*ops.shape(inputs)[:-1], self.input_dim))

    def compute_output_spec(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:  # noqa: ARG002
        if reverse:
            return keras.KerasTensor((*inputs.shape[:-1], self.input_dim), self.reverse_dtype or self.compute_dtype)
        return keras.KerasTensor((*inputs.shape, self.output_dim), self.compute_dtype)

    # An Embedding saves its matrix alone.
    def save_own_variables(self, store: Any) -> None:
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        keras.layers.Layer.load_own_variables(self, store)

    def get_config(self) -> dict[str, Any]:
        names = "embedding_dropout", "use_bias", "reverse_dtype", "seed"
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
