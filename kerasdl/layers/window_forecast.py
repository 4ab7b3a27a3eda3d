"""WindowForecast: a naive forecast plus a network's correction."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops
from kerasdl.layers.window_normalization import standard_deviation


@keras.saving.register_keras_serializable("kerasdl")
class WindowForecast(keras.layers.Layer):
    """Adds a network's output to a naive forecast from the window.

    Args:
        season: Number of the window's last rows that the naive forecast repeats: 1 for the last one (persistence), 0
            for the window's mean.
        scaled: Whether the network's output is in units of the window's standard deviation, as after
            `WindowNormalization`.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Inputs [(batch, horizon, outputs), (batch, time, channels)]; the outputs are the first channels. Output float32
        (batch, horizon, outputs).

    Raises:
        ValueError: A window that is shorter than the season or has fewer channels than outputs.

    Example:
        >>> window = np.array([[[1.0], [2.0], [3.0]]])
        >>> kerasdl.layers.WindowForecast(season=2, scaled=False)([np.zeros((1, 3, 1)), window]).numpy().tolist()
        [[[2.0], [3.0], [2.0]]]
    """

    def __init__(self, season: int = 1, *, scaled: bool = True, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.season, self.scaled = season, scaled

    def build(self, input_shape: Sequence[Any]) -> None:
        (_, _, outputs), (_, length, channels) = input_shape
        if outputs > channels or self.season > length:
            raise ValueError(
                f"The window needs at least {self.season} rows (season) and one channel per output. "
                f"Received: windows {tuple(input_shape[1])} for {outputs} outputs"
            )

    def call(self, inputs: Sequence[Any]) -> Any:
        change, window = (ops.cast(each, "float32") for each in inputs)
        _, horizon, outputs = change.shape
        if self.scaled:
            change = change * standard_deviation(window[..., :outputs])
        return self._naive(window, horizon, outputs) + change

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "season": self.season, "scaled": self.scaled}

    def _naive(self, window: Any, horizon: int, outputs: int) -> Any:
        past = window[..., :outputs]
        if self.season == 0:
            return ops.mean(past, axis=1, keepdims=True)
        rows = [past.shape[1] - self.season + step % self.season for step in range(horizon)]
        return ops.take(past, rows, axis=1)
