"""NumberFeature: a scaled number with a flag for missing values."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class NumberFeature(keras.layers.Layer):
    """Replaces missing numbers (NaN) by the median, scales, and adds a flag for missing values.

    A preprocessor for `keras.utils.FeatureSpace`, whose `float_normalized` passes NaN on.

    Args:
        median: Replaces a missing number.
        mean: Mean, or another centre, subtracted.
        std: Standard deviation, or another spread, the divisor.
        flag: Whether to add the flag.
        limit: Clips smoothly: the scaled number `z` becomes `z / sqrt(1 + (z / limit)^2)`, which is nearly `z` around 0
            and stays within the limit (RealMLP; Holzmüller et al., arXiv:2407.04491). None does not clip.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, 1), float; output (batch, 2) with the flag, 1 for a missing number and else 0; (batch, 1) without.

    Example:
        >>> kerasdl.layers.NumberFeature(median=3.0, mean=2.0, std=2.0)(np.array([[4.0], [np.nan]])).numpy().tolist()
        [[1.0, 0.0], [0.5, 1.0]]
    """

    def __init__(
        self, median: float, mean: float, std: float, flag: bool = True, limit: float | None = None, **kwargs: Any
    ) -> None:
        # float32 under any policy: half precision cannot represent all integers above a few thousand.
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if limit is not None and not limit > 0:
            raise ValueError(f"limit must be positive, or None. Received: limit={limit}")
        self.median, self.mean, self.std, self.flag, self.limit = median, mean, std, flag, limit

    def call(self, inputs: Any) -> Any:
        # In float64 until the mean is subtracted: float32 has a resolution of two minutes for seconds since 1970.
        numbers = ops.cast(inputs, "float64")
        missing = ops.isnan(numbers)
        # Multiplication by the reciprocal, as in TensorFlow's optimized graphs: eager and graph agree bit for bit.
        scaled = (
            ops.where(missing, self._constant(self.median), numbers) - self._constant(self.mean)
        ) * self._constant(1 / self.std)
        scaled = ops.cast(scaled if self.limit is None else self._clipped(scaled, self.limit), "float32")
        return ops.concatenate([scaled, ops.cast(missing, "float32")], axis=-1) if self.flag else scaled

    def _clipped(self, scaled: Any, limit: float) -> Any:
        size = ops.sqrt(1 + ops.square(scaled * self._constant(1 / limit)))
        # The maximum changes nothing: it keeps TensorFlow's optimizer from an inexact reciprocal root.
        return scaled / ops.maximum(size, self._constant(1.0))

    @staticmethod
    def _constant(value: float) -> Any:
        # Keras would convert a Python number to float32.
        return ops.convert_to_tensor(value, "float64")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 2 if self.flag else 1)

    def get_config(self) -> dict[str, Any]:
        config = {"median": self.median, "mean": self.mean, "std": self.std, "flag": self.flag, "limit": self.limit}
        return {**super().get_config(), **config}
