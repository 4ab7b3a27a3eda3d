"""TimeSeries: windows of the past and the values that follow, from a CSV file or a DataFrame."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.pipeline import new_counter, validation
from kerasdl.data.scale import Scale
from kerasdl.data.series.drawing import draw_windows
from kerasdl.data.series.time_cycles import cycles_too_long
from kerasdl.data.series.time_stamps import SEASONS
from kerasdl.data.series.time_table import Duplicates, Fill, SplitSeries, read_series
from kerasdl.data.source import Source
from kerasdl.data.splits import Part
from kerasdl.data.tabular import names_of, read_csv
from kerasdl.errors import BadInput
from kerasdl.layers import ridge_regression

if TYPE_CHECKING:
    import pandas as pd
    from kerasdl.plots import Figure

Season = int | Literal["auto"] | None
LEAST_DEFAULT_LOOKBACK = 24
LEAST_STEPS_PER_EPOCH = 8
# Of the training part, for choices that must not see the test part.
LATER_SHARE = 1 / 4


@dataclass(frozen=True, eq=False, kw_only=True)
class TimeSeries(HeldDatasets):
    """Windows of one or more time series, ready for `fit`.

    A batch is (window, future), standardized float32: (batch, lookback, channels) and (batch, horizon, outputs).
    Validation has a window for every origin in the test part, in the order of `valid_origins`.

    Attributes:
        scale: Between the user's units and the standardized values, one number per channel; from the training part.
        channels: Names of the channels of a window: the targets, then the covariates ("wind=NW" is 1 where it holds),
            then what is known ahead.
        outputs: Number of channels that are targets.
        values: float64 (rows, channels) in the user's units, series after series. The channels that are known ahead
            hold the values of `horizon` rows later, so that a window ends with those of the steps to forecast.
        times: Time stamp, or else number, of every row (rows,).
        train_origins: Row of the first target of each training window.
        valid_origins: Row of the first target of each test window.
        lookback: Rows per window.
        horizon: Rows per future.
        season: Rows per season, or None.
        spacing: Name of the spacing of the time stamps, or None.
        series: Rows of each series by name: (first row, first test row, row after the last).
        merged_rows: Number of rows that were merged into another one of the same time.
        known: Number of channels, the last ones, that are known ahead.

    Example:
        >>> air = kerasdl.data.series.from_csv("airline.csv", target="Passengers", time="Month")
        >>> model.fit(air.train, validation_data=air.valid, epochs=10, shuffle=False)
    """

    scale: Scale = field(repr=False)
    channels: tuple[str, ...]
    outputs: int
    values: np.ndarray = field(repr=False)
    times: np.ndarray = field(repr=False)
    train_origins: np.ndarray = field(repr=False)
    valid_origins: np.ndarray = field(repr=False)
    lookback: int
    horizon: int
    season: int | None
    spacing: str | None
    series: dict[str, tuple[int, int, int]] = field(repr=False)
    merged_rows: int = 0
    known: int = 0

    def windows(self, origins: np.ndarray) -> np.ndarray:
        """Window before each origin, in the user's units: (origins, lookback, channels)."""
        return self.values[np.asarray(origins)[:, None] + np.arange(-self.lookback, 0)]

    def futures(self, origins: np.ndarray) -> np.ndarray:
        """Targets from each origin on, in the user's units: (origins, horizon, outputs)."""
        return self.values[np.asarray(origins)[:, None] + np.arange(self.horizon), : self.outputs]

    def naive(self, origins: np.ndarray, season: int = 1) -> np.ndarray:
        """Naive forecast: the last season (by default the last value) before each origin, repeated; as `futures`."""
        rows = np.asarray(origins)[:, None] - season + np.arange(self.horizon) % season
        return self.values[rows, : self.outputs]

    @property
    def better_naive(self) -> Literal["naive", "seasonal"]:
        """Naive forecast with the smaller squared error on the training part; "naive" if no season fits the window."""
        if self.season is None or self.season > self.lookback:
            return "naive"
        truth = self.futures(self.train_origins)
        errors = [
            ((self.naive(self.train_origins, season) - truth) / self.scale.std[: self.outputs]) ** 2
            for season in (1, self.season)
        ]
        return "naive" if errors[0].mean() <= errors[1].mean() else "seasonal"

    def baselines(self, origins: np.ndarray) -> dict[str, np.ndarray]:
        """Forecasts that a network must beat, by name, each as `futures`; what they know beforehand is from training.

        "persistence" repeats the last value, "seasonal" the last season (if there is one), "mean" is the mean of the
        training part, "drift" continues the last value by the mean change of the training part, and "ridge" is the
        ridge regression of `layers.ridge_regression` on the window.

        Args:
            origins: Rows of the first targets.

        Example:
            >>> list(air.baselines(air.valid_origins))
            ['persistence', 'seasonal', 'mean', 'drift', 'ridge']
        """
        last, outputs = self.naive(origins), self.outputs
        ends = [(self.values[first], self.values[cut - 1], cut - 1 - first) for first, cut, _ in self.series.values()]
        change = sum(end - start for start, end, _ in ends)[:outputs] / max(sum(count for *_, count in ends), 1)
        kernel, bias = self._ridge
        scaled = np.tensordot(self.scale.apply(self.windows(origins)), kernel, 2) + bias
        return {
            "persistence": last,
            **({"seasonal": self.naive(origins, self.season)} if self.season else {}),
            "mean": np.broadcast_to(self.scale.mean[:outputs], last.shape),
            "drift": last + change * np.arange(1, self.horizon + 1)[:, None],
            "ridge": scaled * self.scale.std[:outputs] + self.scale.mean[:outputs],
        }

    @cached_property
    def _ridge(self) -> tuple[np.ndarray, np.ndarray]:
        rehearsal = self.rehearsal
        return ridge_regression(self.in_order, rehearsal.in_order, rehearsal.valid, season=self.season)

    @property
    def in_order(self) -> tf.data.Dataset:
        """Training batches in the order of `train_origins`, all on every worker: for statistics; moves no counter."""
        return validation(self.train_source, batch_size=self.valid_batch_size)

    @cached_property
    def rehearsal(self) -> "TimeSeries":
        """The training part alone; its test part is the later quarter of each series: to choose without the test part.

        The futures of its training end before its test begins, unless that would leave no window to train on.

        Example:
            >>> model.fit(air.rehearsal.train, validation_data=air.rehearsal.valid, epochs=1, shuffle=False)
        """
        origins, places, early, later = self.train_origins, {}, [], []
        for name, (first, cut, _) in self.series.items():
            mine = np.flatnonzero((first <= origins) & (origins < cut))
            count = max(1, round(len(mine) * LATER_SHARE))
            begin = origins[mine[-count]]
            parts = mine[origins[mine] + self.horizon <= begin], mine[:-count], mine
            early.append(next(part for part in parts if len(part)))
            later.append(mine[-count:])
            places[name] = first, int(begin), cut
        chosen = np.concatenate(early), np.concatenate(later)
        return replace(
            self,
            train_source=self.train_source.take(chosen[0]),
            valid_source=self.train_source.take(chosen[1]),
            train_origins=origins[chosen[0]],
            valid_origins=origins[chosen[1]],
            season=self.season if (self.season or 0) <= self.lookback else None,
            series=places,
            counter=new_counter(),
        )

    def draw(
        self,
        indices: Sequence[int],
        titles: Sequence[str],
        *,
        part: Part = Part.VALID,
        forecasts: np.ndarray | None = None,
    ) -> "Figure":
        """Draw windows of a part with the values that follow, in the user's units; see `Datasets.draw`.

        Args:
            indices: Which windows, from 0, in the order of the origins.
            titles: What is said of each; its series, if there are several, and the time of its origin stand before it.
            part: The part of the data.
            forecasts: float (windows, horizon, targets), in the user's units, drawn beside the true values.

        Raises:
            BadInput: There is no such window, or not one title and forecast for each.

        Example:
            >>> air.draw([0, 12], ["the first origin", "a year later"])
        """
        titles = self._titled(indices, titles, part, lambda name: self._place(int(name)))
        origins = (self.train_origins if part is Part.TRAIN else self.valid_origins)[np.asarray(indices, int)]
        parts = {"window": self.windows(origins), "truth": self.futures(origins)}
        if forecasts is not None:
            if forecasts.shape != parts["truth"].shape:
                raise BadInput(f"Forecasts must be {parts['truth'].shape}. Received: {forecasts.shape}")
            parts["forecast"] = forecasts
        return draw_windows(parts, titles, self.channels[: self.outputs])

    def caption(self, label: np.ndarray) -> str:
        """The values that follow a window, in the user's units: "Passengers 112", or the first and the last of them.

        Example:
            >>> air.caption(air.valid_labels[0])
            'Passengers ...'
        """
        future = Scale(self.scale.mean[: self.outputs], self.scale.std[: self.outputs]).readable(label)
        ends = future[[0, -1]] if len(future) > 1 else future
        return ", ".join(
            f"{name} {' … '.join(f'{value:.4g}' for value in values)}"
            for name, values in zip(self.channels, ends.T, strict=False)
        )

    def _place(self, origin: int) -> str:
        """The time of an origin, and its series if there are several."""
        time = str(self.times[origin])
        is_stamp = self.times.dtype.kind == "M"
        time = re.sub(r"(T00:00)?(:00)?(\.0+)?$", "", time).replace("T", " ") if is_stamp else f"row {time}"
        name = next(name for name, (begin, _, end) in self.series.items() if begin <= origin < end)
        return f"{name}, {time}" if len(self.series) > 1 else time

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows, series, training windows and test windows."""
        return {
            "rows": len(self.values),
            "series": len(self.series),
            "train_windows": len(self.train_origins),
            "valid_windows": len(self.valid_origins),
        }

    def __str__(self) -> str:
        rows = f"{len(self.values):,} {self.spacing + ' ' if self.spacing else ''}rows"
        several = f" of {len(self.series)} series" if len(self.series) > 1 else ""
        channels = f"{len(self.channels)} channel{'s' if len(self.channels) > 1 else ''}"
        channels += f" ({self.known} known ahead)" if self.known else ""
        targets = ", ".join(self.channels[: self.outputs])
        season = f", season {self.season}" if self.season else ""
        merged = f"; {self.merged_rows:,} duplicate rows were merged" if self.merged_rows else ""
        return (
            f"{rows}{several}: {len(self.train_origins):,} training and {len(self.valid_origins):,} test windows, from "
            f"{self.lookback} rows of {channels} to {self.horizon} of {targets}{season}{merged}"
        )


@known_arguments("from_frame")
def from_csv(
    path: str | Path, *, encoding: str | None = None, separator: str | None = None, **options: Any
) -> TimeSeries:
    """Make `TimeSeries` from a CSV file with a header.

    Args:
        path: Path of the file.
        encoding: As for `tabular.read_csv`.
        separator: As for `tabular.read_csv`.
        **options: As for `from_frame`.

    Returns:
        The datasets.

    Raises:
        BadInput: As for `tabular.read_csv` and `from_frame`.

    Example:
        >>> sunspots = from_csv("sunspots.csv", target="Sunspots", time="Month", lookback=48)
    """
    return from_frame(read_csv(path, encoding=encoding, separator=separator), **options)


@known_arguments()
def from_frame(
    frame: "pd.DataFrame",
    *,
    target: str | Sequence[str],
    time: str | Sequence[str] | None = None,
    series: str | None = None,
    covariates: Sequence[str] = (),
    known: Sequence[str] = (),
    calendar: bool = False,
    lookback: int | None = None,
    horizon: int = 1,
    stride: int = 1,
    test_share: float = 1 / 3,
    season: Season = "auto",
    batch_size: int | None = None,
    seed: int = 0,
    sort: bool = False,
    fill: Fill = None,
    duplicates: Duplicates = "error",
) -> TimeSeries:
    """Make `TimeSeries` from a DataFrame with one row per time.

    Args:
        frame: Numbers, or text that holds numbers. Columns may also be levels of its index.
        target: The column to forecast, or several.
        time: The column of time stamps; or several, such as year, month, day and hour. By default the index, if it
            holds times (a DatetimeIndex, a PeriodIndex, dates); otherwise the rows are used in their order.
        series: A column with the name of the series of each row; no window spans two series.
        covariates: More input columns, of which only the past is used; a column of words becomes one channel of 0 and
            1 per word.
        known: More input columns, which are known ahead: holidays, prices, plans. The forecast uses their past, and
            those of the steps to forecast. Rows at the end without a target are the future, which training leaves out.
        calendar: Add columns that are made from the time stamps: the place in the day, the week and the year, on
            circles (`time_cycles`); those that are longer than the spacing, and of which there are two in the training
            part.
        lookback: Rows per window; by default two seasons, at least 24 and the horizon if something is known ahead, and
            at most a third of the training part.
        horizon: Rows to forecast.
        stride: Rows between two training windows; the test has a window at every row.
        test_share: Share of each series, at its end, for the test. A test window may start in the training part.
        season: Rows per season, None, or "auto": the usual one of the spacing (hourly 24, daily 7, business-daily 5,
            weekly 52, monthly 12, quarterly 4).
        batch_size: Windows per batch; the last batch of an epoch may be smaller. By default at most 64, and small
            enough for eight steps per epoch, but at least 8.
        seed: Random seed of the order.
        sort: Sort rows by time.
        fill: Fill missing values and missing rows: "linear" by interpolation, "forward" with the last value. The test
            part is always filled forward, and its filled targets are not tested.
        duplicates: Rows of one series and time: "error", or merge them into one, the "first", the "last" or the "mean"
            (of words the first).

    Returns:
        The datasets.

    Raises:
        BadInput: A column does not exist; a cell is missing or not a number; time stamps are unreadable, unsorted,
            duplicated or not regularly spaced; there are too few rows; or an option is out of range.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> two_a_day = from_frame(weather, target=["high", "low"], time="day", covariates=["rain"], horizon=7)
    """
    targets = names_of(target)
    _check_options(horizon=horizon, stride=stride, batch_size=batch_size, lookback=lookback, test_share=test_share)
    found = read_series(
        frame,
        targets,
        covariates,
        time=time,
        series=series,
        test_share=test_share,
        sort=sort,
        fill=fill,
        duplicates=duplicates,
        known=known,
        calendar=calendar,
    )
    found = _without_long_cycles(found) if calendar else found
    shortest = min(each.train_rows for each in found.values())
    spacing = _common([each.spacing for each in found.values()])
    season = _season(season, spacing, shortest)
    columns = list(next(iter(found.values())).ahead)
    lookback = _lookback(lookback, season, shortest, horizon, known=bool(columns))
    for name, each in found.items():
        _check_length(name, each, lookback + horizon, horizon, test_share)

    tables = [each.leading(horizon).to_numpy(np.float64) for each in found.values()]
    ends = np.cumsum([len(table) for table in tables]).tolist()
    starts = [0, *ends[:-1]]
    places = {
        name: (start, start + each.train_rows, end)
        for (name, each), start, end in zip(found.items(), starts, ends, strict=True)
    }
    origins = [
        _origins(each, start, lookback, horizon, stride) for each, start in zip(found.values(), starts, strict=True)
    ]
    train_origins, valid_origins = (np.concatenate(part) for part in zip(*origins, strict=True))
    if not len(valid_origins):
        raise BadInput(f"All targets of the test part are missing: nothing to test on. Received: fill={fill!r}")
    batch_size = batch_size or min(max(len(train_origins) // LEAST_STEPS_PER_EPOCH, 8), 64)
    scale = Scale.of(np.concatenate([each.table[: each.train_rows].to_numpy(np.float64) for each in found.values()]))
    values = np.concatenate(tables)
    scaled = scale.apply(values)
    sources = [_source(scaled, part, lookback, horizon, len(targets)) for part in (train_origins, valid_origins)]
    return TimeSeries(
        train_source=sources[0],
        valid_source=sources[1],
        batch_size=batch_size,
        seed=seed,
        scale=scale,
        channels=tuple(next(iter(found.values())).table),
        outputs=len(targets),
        values=values,
        times=np.concatenate([each.table.index.to_numpy() for each in found.values()]),
        train_origins=train_origins,
        valid_origins=valid_origins,
        lookback=lookback,
        horizon=horizon,
        season=season,
        spacing=spacing,
        series=places,
        merged_rows=sum(each.merged for each in found.values()),
        known=len(columns),
    )


def _source(scaled: np.ndarray, origins: np.ndarray, lookback: int, horizon: int, outputs: int) -> Source:
    """Source that gathers windows from the rows on demand, so that overlapping windows take no memory."""
    with tf.device("CPU"):
        rows, first, past = tf.constant(scaled), tf.constant(origins - lookback), tf.range(lookback, dtype=tf.int64)
    futures = scaled[origins[:, None] + np.arange(horizon), :outputs]
    names = [str(origin) for origin in origins]
    return Source(names, futures, lambda indices: tf.gather(rows, tf.gather(first, indices)[:, None] + past))


def _origins(one: SplitSeries, start: int, lookback: int, horizon: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins of the training and of the test windows of a series that begins at row `start`."""
    train = np.arange(lookback, one.train_rows - horizon + 1, stride)
    valid = np.arange(one.train_rows, len(one.table) - horizon + 1)
    observed = one.observed[valid[:, None] + np.arange(horizon)].all(axis=1)
    return start + train, start + valid[observed]


