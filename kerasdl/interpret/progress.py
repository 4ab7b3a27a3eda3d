"""A progress bar for what takes longer than a second."""

import time
from collections.abc import Iterable, Iterator
from operator import length_hint
from typing import TypeVar

import keras

Item = TypeVar("Item")


def with_progress(items: Iterable[Item], unit: str = "batch", *, after: float = 1.0) -> Iterator[Item]:
    """Pass items on; once this has taken a second, show a bar of those that are done.

    Args:
        items: What is worked on, one after the other.
        unit: What an item is.
        after: Seconds without a bar.

    Yields:
        The items.

    Example:
        >>> list(with_progress(range(3)))
        [0, 1, 2]
    """
    total = length_hint(items) or None
    begin, bar, done, is_shown = time.monotonic(), keras.utils.Progbar(total, unit_name=unit), 0, False
    for done, item in enumerate(items, start=1):
        yield item
        if is_shown := is_shown or time.monotonic() - begin > after:
            bar.update(done)
    if is_shown and total is None:
        bar.update(done, finalize=True)
