"""Makes numbers of texts for the model beside this file. Needs preprocessing.json, Python and NumPy alone."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def prepare(texts: list[str], facts: dict[str, Any] | None = None) -> dict[str, np.ndarray]:
    """Texts as {"tokens": int32 (texts, steps)}, with 0 for padding; or as {"ngrams": …}, if the model takes those."""
    facts = facts or json.loads(Path(__file__).with_name("preprocessing.json").read_text("utf-8"))
    number_of = {word: number for number, word in enumerate(facts["words"])}
    found = [[number_of.get(token, 1) for token in tokens_of(text, facts)] for text in texts]
    steps = max(map(len, found), default=0)
    tokens = np.array([each + [0] * (steps - len(each)) for each in found], np.int32).reshape(len(texts), steps)
    return {"ngrams": ngrams_of(tokens, **facts["ngrams"])} if "ngrams" in facts else {"tokens": tokens}


def tokens_of(text: str, facts: dict[str, Any]) -> list[str]:
    """Its words, or its characters."""
    text = text.encode("utf-8", "replace").decode()
    for step, *given in facts["steps"]:
        if step == "replace":
            text = re.sub(given[0].replace("LETTERS", facts.get("letters", "")), given[1], text)
        elif step == "lower":
            text = re.sub(f"[^{facts['not_lowered']}]+", lambda part: part[0].lower(), text)
        elif step == "strip":
            text = text.strip(" \t\n\v\f\r")
        else:
            text = given[0] + text
    return list(text) if facts["split"] == "character" else [word.decode() for word in text.encode().split()]


def ngrams_of(
    tokens: np.ndarray, vocabulary_size: int, longest: int, codes: Sequence[int] = (), buckets: int | None = None
) -> np.ndarray:
    """The number of each different n-gram of each text, in ascending order among zeros."""
    following = last = tokens.astype(np.int64)
    found = [last]
    for _ in range(1, longest):
        following = np.pad(following[:, 1:], ((0, 0), (0, 1)))
        last = np.where((last > 0) & (following > 0), last * vocabulary_size + following, 0)
        found.append(last)
    bits, odd = 2**63 - 1, 0x1E3779B97F4A7C15
    mixed = (np.concatenate(found, axis=1) * odd) & bits
    mixed = ((mixed ^ (mixed >> 32)) * odd) & bits
    if buckets:
        numbers = np.where(mixed == 0, 0, mixed % buckets + 1)
    else:
        numbers = np.where(np.isin(mixed, codes), np.searchsorted(codes, mixed) + 1, 0)
    numbers = np.sort(numbers, axis=1).astype(np.int32)
    return np.where(np.diff(numbers, axis=1, prepend=-1) == 0, 0, numbers)
