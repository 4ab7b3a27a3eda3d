"""TimeSeries: windows of the past and the values that follow, from a CSV file or a DataFrame."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tensorflow as tf
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.scale import Scale
from kerasdl.data.series.time_stamps import SEASONS
from kerasdl.data.series.time_table import Fill, Line, read_lines
from kerasdl.data.source import Source
from kerasdl.data.tabular import read_csv
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Season = int | Literal["auto"] | None
LEAST_DEFAULT_LOOKBACK = 24
STEPS_AN_EPOCH = 8


@dataclass(frozen=True, eq=False, kw_only=True)
class TimeSeries(HeldDatasets):
    """Windows of one or more time series, ready for `fit`.

    A batch is (window, future), standardized float32: (batch, lookback, channels) and (batch, horizon, outputs).
    Validation has a window for every origin in the test part, in the order of `valid_origins`.

    Attributes:
        scale: Between the user's units and the standardized values, one number per channel; from the training part.
        channels: Names of the channels of a window: the targets, then the covariates ("wind=NW" is 1 where it holds).
        outputs: Number of channels that are targets.
        values: float64 (rows, channels) in the user's units, series after series.
        times: Time stamp, or else number, of every row (rows,).
        train_origins: Row of the first target of each training window.
        valid_origins: Row of the first target of each test window.
        lookback: Rows per window.
        horizon: Rows per future.
        season: Rows per season, or None.
        spacing: Name of the spacing of the time stamps, or None.
        series: Rows of each series by name: (first row, first test row, row after the last).

    Example:
        >>> air = kerasdl.data.series.from_csv("airline.csv", target="Passengers", time="Month")
        >>> model.fit(air.train, validation_data=air.valid, epochs=100, shuffle=False)
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

    def windows(self, origins: np.ndarray) -> np.ndarray:
        """What came before each origin, in the user's units: (origins, lookback, channels)."""
        return self.values[np.asarray(origins)[:, None] + np.arange(-self.lookback, 0)]

    def futures(self, origins: np.ndarray) -> np.ndarray:
        """The targets from each origin on, in the user's units: (origins, horizon, outputs)."""
        return self.values[np.asarray(origins)[:, None] + np.arange(self.horizon), : self.outputs]

    def naive(self, origins: np.ndarray, season: int = 1) -> np.ndarray:
        """The last season before each origin, repeated; the last value (persistence) by default. As `futures`."""
        rows = np.asarray(origins)[:, None] - season + np.arange(self.horizon) % season
        return self.values[rows, : self.outputs]

    @property
    def better_naive(self) -> Literal["naive", "seasonal"]:
        """Which naive forecast that the window allows was better over the training part, in squared error."""
        if self.season is None or self.season > self.lookback:
            return "naive"
        truth = self.futures(self.train_origins)
        errors = [
            ((self.naive(self.train_origins, season) - truth) / self.scale.std[: self.outputs]) ** 2
            for season in (1, self.season)
        ]
        return "naive" if errors[0].mean() <= errors[1].mean() else "seasonal"

    @property
    def counts(self) -> dict[str, int]:
        """How many rows and series there are, and windows for training and for the test."""
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
        targets = ", ".join(self.channels[: self.outputs])
        season = f", season {self.season}" if self.season else ""
        return (
            f"{rows}{several}: {len(self.train_origins):,} training and {len(self.valid_origins):,} test windows, from "
            f"{self.lookback} rows of {channels} to {self.horizon} of {targets}{season}"
        )


def from_csv(
    path: str | Path, *, encoding: str | None = None, separator: str | None = None, **options: Any
) -> TimeSeries:
    """The series of a CSV file with a header.

    Args:
        path: The file.
        encoding: As for `csv_file.read_csv`.
        separator: Likewise.
        **options: As for `from_frame`.

    Raises:
        BadInput: As `read_csv` and `from_frame` say.

    Example:
        >>> sunspots = from_csv("sunspots.csv", target="Sunspots", time="Month", lookback=48)
    """
    return from_frame(read_csv(path, encoding=encoding, separator=separator), **options)


