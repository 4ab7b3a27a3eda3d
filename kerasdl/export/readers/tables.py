"""Makes numbers of rows for the model beside this file. Needs preprocessing.json, Python and NumPy alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np

Rows = list[dict[str, Any]]


def prepare(rows: Rows, facts: dict[str, Any] | None = None) -> dict[str, np.ndarray]:
    """Rows as {"categories": int32 (rows, columns), "numbers": float32 (rows, numbers)}, whichever the model takes.

    A row has a number, a text or an ISO date for each column; None, NaN or "" where it is missing.
    """
    facts = facts or json.loads(Path(__file__).with_name("preprocessing.json").read_text("utf-8"))
    read = {"number": number, "date": date, "category": category}
    found: dict[str, np.ndarray] = {}
    for name, columns in facts["columns"].items():
        parts = [read[each["kind"]]([row[each["name"]] for row in rows], each) for each in columns]
        found[name] = np.concatenate(parts, axis=1)
    return found


def number(values: list[Any], facts: dict[str, Any]) -> np.ndarray:
    """Scaled, the median where it is missing, and perhaps a flag that says so."""
    numbers = np.array([np.nan if value in (None, "") else float(value) for value in values])
    missing = np.isnan(numbers)
    scaled = (np.where(missing, facts["median"], numbers) - facts["mean"]) * (1 / facts["std"])
    if facts["limit"] is not None:
        scaled = scaled / np.maximum(np.sqrt(1 + np.square(scaled * (1 / facts["limit"]))), 1)
    return np.stack([scaled, missing] if facts["flag"] else [scaled], axis=1).astype(np.float32)


def category(values: list[Any], facts: dict[str, Any]) -> np.ndarray:
    """Its place among the known values; 0 for any other."""
    place = {value: place for place, value in enumerate(facts["values"])}
    return np.array([[place.get("" if value is None else str(value), 0)] for value in values], np.int32)


def date(values: list[Any], facts: dict[str, Any]) -> np.ndarray:
    """Days since 1970, scaled; sine and cosine of its place in year, month, week and day; whether it is missing."""
    one, found = np.float32, []
    circle = np.arange(8192) * (2 * np.pi / 8192)
    for value in values:
        digits = [int(each) if each in "0123456789" else -1 for each in str(value or "")[:19].ljust(19)]
        year, month, day = (number_of(digits, at, count) for at, count in ((0, 4), (5, 2), (8, 2)))
        if min(digits[at] for at in (0, 1, 2, 3, 5, 6, 8, 9)) < 0 or not (1 <= month <= 12 and 1 <= day <= 31):
            found.append([0.0] * 9 + [1.0])
            continue
        time = [max(each, 0) for each in digits]
        share = one(sum(number_of(time, at, 2) * size for at, size in ((11, 3600), (14, 60), (17, 1)))) * one(1 / 86400)
        days = days_since_1970(year, month, day)
        since = (days - days_since_1970(year, 1, 1), day - 1, (days + 3) % 7, 0)
        clocks = zip((one(each) + share for each in since), (365.25, 30.44, 7.0, 1.0), strict=True)
        turns = [int(clock * one(8192 / length)) % 8192 for clock, length in clocks]
        scaled = (one(days) + share - one(facts["mean"])) * one(1 / facts["std"])
        found.append([scaled, *(f(circle[turn]) for turn in turns for f in (np.sin, np.cos)), 0.0])
    return np.array(found, np.float32).reshape(len(values), 10)


def number_of(digits: list[int], at: int, count: int) -> int:
    """The number that some of the digits are."""
    return int(sum(digit * 10**place for place, digit in enumerate(reversed(digits[at : at + count]))))


def days_since_1970(year: int, month: int, day: int) -> int:
    """By the rules of the Gregorian calendar; a day that a month lacks counts on into the next one."""
    return int(np.datetime64(f"{year:04d}-{month:02d}", "M").astype("datetime64[D]").astype(int)) + day - 1
