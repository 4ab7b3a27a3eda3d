"""DateFeature: numeric features of a date given as text."""

from typing import Any

import keras
import numpy as np
from keras import ops

# Length of each cycle in days.
_CYCLES = {"year": 365.25, "month": 30.44, "week": 7.0, "day": 1.0}
# Sine and cosine by table: a processor's results depend on the position in the batch.
_POINTS = 8192
_CIRCLE = [f(np.arange(_POINTS) * (2 * np.pi / _POINTS)).astype("float32") for f in (np.sin, np.cos)]


@keras.saving.register_keras_serializable("kerasdl")
class DateFeature(keras.layers.Layer):
    """Parses ISO dates into standardized days and cyclic features of year, month, week and day.

    Text is parsed by Keras's TextVectorization, and the calendar is arithmetic, so that all of it is part of the saved
    model.

    Args:
        mean: Mean of the days since 1970-01-01.
        std: Standard deviation of the days.
        form: Format of the dates in the training data, as for `strftime`. Stored for code that converts a table into
            the layer's input; it does not affect the layer.
        low: The earliest date of the training data, in ISO 8601. Stored like `form`.
        high: The latest one.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, 1), text: "2016-07-31" or "2016-07-31 17:05:00"; output (batch, 10), float32: days; sine and
        cosine of year, month, week and day; a flag. For any other text the flag is 1 and all else 0.

    Example:
        >>> kerasdl.layers.DateFeature(0.0, 1.0)(tf.constant([["1970-01-02"]])).numpy()[0, :1].tolist()
        [1.0]
    """

    def __init__(
        self,
        mean: float,
        std: float,
        form: str | None = None,
        low: str | None = None,
        high: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.mean, self.std, self.form, self.low, self.high = mean, std, form, low, high
        self._characters = keras.layers.TextVectorization(
            standardize=None, split="character", vocabulary=list("0123456789"), output_sequence_length=19
        )

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._characters.build(input_shape)

    def call(self, inputs: Any) -> Any:
        # Token 0 is padding, 1 any other character.
        digits = ops.cast(self._characters(inputs), "int32") - 2
        year, month, day = _number(digits, 0, 4), _number(digits, 5, 2), _number(digits, 8, 2)
        is_date = ops.all(ops.take(digits, [0, 1, 2, 3, 5, 6, 8, 9], axis=-1) >= 0, axis=-1)
        is_date = ops.logical_and(is_date, (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31))
        time = ops.maximum(digits, 0)
        seconds = 3600 * _number(time, 11, 2) + 60 * _number(time, 14, 2) + _number(time, 17, 2)
        share = ops.cast(seconds, "float32") * (1 / 86400)
        days = days_since_1970(year, month, day)
        since_new_year = ops.cast(days - days_since_1970(year, ops.ones_like(month), ops.ones_like(day)), "float32")
        # 1970-01-01 was a Thursday.
        clocks = {
            "year": since_new_year + share,
            "month": ops.cast(day - 1, "float32") + share,
            "week": ops.cast(ops.mod(days + 3, 7), "float32") + share,
            "day": share,
        }
        # Multiplication by reciprocals, as in TensorFlow's optimized graphs: eager and graph agree bit for bit.
        turns = [ops.cast(clocks[name] * (_POINTS / length), "int32") % _POINTS for name, length in _CYCLES.items()]
        parts = [(ops.cast(days, "float32") + share - self.mean) * (1 / self.std)]
        parts += [ops.take(table, turn) for turn in turns for table in _CIRCLE]
        return ops.stack([*(ops.where(is_date, part, 0.0) for part in parts), ops.cast(~is_date, "float32")], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 2 + 2 * len(_CYCLES))

    def get_config(self) -> dict[str, Any]:
        config = {"mean": self.mean, "std": self.std, "form": self.form, "low": self.low, "high": self.high}
        return {**super().get_config(), **config}


def days_since_1970(year: Any, month: Any, day: Any) -> Any:
    """Days from 1970-01-01 to a date of the Gregorian calendar; integers or integer tensors.

    Years are shifted to start in March, so that the leap day is the last one (Richards, "Calendars", Explanatory
    Supplement to the Astronomical Almanac, 2013).

    Example:
        >>> days_since_1970(2000, 3, 1)
        11017
    """
    shift = (14 - month) // 12
    years, months = year + 4800 - shift, month + 12 * shift - 3
    days = day + (153 * months + 2) // 5 + 365 * years + years // 4 - years // 100 + years // 400
    return days - 32045 - 2440588


def _number(digits: Any, start: int, length: int) -> Any:
    number = 0
    for place in range(start, start + length):
        number = 10 * number + digits[..., place]
    return number
