"""LastStep: of padded sequences, what a layer returned for their last token."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class LastStep(keras.layers.Layer):
    """The features at the last token of each row; tokens of 0 at its end are padding.

    Shapes:
        [(batch, steps, features), tokens (batch, steps)] to (batch, features). A row of padding alone gives the
        features of its first step.

    Example:
        >>> features = np.array([[[1.0], [2.0], [3.0]]])
        >>> kerasdl.layers.LastStep()([features, np.array([[7, 5, 0]])]).numpy().tolist()
        [[2.0]]
    """

    def call(self, inputs: list[Any]) -> Any:
        features, tokens = inputs
        steps = ops.arange(ops.shape(tokens)[1])
        last = ops.max(ops.where(ops.not_equal(tokens, 0), steps, 0), axis=1)
        found = ops.take_along_axis(features, last[:, None, None], axis=1)
        return ops.squeeze(found, axis=1)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        (rows, _, features), _ = input_shape
        return rows, features
