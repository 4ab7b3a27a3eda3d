"""PredictionIntervals: intervals around a forecast, as wide as errors on windows that were not trained on."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.layers.window_normalization import standard_deviation

# Of 0, 1/4, 1/2, 3/4 and 1, the one whose intervals, made from nine tenths of the training windows of six long series
# without their last third, held 80 % of the other tenth most evenly.
POWER = 0.75


@keras.saving.register_keras_serializable("kerasdl")
class PredictionIntervals(keras.layers.Layer):
    """Adds the ends of intervals to a forecast: split conformal prediction (Lei et al., arXiv:1604.04173).

    `adapt` takes forecasts of windows that the model was not trained on. Their absolute errors, divided by the standard
    deviation of the window to the power of 3/4 (errors grow with it, but less), are sorted for each step and target; an
    interval is as wide as the share of them that it is to hold. If later windows are of the same kind, it holds that
    share of their targets, whatever the model. Until `adapt` is called the intervals are empty.

    Args:
        levels: Shares that the intervals are to hold, ascending.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Inputs [(batch, horizon, outputs), (batch, time, channels)]: forecasts, and their windows, whose first channels
        are the outputs. Output float32 (batch, horizon, 2 * levels + 1, outputs): from the lower end of the widest
        interval by the forecast itself to the upper end of the widest.

    Raises:
        ValueError: No levels, levels that do not ascend or are not between 0 and 1; fewer channels than outputs.

    Example:
        >>> layer = kerasdl.layers.PredictionIntervals([0.5])
        >>> windows = np.tile([[[-1.0], [1.0]]], (3, 1, 1))
        >>> layer.adapt(np.zeros((3, 1, 1)), windows, np.array([[[1.0]], [[-2.0]], [[3.0]]]))
        >>> layer([np.full((1, 1, 1), 10.0), windows[:1]]).numpy().round(3).ravel().tolist()
        [8.0, 10.0, 12.0]
    """

    def __init__(self, levels: Sequence[float] = (0.8, 0.95), **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.levels = [float(level) for level in levels]
        if not self.levels or self.levels != sorted(set(self.levels)) or not 0 < self.levels[0] <= self.levels[-1] < 1:
            raise ValueError(f"levels must ascend between 0 and 1. Received: levels={levels}")

    @property
    def quantiles(self) -> list[float]:
        """The quantile that each row of the output is, by symmetry: 0.025, 0.1, 0.5, 0.9, 0.975 of levels 0.8, 0.95."""
        below = [(1 - level) / 2 for level in reversed(self.levels)]
        return [*below, 0.5, *(1 - each for each in reversed(below))]

    def build(self, input_shape: Sequence[Any]) -> None:
        (_, horizon, outputs), (_, _, channels) = input_shape
        if outputs > channels:
            raise ValueError(
                f"The window needs one channel per output. Received: {channels} channels for {outputs} outputs"
            )
        self.radii = self.add_weight((len(self.levels), horizon, outputs), "zeros", trainable=False, name="radii")

    def adapt(self, forecasts: np.ndarray, windows: np.ndarray, futures: np.ndarray) -> None:
        """Compute the widths of the intervals.

        Args:
            forecasts: (windows, horizon, outputs), of windows that the model was not trained on.
            windows: (windows, time, channels).
            futures: The true values, as `forecasts`.
        """
        count, horizon, outputs = np.shape(forecasts)
        if not self.built:
            self.build([(None, horizon, outputs), (None, *np.shape(windows)[1:])])
        spread = ops.convert_to_numpy(_spread(ops.cast(windows[..., :outputs], "float32")))
        errors = np.sort(np.abs(np.asarray(futures) - np.asarray(forecasts)) / spread, axis=0)
        self.radii.assign(np.stack([errors[min(ceil(level * (count + 1)), count) - 1] for level in self.levels]))

    def call(self, inputs: Sequence[Any]) -> Any:
        forecast, window = (ops.cast(each, "float32") for each in inputs)
        spread = _spread(window[..., : forecast.shape[-1]])
        radii = ops.transpose(self.radii, (1, 0, 2)) * spread[:, None]
        forecast = forecast[:, :, None]
        return ops.concatenate([forecast - ops.flip(radii, axis=2), forecast, forecast + radii], axis=2)

    def compute_output_shape(self, input_shape: Sequence[Any]) -> tuple[int | None, ...]:
        batch, horizon, outputs = input_shape[0]
        return (batch, horizon, 2 * len(self.levels) + 1, outputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}


def _spread(window: Any) -> Any:
    """What the errors of a window are measured in: (batch, 1, outputs)."""
    return standard_deviation(window) ** POWER
