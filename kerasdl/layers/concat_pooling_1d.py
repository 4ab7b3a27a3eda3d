"""ConcatPooling1D: last step, maximum and mean of a sequence."""

from typing import Any

import keras
import numpy as np
from keras import ops

_LOWEST = float(np.finfo(np.float32).min)


@keras.saving.register_keras_serializable("kerasdl")
class ConcatPooling1D(keras.layers.Layer):
    """Concatenates the last step, the maximum and the mean over all steps that are not masked.

    Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", arXiv:1801.06146. A fully masked
    sequence gives zeros.

    Args:
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, length, features), mask (batch, length) with padding anywhere; output (batch, 3 * features).

    Example:
        >>> kerasdl.layers.ConcatPooling1D()(np.array([[[1.0], [6.0], [2.0]]])).numpy().tolist()
        [[2.0, 6.0, 3.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            mask = ops.ones_like(inputs[..., 0], dtype="bool")
        # In float32: a float16 sum overflows at 65504, a bfloat16 sum loses small terms.
        x = ops.cast(inputs, "float32")
        real = ops.expand_dims(ops.cast(mask, "bool"), -1)
        count = ops.cumsum(ops.cast(real, "int32"), axis=1)
        total = count[:, -1:]
        last = ops.sum(ops.where(ops.logical_and(real, count == total), x, 0.0), axis=1)
        # Not minus infinity: converters to ONNX choose by multiplication, and 0 times infinity is NaN.
        highest = ops.max(ops.where(real, x, ops.where(total > 0, _LOWEST, 0.0)), axis=1)
        mean = ops.sum(ops.where(real, x, 0.0), axis=1) / ops.cast(ops.maximum(total[:, 0], 1), "float32")
        return ops.cast(ops.concatenate([last, highest, mean], axis=-1), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> None:
        """None: the output has no steps to mask."""

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (input_shape[0], 3 * input_shape[-1])
