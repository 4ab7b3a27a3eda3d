"""ReverseTokens: sequences in reverse, with padding left on the right."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class ReverseTokens(keras.layers.Layer):
    """Reverses the features of each row's tokens; padding stays on the right, where recurrent layers need no mask.

    Shapes:
        [(batch, steps, features), tokens (batch, steps)] to (batch, steps, features); tokens of 0 on the right are
        padding.

    Example:
        >>> features = np.array([[[1.0], [2.0], [9.0]]])
        >>> kerasdl.layers.ReverseTokens()([features, np.array([[7, 5, 0]])]).numpy().tolist()
        [[[2.0], [1.0], [9.0]]]
    """

    def call(self, inputs: list[Any]) -> Any:
        features, tokens = inputs
        lengths = ops.sum(ops.cast(ops.not_equal(tokens, 0), "int32"), axis=1, keepdims=True)
        steps = ops.arange(ops.shape(tokens)[1], dtype="int32")
        places = ops.where(steps < lengths, lengths - 1 - steps, steps)
        return ops.take_along_axis(features, places[..., None], axis=1)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return input_shape[0]
