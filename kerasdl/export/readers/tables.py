"""Makes numbers of rows for the model beside this file. Needs preprocessing.json, Python and NumPy alone."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np


def prepare(rows: list[dict[str, Any]], facts: dict[str, Any] | None = None) -> dict[str, np.ndarray]:
    """Rows as {"categories": int32 (rows, columns), "numbers": float32 (rows, numbers)}, whichever the model takes.

    A row has a number, a text or an ISO date for each column; None, NaN or "" where it is missing.
    """
    facts = facts or json.loads(Path(__file__).with_name("preprocessing.json").read_text("utf-8"))
    read = {"number": number, "date": date, "category": category}
    found = {}
    for name, columns in facts["columns"].items():
        numbers = [[part for each in columns for part in read[each["kind"]](row[each["name"]], each)] for row in rows]
        found[name] = np.array(numbers, np.int32 if name == "categories" else np.float32)
    return found


def number(value: Any, facts: dict[str, Any]) -> list[Any]:
    """Scaled, the median where it is missing, and perhaps a flag that says so."""
    given = float("nan" if value in (None, "") else value)
    scaled = ((facts["median"] if np.isnan(given) else given) - facts["mean"]) * (1 / facts["std"])
    if facts["limit"] is not None:
        scaled /= np.sqrt(1 + np.square(scaled * (1 / facts["limit"])))
    return [scaled, np.isnan(given)] if facts["flag"] else [scaled]


def category(value: Any, facts: dict[str, Any]) -> list[int]:
    """Its place among the known values; 0 for any other."""
    text = "" if value is None else str(value)
    return [facts["values"].index(text) if text in facts["values"] else 0]


def date(value: Any, facts: dict[str, Any]) -> list[Any]:
    """Days since 1970, scaled; sine and cosine of its place in year, month, week and day; whether it is missing."""
    text, one = str(value or "")[:19].ljust(19), np.float32
    digits = re.sub("[^0-9]", "0", text)
    year, month, day = digits[:4], int(digits[5:7]), int(digits[8:10])
    if not (re.match("[0-9]{4}.[0-9]{2}.[0-9]{2}", text, re.DOTALL) and 1 <= month <= 12 and 1 <= day <= 31):
        return [0.0] * 9 + [1.0]
    share = one(int(digits[11:13]) * 3600 + int(digits[14:16]) * 60 + int(digits[17:])) * one(1 / 86400)
    new_year, first = (int(np.datetime64(f"{year}-{each:02d}", "D").astype(int)) for each in (1, month))
    days = first + day - 1
    clocks = np.array([days - new_year, day - 1, (days + 3) % 7, 0], np.float32) + share
    turns = (clocks * np.array([8192 / length for length in (365.25, 30.44, 7, 1)], np.float32)).astype(int) % 8192
    angles = turns * (2 * np.pi / 8192)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=1).ravel()
    return [(one(days) + share - one(facts["mean"])) * one(1 / facts["std"]), *waves, 0.0]
