"""Durations that can be compared: of functions that take turns, on one core."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Seconds for each function, and calls, after which a comparison ends.
SECONDS, CALLS = 2.0, 200
_THREADS = Path("/proc/self/task")


def in_turns(functions: Mapping[str, Callable[[int], Any]]) -> dict[str, float]:
    """The median seconds of a call of each function; they take turns, on one core where the system allows it (Linux).

    Args:
        functions: By name; each is called with 0, 1, 2 and so on, up to 200 times, or for about two seconds.

    Example:
        >>> sorted(in_turns({"keras": lambda call: None, "onnx": lambda call: None}))
        ['keras', 'onnx']
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    with _one_core():
        for each in functions.values():
            each(0)
        begun = time.perf_counter()
        for call in range(CALLS):
            for name, each in functions.items():
                started = time.perf_counter()
                each(call)
                times[name].append(time.perf_counter() - started)
            if time.perf_counter() - begun > SECONDS * len(functions):
                break
    return {name: statistics.median(each) for name, each in times.items()}


@contextmanager
def _one_core() -> Iterator[None]:
    """All threads of the process on one core, those that TensorFlow started before, too."""
    if not (hasattr(os, "sched_setaffinity") and _THREADS.is_dir()):
        yield
        return
    before = os.sched_getaffinity(0)
    try:
        _place({min(before)})
        yield
    finally:
        _place(before)


def _place(cores: set[int]) -> None:
    for thread in _THREADS.iterdir():
        try:
            os.sched_setaffinity(int(thread.name), cores)
        except (ProcessLookupError, PermissionError):  # it has ended meanwhile
            continue
