"""Where a time stamp stands in the day, the week and the year, on circles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.series.time_stamps import usual_step
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

DAYS = {"day": 1, "week": 7, "year": 365.25}


def time_cycles(times: "pd.DatetimeIndex") -> "pd.DataFrame":
    """Sine and cosine of the place in the day, the week and the year, of all that are longer than the spacing.

    So the last hour of a day is near to the first one.

    Args:
        times: Two time stamps at least.

    Returns:
        float64, indexed by `times`: columns "day sine", "day cosine", "week sine", ….

    Raises:
        BadInput: The time stamps are a year or more apart.

    Example:
        >>> time_cycles(pd.date_range("2024-01-01 06:00", periods=2, freq="12h"))["day sine"].round(3).tolist()
        [1.0, -1.0]
    """
    import pandas as pd

    step = usual_step(times)
    names = [name for name, days in DAYS.items() if step < pd.Timedelta(days=0.99 * days)]
    if not names:
        raise BadInput(f"The calendar says nothing of time stamps a year or more apart. Received: a step of {step}")
    day = (times - times.normalize()) / pd.Timedelta(days=1)
    places = {
        "day": day,
        "week": (times.day_of_week + day) / 7,
        "year": (times.day_of_year - 1 + day) / np.where(times.is_leap_year, 366, 365),
    }
    columns: dict[str, np.ndarray] = {}
    for name in names:
        angles = 2 * np.pi * places[name].to_numpy(np.float64)
        columns |= {f"{name} sine": np.sin(angles), f"{name} cosine": np.cos(angles)}
    return pd.DataFrame(columns, times)


def cycles_too_long(columns: Sequence[str], times: "pd.DatetimeIndex") -> list[str]:
    """Those columns of `time_cycles` of which there are not two cycles between the first and the last time stamp.

    Example:
        >>> cycles_too_long(["day sine", "week sine"], pd.date_range("2024-01-01", "2024-01-09", freq="h"))
        ['week sine']
    """
    days = (times[-1] - times[0]).days
    ends = (" sine", " cosine")
    lengths = {f"{name}{end}": length for name, length in DAYS.items() for end in ends}
    return [name for name in columns if 2 * lengths.get(name, 0) > days]
