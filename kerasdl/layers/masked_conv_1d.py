"""MaskedConv1D: a convolution that does not see what is masked."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class MaskedConv1D(keras.layers.Conv1D):
    """A `keras.layers.Conv1D` that keeps every step, and to which masked steps are zeros.

    A sequence with masked steps at its end gets the same outputs as without them, because a convolution pads with zeros
    there, too. Keras's own layer loses the mask.

    Args:
        filters: Number of output channels.
        kernel_size: Length of the kernel.
        **kwargs: As for `keras.layers.Conv1D`, but for strides and padding.

    Shapes:
        Input (batch, length, channels), mask (batch, length); output (batch, length, filters) with the same mask.

    Raises:
        ValueError: Strides other than 1, or a padding other than "same".

    Example:
        >>> conv = kerasdl.layers.MaskedConv1D(1, 3, kernel_initializer="ones")
        >>> conv(np.array([[[1.0], [2.0], [4.0]]]), mask=np.array([[True, True, False]])).numpy().ravel().tolist()
        [3.0, 3.0, 2.0]
    """

    def __init__(
        self, filters: int, kernel_size: int, *, strides: int = 1, padding: str = "same", **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, strides=strides, padding=padding, **kwargs)
        if self.strides != (1,) or self.padding != "same":
            raise ValueError(
                "The mask fits the outputs only if every step is kept: leave strides at 1 and padding at 'same'. "
                f"Received: strides={strides}, padding={padding!r}"
            )
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            inputs = ops.where(ops.expand_dims(ops.cast(mask, "bool"), -1), inputs, ops.zeros_like(inputs))
        return super().call(inputs)