def _check_options(*, test_share: float, **counts: int | None) -> None:
    for name, value in counts.items():
        if value is not None and value < 1:
            raise BadInput(f"{name} must be at least 1. Received: {name}={value}")
    if not 0 < test_share < 1:
        raise BadInput(f"test_share must be between 0 and 1. Received: test_share={test_share}")


def _without_long_cycles(found: dict[str, SplitSeries]) -> dict[str, SplitSeries]:
    """The series without those columns of the calendar that a training part does not show twice."""
    long = {
        name for each in found.values() for name in cycles_too_long([*each.ahead], each.table.index[: each.train_rows])
    }
    if long >= {name for each in found.values() for name in each.ahead}:
        raise BadInput(
            "The training part is too short for a calendar: it needs two days, weeks or years, whichever is longer "
            f"than the spacing. Received: columns {sorted(long)}"
        )
    return {
        name: replace(each, table=each.table.drop(columns=[*long]), ahead=each.ahead.drop(columns=[*long]))
        for name, each in found.items()
    }


def _lookback(lookback: int | None, season: int | None, train_rows: int, horizon: int, *, known: bool) -> int:
    if lookback is None:
        wanted = max(2 * (season or 0), LEAST_DEFAULT_LOOKBACK)
        return max(min(wanted, (train_rows - horizon) // 3), horizon if known else 1)
    if known and lookback < horizon:
        raise BadInput(
            f"A window ends with what is known of the {horizon} steps to forecast: lookback must be at least the "
            f"horizon. Received: lookback={lookback}"
        )
    return lookback


def _common(spacings: list[str | None]) -> str | None:
    return spacings[0] if len(set(spacings)) == 1 else None


def _season(season: Season, spacing: str | None, train_rows: int) -> int | None:
    """Length of the season, or None; the training part must hold at least one season."""
    if season == "auto":
        suggested = SEASONS.get(spacing or "")
        return suggested if suggested and suggested <= train_rows else None
    if season is not None and not 0 < season <= train_rows:
        raise BadInput(
            f"season must be between 1 and {train_rows}, the rows of the training part. Received: season={season}"
        )
    return season


def _check_length(name: str, one: SplitSeries, needed_rows: int, horizon: int, test_share: float) -> None:
    """Raise unless there is at least one training window and one test window."""
    rows = len(one.table)
    if one.train_rows >= needed_rows and rows - one.train_rows >= horizon:
        return
    least = max(rows, int(max((needed_rows - 0.5) / (1 - test_share), (horizon - 0.5) / test_share)) - 1)
    needed = next(
        n for n in count(least) if n - round(n * test_share) >= needed_rows and round(n * test_share) >= horizon
    )
    raise BadInput(
        f"The series{f' {name!r}' if name else ''} is too short: a lookback of {needed_rows - horizon} and a "
        f"horizon of {horizon}, with {test_share:.0%} of the rows for the test, need {needed} rows. Shorten "
        f"lookback or horizon, or add rows. Received: {rows} rows"
    )
