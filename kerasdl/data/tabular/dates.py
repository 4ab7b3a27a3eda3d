"""Dates in tables: how a column writes them, and the same in ISO 8601."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.tabular.cells import cell, place
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

# So much of a column must read as numbers (or dates) for what does not to be a mistake rather than another word.
MOSTLY = 0.9
# How dates may be written beside what pandas guesses.
DATE_FORMS = ("ISO8601", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p")


def iso_dates(column: "pd.Series", form: str | None) -> np.ndarray:
    """Dates as text in ISO 8601, to the second, in UTC where they have a time zone; empty where missing."""
    import pandas as pd

    dates = _read_dates(column, form)
    wrong = (column.notna() & dates.isna()).to_numpy()
    if wrong.any():
        first = int(np.argmax(wrong))
        example = "2016-07-31" if form in (None, "ISO8601") else pd.Timestamp("2016-07-31 17:05").strftime(form)
        raise BadInput(
            f"Column {column.name!r} holds dates such as {example}, but {place(column, first)} is none. "
            f"Received: {cell(column, first)!r}"
        )
    return dates.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").to_numpy(object)


def date_form(values: "pd.Series") -> str | None:
    """How most of these are written as dates, as `strftime` spells it or "ISO8601"; None if they are none, or no text.

    Of two forms that read as many, such as 01/02/2016 has, that with the month first.
    """
    from pandas.tseries.api import guess_datetime_format

    present = values.dropna()
    if present.empty or not isinstance(present.iloc[0], str):
        return None
    text = present.astype(str)
    with warnings.catch_warnings():
        # pandas warns that 31/01/2016 can be read in one order only; 01/02/2016 is tried in both.
        warnings.simplefilter("ignore", UserWarning)
        guesses = [guess_datetime_format(each, dayfirst=first) for first in (False, True) for each in text.iloc[:5]]
    forms = [*dict.fromkeys(form for form in guesses if form is not None), *DATE_FORMS]
    # Each value once, however often it stands there: words are few.
    counts = text.value_counts()
    distinct = counts.index.to_series()
    read = {form: int(counts[_read_dates(distinct, form).notna().to_numpy()].sum()) for form in forms}
    best = max(read, key=lambda form: read[form])
    return best if read[best] / len(text) >= MOSTLY else None


def _read_dates(column: "pd.Series", form: str | None) -> "pd.Series":
    import pandas as pd

    if column.dtype.kind != "M":
        column = column.astype(object)
    return pd.to_datetime(column, format=form or "ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
