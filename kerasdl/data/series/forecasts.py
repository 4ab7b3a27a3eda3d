"""Forecasts of an exported model beyond the end of a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
from kerasdl.data.series.time_stamps import continued
from kerasdl.data.series.time_table import Duplicates, Fill, SplitSeries, read_series
from kerasdl.data.tabular import names_of
from kerasdl.errors import BadInput
from kerasdl.export import Run
from kerasdl.layers import PredictionIntervals
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd


def forecast(
    exported: keras.Model,
    frame: "pd.DataFrame",
    *,
    target: str | Sequence[str],
    time: str | Sequence[str] | None = None,
    series: str | None = None,
    covariates: Sequence[str] = (),
    known: Sequence[str] = (),
    calendar: bool = False,
    channels: Sequence[str] | None = None,
    sort: bool = False,
    fill: Fill = None,
    duplicates: Duplicates = "error",
    run: Run | None = None,
) -> "pd.DataFrame":
    """Forecast the rows that follow the end of a table, from its last rows.

    Args:
        exported: A model from `export.series_model`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        frame: The columns that the model was trained on, as for `from_frame`, and at least its lookback of rows.
        target: As in training.
        time: As in training.
        series: As in training.
        covariates: As in training.
        known: As in training. Rows with these columns and without a target follow the end, one per step at least.
        calendar: As in training.
        channels: `TimeSeries.channels` of the training; by default the targets, the covariates, and what is known
            ahead. Needed if a column holds words, and then the first ones must be the targets.
        sort: As for `from_frame`.
        fill: As for `from_frame`.
        duplicates: As for `from_frame`.
        run: What computes, from `export.raw_runtime`; by default Keras's `predict`.

    Returns:
        A DataFrame with one row per step and one column per target, in the user's units; if the model has intervals,
        then their ends, too, as quantiles of each target: "Passengers 2.5 %", "Passengers 97.5 %". Its index continues
        the time stamps, or counts the steps from 1 if there are none; several series are its first level. The spacing
        of the stamps is that of the whole table: five rows from Monday to Friday are daily, and Saturday follows; with
        a row of the week before or after, they are business days, and Monday follows.

    Raises:
        BadInput: As for `from_frame`; the table has fewer rows than the lookback, or other columns than the model; the
            targets are not those that the model forecasts; a known column is missing for a step.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> model = keras.models.load_model("air.keras")
        >>> kerasdl.data.series.forecast(model, passengers, target="Passengers", time="Month")
    """
    pd = import_optional("pandas")
    targets = list(names_of(target))
    found = read_series(
        frame,
        targets,
        covariates,
        time=time,
        series=series,
        test_share=0,
        sort=sort,
        fill=fill,
        duplicates=duplicates,
        known=known,
        calendar=calendar,
        ahead=exported.output_shape[1],
    )
    columns = [*targets, *names_of(covariates), *names_of(known)]
    first = next(iter(found.values()))
    channels = (
        [*columns, *(name for name in first.ahead if name not in columns)] if channels is None else list(channels)
    )
    _check_targets(exported, targets, channels)
    _check_channels(exported, first.table, columns, channels)
    windows = np.stack([_window(name, each, channels, exported) for name, each in found.items()])
    predicted = run({exported.input.name: windows}) if run else exported.predict(windows, verbose=0)
    outputs, names = _with_quantiles(exported, predicted, targets)
    several = len(names_of(time)) > 1
    time_name = "time" if several else next(iter(names_of(time)), frame.index.name or "time")
    forecasts = [
        pd.DataFrame(values, _index_ahead(each, len(values), time_name), names)
        for each, values in zip(found.values(), outputs, strict=True)
    ]
    return forecasts[0] if series is None else pd.concat(forecasts, keys=list(found), names=[str(series)])


def _with_quantiles(exported: keras.Model, outputs: np.ndarray, targets: list[str]) -> tuple[np.ndarray, list[str]]:
    """The forecasts (series, horizon, columns) and the names of their columns."""
    intervals = [each for each in exported.layers if isinstance(each, PredictionIntervals)]
    if not intervals:
        return outputs, targets
    quantiles, middle = intervals[0].quantiles, len(intervals[0].levels)
    ends = [row for row in range(len(quantiles)) if row != middle]
    names = [f"{name} {100 * quantiles[row]:g} %" for name in targets for row in ends]
    others = outputs[:, :, ends].swapaxes(2, 3).reshape(*outputs.shape[:2], -1)
    return np.concatenate([outputs[:, :, middle], others], axis=2), [*targets, *names]


def _check_targets(exported: keras.Model, targets: Sequence[str], channels: Sequence[str]) -> None:
    """Raise unless the targets are the first channels, and as many as the model forecasts."""
    if len(targets) != exported.output_shape[-1]:
        raise BadInput(
            f"The number of targets is not that of the training: the model forecasts {exported.output_shape[-1]}. "
            f"Received: target={targets}"
        )
    if (trained := list(channels[: len(targets)])) != targets:
        raise BadInput(
            f"The model forecasts the first channels, {trained}: name them as target, in this order. "
            f"Received: target={targets}"
        )


def _check_channels(
    exported: keras.Model, table: "pd.DataFrame", columns: Sequence[str], channels: Sequence[str]
) -> None:
    """Raise unless the channels are those of the model, and each column holds words only if it did in training."""
    if len(channels) != exported.input_shape[-1]:
        raise BadInput(
            f"The model takes {exported.input_shape[-1]} channels: pass those of the training data as channels. "
            f"Received: channels {channels}"
        )
    if changed := [name for name in columns if (name in channels) != (name in table)]:
        raise BadInput(
            f"Columns {changed} hold words here but numbers in training, or the other way round: correct them. "
            f"Received: channels {list(table)}, in training {channels}"
        )


def _window(name: str, one: SplitSeries, channels: Sequence[str], exported: keras.Model) -> np.ndarray:
    """The last rows; a word of the training data that is absent has a channel of 0, and another word none."""
    lookback, horizon = exported.input_shape[1], exported.output_shape[1]
    if len(one.table) < lookback:
        of_series = f" of series {name!r}" if name else ""
        raise BadInput(
            f"A forecast needs the last {lookback} rows{of_series}: add rows. Received: {len(one.table)} rows"
        )
    return one.leading(horizon).reindex(columns=channels, fill_value=0.0).to_numpy(np.float32)[-lookback:]


def _index_ahead(one: SplitSeries, steps: int, name: str) -> "pd.Index":
    import pandas as pd

    index = one.table.index
    if not isinstance(index, pd.DatetimeIndex):
        return pd.RangeIndex(1, steps + 1, name="step")
    return (one.ahead.index if len(one.ahead) else continued(index, steps)).rename(name)
