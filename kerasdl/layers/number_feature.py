"""NumberFeature: scaled numbers with flags for missing values."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class NumberFeature(keras.layers.Layer):
    """Replaces missing numbers (NaN) by the median, scales, and adds a flag for missing values.

    Of one column, or of several at once, whose statistics are then sequences: thousands of layers would take minutes.

    Args:
        median: Replaces a missing number.
        mean: Mean, or another centre, subtracted.
        std: Standard deviation, or another spread, the divisor.
        flag: Whether to add the flag, for all columns or for each.
        limit: Clips smoothly: the scaled number `z` becomes `z / sqrt(1 + (z / limit)^2)`, which is nearly `z` around 0
            and stays within the limit (RealMLP; Holzmüller et al., arXiv:2407.04491). None does not clip.
        low: The least number of the training data. Stored, as `high` is, for code that asks for numbers or checks them;
            it does not affect the layer.
        high: The greatest one.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, columns), float; output (batch, columns + flags): each number, and behind it its flag, 1 for a
        missing number and else 0, if it has one.

    Raises:
        ValueError: A `limit` that is not positive; statistics of different numbers of columns.

    Example:
        >>> kerasdl.layers.NumberFeature(median=3.0, mean=2.0, std=2.0)(np.array([[4.0], [np.nan]])).numpy().tolist()
        [[1.0, 0.0], [0.5, 1.0]]
    """

    def __init__(
        self,
        median: float | Sequence[float],
        mean: float | Sequence[float],
        std: float | Sequence[float],
        flag: bool | Sequence[bool] = True,
        limit: float | None = None,
        low: float | Sequence[float] | None = None,
        high: float | Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        # float32 under any policy: half precision cannot represent all integers above a few thousand.
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if limit is not None and not limit > 0:
            raise ValueError(f"limit must be positive, or None. Received: limit={limit}")
        if len({np.shape(median), np.shape(mean), np.shape(std)}) > 1 or np.shape(flag) not in ((), np.shape(mean)):
            raise ValueError(
                "median, mean, std (and flag) must be of equally many columns. "
                f"Received: {[np.size(each) for each in (median, mean, std, flag)]}"
            )
        self.median, self.mean, self.std, self.flag, self.limit = median, mean, std, flag, limit
        columns = np.arange(np.size(mean))
        self._flagged = columns[np.broadcast_to(flag, columns.shape)]
        # Each flag behind its number.
        self._order = np.argsort(np.concatenate([columns, self._flagged]), kind="stable")
        self.low, self.high = low, high

    def call(self, inputs: Any) -> Any:
        # In float64 until the mean is subtracted: float32 has a resolution of two minutes for seconds since 1970.
        numbers = ops.cast(inputs, "float64")
        missing = ops.isnan(numbers)
        # Multiplication by the reciprocal, as in TensorFlow's optimized graphs: eager and graph agree bit for bit.
        scaled = (
            ops.where(missing, self._constant(self.median), numbers) - self._constant(self.mean)
        ) * self._constant(1 / np.asarray(self.std, "float64"))
        scaled = ops.cast(scaled if self.limit is None else self._clipped(scaled, self.limit), "float32")
        if not len(self._flagged):
            return scaled
        flags = ops.take(ops.cast(missing, "float32"), self._flagged, axis=-1)
        return ops.take(ops.concatenate([scaled, flags], axis=-1), self._order, axis=-1)

    def _clipped(self, scaled: Any, limit: float) -> Any:
        size = ops.sqrt(1 + ops.square(scaled * self._constant(1 / limit)))
        # The maximum changes nothing: it keeps TensorFlow's optimizer from an inexact reciprocal root.
        return scaled / ops.maximum(size, self._constant(1.0))

    @staticmethod
    def _constant(value: Any) -> Any:
        # Keras would convert a Python number to float32.
        return ops.convert_to_tensor(value, "float64")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], len(self._order))

    def get_config(self) -> dict[str, Any]:
        config = {"median": self.median, "mean": self.mean, "std": self.std, "flag": self.flag, "limit": self.limit}
        return {**super().get_config(), **config, "low": self.low, "high": self.high}
