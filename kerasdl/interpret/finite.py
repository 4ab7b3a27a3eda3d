"""Predictions that are not finite: how many there are."""

from typing import Any

from kerasdl.interpret.showing import counted


def not_finite(result: Any) -> str:
    """A sentence if there are samples without a finite prediction; otherwise empty.

    Example:
        >>> not_finite(found)
        ''
    """
    count = len(result.targets) - len(result.finite.targets)
    verb, them = ("has", "it") if count == 1 else ("have", "them")
    samples = counted(len(result.targets), "sample")
    return f"{count:,} of {samples} {verb} no finite prediction: figures leave {them} out." if count else ""
