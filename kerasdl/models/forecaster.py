"""Recurrent networks that forecast time series: from windows of the past to the next values."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import RidgeForecast, WindowForecast, WindowNormalization

Cell = Literal["lstm", "gru"]
Skip = Literal["naive", "seasonal", "ridge"] | None


@known_arguments()
def forecaster(
    input_shape: tuple[int, int],
    outputs: int,
    *,
    horizon: int = 1,
    cell: Cell = "lstm",
    units: Sequence[int] = (64,),
    decoder: bool = False,
    dropout: float = 0.0,
    normalization: Literal["window"] | None = "window",
    skip: Skip = "naive",
    season: int | None = None,
    known: int = 0,
    name: str = "forecaster",
) -> keras.Model:
    """A recurrent forecaster: LSTM (Hochreiter and Schmidhuber, 1997) or GRU (Cho et al., arXiv:1406.1078) layers.

    The network's output is added to a simple forecast (`skip`). Its last layer is initialized with zeros, so that the
    untrained model gives the simple forecast. Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per
    recurrent layer), `head_…`.

    Args:
        input_shape: (lookback, channels); the first channels are the ones to forecast.
        outputs: Number of channels to forecast.
        horizon: Number of steps to forecast.
        cell: "lstm" or "gru".
        units: Width of each recurrent layer.
        decoder: Whether to add a recurrent layer over the horizon that starts from the last layer's state (Sutskever et
            al., arXiv:1409.3215), for long horizons; otherwise one dense layer outputs all steps.
        dropout: Dropout rate after each recurrent layer.
        normalization: "window" standardizes each channel of each window and transforms the forecast back (reversible
            instance normalization, Kim et al., https://openreview.net/forum?id=cGDAkQo1C0p), for series whose level or
            spread changes; None for no normalization.
        skip: The simple forecast: "naive" repeats the last value, "seasonal" the last `season` values; "ridge" is
            linear in the window, with coefficients that `model.get_layer("head_forecast").adapt(…)` computes before
            training, see `layers.RidgeForecast`; None adds nothing (with normalization: the window's mean).
        season: Length of a season in steps, for skip="seasonal"; or, with skip="ridge", None for no season.
        known: Number of channels, the last ones, that are known ahead (`TimeSeries.known`): they are not normalized by
            window, so that the network sees whether a day is a holiday, whatever the other days of the window are.
        name: Name of the model.

    Returns:
        A functional model: (batch, lookback, channels) to float32 (batch, horizon, outputs).

    Raises:
        ValueError: An unknown cell, normalization or skip; no units; more outputs or known channels than there are; a
            season that is missing or longer than the lookback.

    Example:
        >>> model = kerasdl.models.forecaster((48, 7), 1, horizon=24, units=(64, 64), decoder=True)
        >>> model.output_shape
        (None, 24, 1)
    """
    _check(input_shape, outputs, known, cell=cell, units=units, normalization=normalization, skip=skip, season=season)
    make = _CELLS[cell]
    window = keras.Input(input_shape, name="window")
    x = WindowNormalization(known, name="stem_normalization")(window) if normalization else window
    for stage, width in enumerate(units, start=1):
        sequences = stage < len(units)
        x, *state = make(width, return_sequences=sequences, return_state=True, name=f"stage{stage}_{cell}")(x)
        x = layers.Dropout(dropout, name=f"stage{stage}_dropout")(x)
    if decoder:
        stage = len(units) + 1
        x = layers.RepeatVector(horizon, name=f"stage{stage}_repeat")(x)
        x = make(units[-1], return_sequences=True, name=f"stage{stage}_{cell}")(x, initial_state=state)
        x = layers.Dropout(dropout, name=f"stage{stage}_dropout")(x)
    x = _steps(x, horizon, outputs, "zeros" if skip else "glorot_uniform", is_sequence=decoder)
    if normalization or skip:
        rows = {"naive": 1, "seasonal": season, "ridge": season or 1, None: 0}[skip]
        kind = RidgeForecast if skip == "ridge" else WindowForecast
        x = kind(rows or 0, scaled=bool(normalization), name="head_forecast")([x, window])
    return keras.Model(window, x, name=name)


def _steps(x: Any, horizon: int, outputs: int, initializer: str, *, is_sequence: bool) -> Any:
    """Map features, of each step or of the window, to the outputs of each step."""
    width = outputs if is_sequence else horizon * outputs
    x = layers.Dense(width, kernel_initializer=initializer, dtype="float32", name="head_dense")(x)
    return x if is_sequence else layers.Reshape((horizon, outputs), dtype="float32", name="head_steps")(x)


def _check(
    input_shape: tuple[int, int],
    outputs: int,
    known: int,
    *,
    cell: str,
    units: Sequence[int],
    normalization: str | None,
    skip: str | None,
    season: int | None,
) -> None:
    if cell not in _CELLS:
        raise ValueError(f"cell must be one of {list(_CELLS)}. Received: cell={cell!r}")
    if normalization not in ("window", None):
        raise ValueError(f"normalization must be 'window' or None. Received: normalization={normalization!r}")
    if skip not in ("naive", "seasonal", "ridge", None):
        raise ValueError(f"skip must be 'naive', 'seasonal', 'ridge' or None. Received: skip={skip!r}")
    if not units:
        raise ValueError(f"units must hold at least one recurrent layer. Received: units={tuple(units)}")
    lookback, channels = input_shape
    if not 1 <= outputs <= channels:
        raise ValueError(
            f"outputs must be between 1 and the number of channels. Received: outputs={outputs} of {channels} channels"
        )
    if not 0 <= known <= channels - outputs:
        raise ValueError(
            f"known must be between 0 and the number of channels that are not forecast. Received: known={known} of "
            f"{channels - outputs}"
        )
    needs_season = skip == "seasonal" or (skip == "ridge" and season is not None)
    if needs_season and not 1 <= (season or 0) <= lookback:
        raise ValueError(
            f"skip={skip!r} needs a season between 1 and the lookback. Received: season={season}, lookback={lookback}"
        )


_CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}
