"""Budget: how much several threads may hold together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """Bounds what several threads hold together; one that would exceed it waits until others have released theirs.

    Args:
        most: The bound. One thread alone may hold more.

    Example:
        >>> pixels = Budget(100_000_000)
        >>> with pixels.hold(12_000_000):
        ...     photograph = kerasdl.data.images.decode(Path("portrait.jpg").read_bytes(), channels=3)
    """

    def __init__(self, most: int) -> None:
        self._most, self._held, self._released = most, 0, threading.Condition()

    @contextmanager
    def hold(self, count: int) -> Iterator[None]:
        """Holds `count` within."""
        with self._released:
            self._released.wait_for(lambda: not self._held or self._held + count <= self._most)
            self._held += count
        try:
            yield
        finally:
            with self._released:
                self._held -= count
                self._released.notify_all()
