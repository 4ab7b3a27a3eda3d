"""IdentityShortcut: a residual network's shortcut without weights."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class IdentityShortcut(keras.layers.Layer):
    """The parameter-free shortcut, option A of He et al., arXiv:1512.03385 (section 3.3).

    Keeps every `strides`-th row and column, starting with the first, and pads the channels with zeros, half before and
    half after the input's, as in the published PyTorch networks for CIFAR-10.

    Args:
        filters: Number of output channels.
        strides: Stride of rows and columns.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        (batch, height, width, channels) to (batch, ceil(height / strides), ceil(width / strides), filters).

    Raises:
        ValueError: `filters` is smaller than the number of input channels.

    Example:
        >>> kerasdl.layers.IdentityShortcut(4, strides=2)(np.ones((1, 2, 2, 2)))[0, 0, 0].numpy().tolist()
        [0.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, filters: int, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = int(input_shape[-1] or 0)
        if channels > self.filters:
            raise ValueError(
                "filters must be at least the number of input channels. "
                f"Received: filters={self.filters} for inputs of {channels} channels"
            )
        before = (self.filters - channels) // 2
        self._padding = ((0, 0), (0, 0), (0, 0), (before, self.filters - channels - before))

    def call(self, inputs: Any) -> Any:
        return ops.pad(inputs[:, :: self.strides, :: self.strides, :], self._padding)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, _ = input_shape
        smaller = (None if size is None else -(-size // self.strides) for size in (height, width))
        return (batch, *smaller, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}
