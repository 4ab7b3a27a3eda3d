"""Conv2D: stock Keras Conv2D, as a dense product where its output is a single position."""

from typing import Any

import keras
from keras import ops
from kerasdl.layers.compute_device import compute_device


@keras.saving.register_keras_serializable("kerasdl")
class Conv2D(keras.layers.Conv2D):
    """Stock Keras `Conv2D` that a CPU computes as a dense product where its output is a single position.

    Such are the last stages of a residual network on small images: a kernel of 3x3 on a map of 1x1 is the product with
    its middle, and all else of it sees padding alone. The numbers are those of `keras.layers.Conv2D` but for rounding,
    the weights and their names are the same. On a GPU, with groups, dilation or channels first, it is that layer.

    Args:
        *args: As for `keras.layers.Conv2D`.
        **kwargs: As for `keras.layers.Conv2D`.

    Shapes:
        As `keras.layers.Conv2D`. Height and width must be known when the layer is called, else it is that layer.

    Example:
        >>> conv = kerasdl.layers.Conv2D(1, 3, padding="same", kernel_initializer="ones")
        >>> float(conv(np.full((1, 1, 1, 4), 0.5))[0, 0, 0, 0])
        2.0
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution, of which Keras adds the bias.

        Args:
            inputs: (batch, height, width, channels).
            kernel: (rows, columns, channels, filters).
        """
        if not self._has_one_position(inputs.shape):
            return super().convolution_op(inputs, kernel)
        (top, rows), (left, columns) = map(self._seen, inputs.shape[1:3], self.kernel_size)
        channels, area = inputs.shape[-1], rows * columns
        if area < kernel.shape[0] * kernel.shape[1]:
            # Gathered and not sliced: the gradient of a slice is padded, which takes twice as long.
            positions = [row * kernel.shape[1] + left + i for row in range(top, top + rows) for i in range(columns)]
            kernel = ops.take(ops.reshape(kernel, (-1, channels, self.filters)), positions, axis=0)
        flat = ops.reshape(inputs[:, :rows, :columns], (-1, area * channels))
        outputs = ops.matmul(flat, ops.reshape(kernel, (area * channels, self.filters)))
        return ops.reshape(outputs, (-1, 1, 1, self.filters))

    def _has_one_position(self, shape: tuple[int | None, ...]) -> bool:
        is_plain = self.data_format == "channels_last" and self.groups == 1 and set(self.dilation_rate) == {1}
        return is_plain and compute_device() != "gpu" and tuple(self.compute_output_shape(shape)[1:3]) == (1, 1)

    def _seen(self, size: int, length: int) -> tuple[int, int]:
        """Where the part of a kernel's side begins that lies on the map, and its length."""
        begin = max(length - size, 0) // 2 if self.padding == "same" else 0
        return begin, min(size, length - begin)
