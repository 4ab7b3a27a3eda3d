"""Options for time series, and the windows that they describe."""

from dataclasses import dataclass

from kerasdl.data import series
from kerasdl.runs.options import arguments_for, check_counts


@dataclass(frozen=True)
class SeriesData:
    """Options for time series.

    Example:
        >>> options = SeriesData(data="demand.csv", target=("load",), time=("hour",), horizon=24)
    """

    data: str = "mackey-glass"
    """'mackey-glass', or a CSV file with a header and one row per time."""
    target: tuple[str, ...] = ()
    """Column to forecast, or several."""
    time: tuple[str, ...] = ()
    """Column of time stamps, or several (year month day hour); by default rows are in order and evenly spaced."""
    covariates: tuple[str, ...] = ()
    """More columns whose past the forecast may use."""
    known: tuple[str, ...] = ()
    """More columns that are known ahead; rows at the end without a target are the future."""
    calendar: bool = False
    """Use the place in the day, the week and the year."""
    horizon: int = 1
    """Rows to forecast."""
    lookback: int | None = None
    """Past rows that a forecast uses; by default two seasons, at least 24."""
    season: series.Season = "auto"
    """Rows per season; auto depends on the spacing of the time stamps."""
    sort: bool = False
    """Sort the rows by time."""
    fill: series.Fill = None
    """Fill missing values and rows."""
    duplicates: series.Duplicates = "error"
    """Merge rows of one time into the first, the last or their mean."""
    encoding: str | None = None
    """Encoding of the file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of the file; by default the most frequent candidate in the header."""
    series: str | None = None
    """Column that names the series, if there are several."""
    valid_share: float = 1 / 3
    """Share of each series, at its end, for the test."""
    batch_size: int | None = None
    """Windows per batch; by default 64, or fewer for a short series."""

    def __post_init__(self) -> None:
        check_counts(batch_size=self.batch_size)


def load_series(options: SeriesData, *, seed: int) -> series.TimeSeries:
    """The windows that the options describe; the default data are a generated chaotic series, Mackey and Glass's.

    Raises:
        BadInput: As for `series.from_csv`.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> print(load_series(SeriesData(), seed=0))
        3,000 rows: 1,976 training and 1,000 test windows, from 24 rows of 1 channel to 1 of x
    """
    given = arguments_for(series.from_frame, options) | {"test_share": options.valid_share, "seed": seed}
    if options.data == "mackey-glass":
        return series.from_frame(series.mackey_glass(3000, seed=seed), **{**given, "target": "x"})
    return series.from_csv(options.data, encoding=options.encoding, separator=options.separator, **given)
