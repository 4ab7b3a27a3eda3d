"""Time series: from a CSV file or a DataFrame to windows of the past and the values that follow.

The last share of each series is the test part, and nothing of it enters training: no target and no statistic; missing
values are filled within each part. A training window is a pure function of (seed, epoch, index).
"""

from kerasdl.data.series.forecasts import forecast
from kerasdl.data.series.mackey_glass import mackey_glass
from kerasdl.data.series.time_series import Season, TimeSeries, from_csv, from_frame
from kerasdl.data.series.time_table import Duplicates, Fill, SplitSeries, read_series

__all__ = [
    "Duplicates",
    "Fill",
    "Season",
    "SplitSeries",
    "TimeSeries",
    "forecast",
    "from_csv",
    "from_frame",
    "mackey_glass",
    "read_series",
]
