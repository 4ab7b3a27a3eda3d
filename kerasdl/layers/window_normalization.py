"""WindowNormalization: standardization of each channel of each window."""

from typing import Any

import keras
from keras import ops

# As in the paper's code; a constant channel becomes 0.
EPSILON = 1e-5


@keras.saving.register_keras_serializable("kerasdl")
class WindowNormalization(keras.layers.Layer):
    """Standardizes each channel of a window by its mean and standard deviation over time.

    The first half of reversible instance normalization (Kim et al., "Reversible Instance Normalization for Accurate
    Time-Series Forecasting against Distribution Shift", ICLR 2022, https://openreview.net/forum?id=cGDAkQo1C0p),
    without learned gain and offset, which the next layer provides; `WindowForecast` is the second half.

    Args:
        unchanged: Number of channels, the last ones, that are left as they are.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input and output (batch, time, channels); the output is float32 under any policy.

    Example:
        >>> kerasdl.layers.WindowNormalization()(np.array([[[1.0], [3.0]]])).numpy().round(2).tolist()
        [[[-1.0], [1.0]]]
    """

    def __init__(self, unchanged: int = 0, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.unchanged = unchanged

    def call(self, inputs: Any) -> Any:
        window = ops.cast(inputs, "float32")
        normalized = (window - ops.mean(window, axis=1, keepdims=True)) / standard_deviation(window)
        if not self.unchanged:
            return normalized
        return ops.concatenate([normalized[..., : -self.unchanged], window[..., -self.unchanged :]], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "unchanged": self.unchanged}


def standard_deviation(window: Any) -> Any:
    """The standard deviation of each channel over time: (batch, 1, channels), never 0."""
    return ops.sqrt(ops.var(window, axis=1, keepdims=True) + EPSILON)
