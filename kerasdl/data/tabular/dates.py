"""Dates in tables: inferring their format, and converting them to ISO 8601."""

import warnings
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.tabular.cells import cell, place
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

# A column with at least this share of numbers (or dates) holds numbers (or dates): its other cells are errors.
MOSTLY = 0.9
# Formats to try besides those that pandas guesses.
DATE_FORMS = ("ISO8601", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p")


def iso_dates(column: "pd.Series", form: str | None) -> np.ndarray:
    """Convert dates to ISO 8601 text, to the second, in UTC if they have a time zone; empty if missing."""
    import pandas as pd

    dates = _read_dates(column, form)
    wrong = (column.notna() & dates.isna()).to_numpy()
    if wrong.any():
        first = int(np.argmax(wrong))
        example = "2016-07-31" if form in (None, "ISO8601") else pd.Timestamp("2016-07-31 17:05").strftime(form)
        raise BadInput(
            f"Column {column.name!r} holds dates such as {example}, but {place(column, first)} is not one: "
            f"correct it. Received: {cell(column, first)!r}"
        )
    places, distinct = pd.factorize(dates)
    return np.array([*distinct.strftime("%Y-%m-%d %H:%M:%S"), ""], object)[places]


def date_form(values: "pd.Series") -> str | None:
    """Infer the date format of text, as for `strftime` or "ISO8601"; None if the values are not dates or not text.

    If two formats fit equally many values, as for 01/02/2016, the one with the month first is taken.

    Example:
        >>> date_form(pd.Series(["31.7.2016", "1.8.2016"]))
        '%d.%m.%Y'
    """
    from pandas.tseries.api import guess_datetime_format

    present = values.dropna()
    if present.empty or not isinstance(present.iloc[0], str):
        return None
    text = present.astype(str)
    with warnings.catch_warnings():
        # pandas warns that 31/01/2016 fits one order only; 01/02/2016 is tried in both.
        warnings.simplefilter("ignore", UserWarning)
        guesses = [guess_datetime_format(each, dayfirst=first) for first in (False, True) for each in text.iloc[:5]]
    forms = [*dict.fromkeys(form for form in guesses if form is not None), *DATE_FORMS]
    # Parse each distinct value once, because text columns have few.
    counts = text.value_counts()
    distinct = counts.index.to_series()
    read = {form: int(counts[_read_dates(distinct, form).notna().to_numpy()].sum()) for form in forms}
    best = max(read, key=lambda form: read[form])
    return best if read[best] / len(text) >= MOSTLY else None


def _read_dates(column: "pd.Series", form: str | None) -> "pd.Series":
    import pandas as pd

    if column.dtype.kind != "M":
        # pandas parses numbers as text, too, but deprecates it; and 20160731 may have become 20160731.0.
        column = column.astype(object).map(
            lambda value: str(value).removesuffix(".0") if isinstance(value, Real) else value
        )
    return pd.to_datetime(column, format=form or "ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
