"""Signals: Ctrl-C and SIGTERM end a fit between two steps."""

import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

_EXIT_STATUS = 128


class Signals:
    """Notes the first SIGINT or SIGTERM during a fit; the second one acts at once.

    Outside of the main thread, where Python handles no signals, nothing is noted.

    Args:
        fit: An object that lives in the frames of the fit, by which they are known: its list of callbacks.

    Attributes:
        received: The number of the signal; 0 if none has come.

    Example:
        >>> signals = Signals(keras.callbacks.CallbackList())
        >>> signals.received
        0
        >>> signals.end()
    """

    def __init__(self, fit: Any) -> None:
        self.received = 0
        self._fit = fit
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                while isinstance(earlier := getattr(signal.getsignal(number), "__self__", None), Signals):
                    if not earlier._before or earlier._is_in_fit(sys._getframe()):
                        break
                    earlier.end()  # of a fit that ended by an exception
                # Not those that are ignored, or handled outside of Python.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)

    def leave(self, where: str, command: str | None = None) -> NoReturn:
        """Ends the fit as the signal would have: by its handler, KeyboardInterrupt, or the end of the program."""
        number, before = self.received, self._before.get(self.received)
        self.end()
        how = f"\nTo go on: {command}" if command else ""
        print(f"\nStopped. Started again, it goes on at {where}{how}", file=sys.stderr)
        if callable(before):
            signal.raise_signal(number)
        raise SystemExit(_EXIT_STATUS + number)

    def end(self) -> None:
        """The signals do again what they did before."""
        before, self._before = self._before, {}
        for number, handler in before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received or not self._is_in_fit(frame):
            self.end()
            signal.raise_signal(number)
            return
        self.received = number
        print("\nStopping after this step; once more stops at once", file=sys.stderr)

    def _is_in_fit(self, frame: FrameType | None) -> bool:
        """Whether the signal came during the fit, which may have ended by an exception."""
        while frame is not None:
            if any(value is self._fit for value in frame.f_locals.values()):
                return True
            frame = frame.f_back
        return False
