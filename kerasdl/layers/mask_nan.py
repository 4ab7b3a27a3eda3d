"""MaskNaN: a mask from NaN padding."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class MaskNaN(keras.layers.Layer):
    """Replaces NaN by zeros and computes the mask that Keras's recurrent layers use.

    A step is padding if all its channels are NaN. Unlike 0, the default of `keras.layers.Masking`, NaN is never data.

    Args:
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input and output (batch, length, channels); mask (batch, length), False for padding.

    Example:
        >>> kerasdl.layers.MaskNaN()(np.array([[[1.0], [0.0], [np.nan]]])).numpy().ravel().tolist()
        [1.0, 0.0, 0.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.where(ops.isnan(inputs), ops.zeros_like(inputs), inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if isinstance(inputs, keras.KerasTensor):
            # Operations on a symbolic mask would become layers of the model. Real tensors get theirs in each call.
            return None
        mask = ops.logical_not(ops.all(ops.isnan(inputs), axis=-1))
        return mask if previous_mask is None else ops.logical_and(mask, previous_mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