def from_frame(
    frame: "pd.DataFrame",
    *,
    target: str | Sequence[str],
    time: str | Sequence[str] | None = None,
    series: str | None = None,
    covariates: Sequence[str] = (),
    lookback: int | None = None,
    horizon: int = 1,
    stride: int = 1,
    test_share: float = 1 / 3,
    season: Season = "auto",
    batch_size: int | None = None,
    seed: int = 0,
    sort: bool = False,
    fill: Fill = None,
) -> TimeSeries:
    """The series of a table, a row a time.

    Args:
        frame: Numbers, or text that holds numbers.
        target: The column to forecast, or several.
        time: The column of time stamps; or several, such as year, month, day and hour. Without it rows are taken as
            they follow.
        series: A column that tells several series apart; no window spans two.
        covariates: More columns whose past is known; those of words become a channel of 0 and 1 a word.
        lookback: Rows of the past that a forecast sees; by default two seasons, at least 24, and at most a third of
            the training part.
        horizon: Rows to forecast.
        stride: Rows between two training windows; the test has a window at every row.
        test_share: Share of each series, its end, for the test. A test window may look back into the training part.
        season: Rows after which the series repeats itself, None, or "auto": what the spacing suggests (hourly 24,
            daily 7, business-daily 5, weekly 52, monthly 12, quarterly 4).
        batch_size: Windows a batch; the last one of an epoch may be smaller. By default 64, or as few as give an epoch
            eight steps, at least 8.
        seed: Of the order.
        sort: Sort rows by time.
        fill: Fill missing values and missing rows: "linear" by interpolation, "forward" by the last value; in the test
            part always the latter, and filled targets are not tested.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such column; cells that are no numbers or missing; time stamps that cannot be read, or are out of
            order, there twice, or not regularly spaced; too few rows; or an option out of range.

    Example:
        >>> two_a_day = from_frame(frame, target=["high", "low"], time="day", covariates=["rain"], horizon=7)
    """
    targets, time, covariates = _names(target), _names(time), _names(covariates)
    _check_columns(frame, targets=targets, time=time, series=series, covariates=covariates)
    _check_options(horizon=horizon, stride=stride, batch_size=batch_size, lookback=lookback, test_share=test_share)
    lines = read_lines(
        frame, targets, covariates, time=time, series=series, test_share=test_share, sort=sort, fill=fill
    )
    shortest = min(line.cut for line in lines.values())
    spacing = _common([line.spacing for line in lines.values()])
    season = _season(season, spacing, shortest)
    lookback = lookback or max(1, min(max(2 * (season or 0), LEAST_DEFAULT_LOOKBACK), (shortest - horizon) // 3))
    for name, line in lines.items():
        _check_length(name, line, lookback + horizon, horizon, test_share)

    tables = [line.table.to_numpy(np.float64) for line in lines.values()]
    ends = np.cumsum([len(table) for table in tables]).tolist()
    starts = [0, *ends[:-1]]
    places = {
        name: (start, start + line.cut, end)
        for (name, line), start, end in zip(lines.items(), starts, ends, strict=True)
    }
    origins = [
        _origins(line, start, lookback, horizon, stride) for line, start in zip(lines.values(), starts, strict=True)
    ]
    train_origins, valid_origins = (np.concatenate(part) for part in zip(*origins, strict=True))
    if not len(valid_origins):
        raise BadInput(f"All targets of the test part are filled in: nothing to test on. Received: fill={fill!r}")
    batch_size = batch_size or min(max(len(train_origins) // STEPS_AN_EPOCH, 8), 64)
    scale = Scale.of(np.concatenate([table[: line.cut] for table, line in zip(tables, lines.values(), strict=True)]))
    values = np.concatenate(tables)
    scaled = scale.apply(values)
    sources = [_source(scaled, part, lookback, horizon, len(targets)) for part in (train_origins, valid_origins)]
    return TimeSeries(
        train_source=sources[0],
        valid_source=sources[1],
        batch_size=batch_size,
        seed=seed,
        scale=scale,
        channels=tuple(next(iter(lines.values())).table),
        outputs=len(targets),
        values=values,
        times=np.concatenate([line.table.index.to_numpy() for line in lines.values()]),
        train_origins=train_origins,
        valid_origins=valid_origins,
        lookback=lookback,
        horizon=horizon,
        season=season,
        spacing=spacing,
        series=places,
    )


def _source(scaled: np.ndarray, origins: np.ndarray, lookback: int, horizon: int, outputs: int) -> Source:
    """Windows are cut out of the rows when they are asked for."""
    with tf.device("CPU"):
        rows, first, past = tf.constant(scaled), tf.constant(origins - lookback), tf.range(lookback, dtype=tf.int64)
    futures = scaled[origins[:, None] + np.arange(horizon), :outputs]
    names = [str(origin) for origin in origins]
    return Source(names, futures, lambda indices: tf.gather(rows, tf.gather(first, indices)[:, None] + past))


def _origins(line: Line, start: int, lookback: int, horizon: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """The first target rows of a series that begins at row `start`: for training, and for the test."""
    train = np.arange(lookback, line.cut - horizon + 1, stride)
    valid = np.arange(line.cut, len(line.table) - horizon + 1)
    measured = line.measured[valid[:, None] + np.arange(horizon)].all(axis=1)
    return start + train, start + valid[measured]


def _names(columns: str | Sequence[str] | None) -> list[str]:
    return [] if columns is None else [columns] if isinstance(columns, str) else list(columns)


def _check_columns(
    frame: "pd.DataFrame", *, targets: list[str], time: list[str], series: str | None, covariates: list[str]
) -> None:
    names = [*targets, *time, *covariates, *([series] if series is not None else [])]
    if not targets:
        raise BadInput(f"Name the column to forecast (target; --target). Received: columns {list(frame)}")
    for name in names:
        if name not in frame:
            raise BadInput(f"No column {name!r}: the table has {list(frame)}. Received: {name!r}")
        if names.count(name) > 1:
            raise BadInput(f"A column has one part to play, but {name!r} has two. Received: {names}")


def _check_options(*, test_share: float, **counts: int | None) -> None:
    for name, value in counts.items():
        if value is not None and value < 1:
            raise BadInput(f"{name} must be 1 at least. Received: {name}={value}")
    if not 0 < test_share < 1:
        raise BadInput(f"The share of the test must lie between 0 and 1. Received: test_share={test_share}")


def _common(spacings: list[str | None]) -> str | None:
    return spacings[0] if len(set(spacings)) == 1 else None


def _season(season: Season, spacing: str | None, train_rows: int) -> int | None:
    """A season of which the training part holds one at least."""
    if season == "auto":
        suggested = SEASONS.get(spacing or "")
        return suggested if suggested and suggested <= train_rows else None
    if season is not None and not 0 < season <= train_rows:
        raise BadInput(f"The training part must hold a season: its rows are {train_rows}. Received: season={season}")
    return season


def _check_length(name: str, line: Line, train_rows: int, horizon: int, test_share: float) -> None:
    """Raises unless there is a window for training and one for the test."""
    rows = len(line.table)
    if line.cut >= train_rows and rows - line.cut >= horizon:
        return
    needed = next(
        n for n in count(rows) if n - round(n * test_share) >= train_rows and round(n * test_share) >= horizon
    )
    raise BadInput(
        f"The series{f' {name!r}' if name else ''} is too short: looking {train_rows - horizon} rows back and "
        f"{horizon} ahead, with {test_share:.0%} for the test, takes {needed} rows. Shorten lookback or horizon, or "
        f"bring more rows. Received: {rows} rows"
    )
