"""OpenCV, loaded by the first image that needs it."""

from functools import cache
from types import ModuleType


@cache
def opencv() -> ModuleType:
    """The module cv2, on one thread: pipelines make several batches at a time, which is parallel enough.

    Example:
        >>> opencv().getNumThreads()
        1
    """
    import cv2

    cv2.setNumThreads(1)
    return cv2
