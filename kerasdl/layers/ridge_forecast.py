"""RidgeForecast: a forecast by ridge regression on the window, plus a network's correction."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from kerasdl.layers.ridge_regression import Batches, ridge_regression
from kerasdl.layers.window_forecast import WindowForecast


@keras.saving.register_keras_serializable("kerasdl")
class RidgeForecast(WindowForecast):
    """Adds a network's output to a linear forecast from the window, whose coefficients `adapt` computes.

    The coefficients do not learn by gradients. Until `adapt` is called they are 0, and so is the forecast.

    Args:
        season: Length of a season in steps: the last season is a naive forecast towards which the coefficients may be
            drawn, besides the last value and the mean; 1 for no season.
        scaled: Whether the network's output is in units of the window's standard deviation, as after
            `WindowNormalization`.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Inputs [(batch, horizon, outputs), (batch, time, channels)]; the outputs are the first channels. Output float32
        (batch, horizon, outputs).

    Raises:
        ValueError: A window that is shorter than the season or has fewer channels than outputs.

    Example:
        >>> windows = np.arange(20.0)[:, None, None] + np.arange(3)[:, None]
        >>> batches = [(windows, windows[:, -1:] + 1)]
        >>> layer = kerasdl.layers.RidgeForecast()
        >>> layer.adapt(batches, batches, batches)
        >>> layer([np.zeros((1, 1, 1)), np.array([[[7.0], [8.0], [9.0]]])]).numpy().round(3).tolist()
        [[[10.0]]]
    """

    def build(self, input_shape: Sequence[Any]) -> None:
        super().build(input_shape)
        (_, *future), (_, *window) = input_shape
        self.kernel = self.add_weight((*window, *future), "zeros", trainable=False, name="kernel")
        self.bias = self.add_weight(tuple(future), "zeros", trainable=False, name="bias")

    def adapt(self, data: Batches, early: Batches, later: Batches) -> None:
        """Compute the coefficients by `ridge_regression`, in closed form.

        Args:
            data: Batches of windows and futures: of the training part.
            early: Batches of its earlier windows.
            later: Batches of its later windows, on which the strength of the penalty is chosen.
        """
        kernel, bias = ridge_regression(data, early, later, season=self.season)
        if not self.built:
            lookback, channels, horizon, outputs = kernel.shape
            self.build([(None, horizon, outputs), (None, lookback, channels)])
        self.kernel.assign(kernel)
        self.bias.assign(bias)

    def _naive(self, window: Any, horizon: int, outputs: int) -> Any:
        length, channels = window.shape[1:]
        kernel = ops.reshape(self.kernel, (length * channels, horizon * outputs))
        forecast = ops.matmul(ops.reshape(window, (-1, length * channels)), kernel)
        return ops.reshape(forecast, (-1, horizon, outputs)) + self.bias
