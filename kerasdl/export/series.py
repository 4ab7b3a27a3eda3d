"""Forecasters in the user's units."""

from typing import Any

import keras
from kerasdl.layers import PredictionIntervals


def series_model(
    model: keras.Model, scale: tuple[Any, Any], *, intervals: PredictionIntervals | None = None
) -> keras.Model:
    """Wrap a trained forecaster into a model whose inputs and outputs are in the user's units.

    Args:
        model: From standardized windows to standardized forecasts. The outputs are the first channels.
        scale: (mean, std), each with one number per channel of the windows.
        intervals: Adapted to forecasts of `model`, to return their intervals, too.

    Returns:
        A functional model that shares `model`'s weights: float32 (batch, lookback, channels) to float32 (batch,
        horizon, outputs), or with intervals (batch, horizon, 2 * levels + 1, outputs), in the user's units. `import
        kerasdl` before `keras.models.load_model` loads it again; `data.series.forecast(exported, frame, target=…)`
        forecasts what follows a table.

    Raises:
        ValueError: The numbers of means, standard deviations and channels differ.

    Example:
        >>> exported = kerasdl.export.series_model(model, (air.scale.mean, air.scale.std))
        >>> exported.predict(air.values[None, -air.lookback :])
    """
    mean, std = ([float(value) for value in values] for values in scale)
    _, lookback, channels = model.input_shape
    if not len(mean) == len(std) == channels:
        raise ValueError(
            "scale must hold one mean and one standard deviation per channel. "
            f"Received: {len(mean)} and {len(std)} for windows of {channels} channels"
        )
    outputs = model.output_shape[-1]
    window = keras.Input((lookback, channels), dtype="float32", name="window")
    # Two layers: a single multiplication and addition would lose the digits of a high level.
    centred = keras.layers.Rescaling(1.0, [-value for value in mean], dtype="float32", name="centre")(window)
    scaled = keras.layers.Rescaling([1 / value for value in std], dtype="float32", name="scale")(centred)
    units = keras.layers.Rescaling(std[:outputs], mean[:outputs], dtype="float32", name="units")
    forecast = model(scaled)
    return keras.Model(window, units(forecast if intervals is None else intervals([forecast, scaled])))
