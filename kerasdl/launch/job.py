"""Job: the workers of one command, started together, watched, and started again when one of them dies."""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from types import FrameType
from typing import NoReturn, Protocol

from kerasdl.errors import LOST_PEER
from kerasdl.launch.process import LOST

# Seconds: between two looks at the workers; from a failure until all are judged; for the others to end after the
# chief; for a checkpoint after Ctrl-C.
_PAUSE, _SETTLES, _ENDS, _SAVES = 0.1, 1.0, 10.0, 60.0


class Worker(Protocol):
    """A process somewhere; see `process.Process`."""

    def address(self) -> str: ...  # noqa: D102

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None: ...  # noqa: D102

    def poll(self) -> tuple[bytes, int | None]: ...  # noqa: D102

    def send(self, number: int) -> None: ...  # noqa: D102

    def end(self) -> None: ...  # noqa: D102


class Job:
    """Several workers that run the same script; the first one is their chief.

    A worker that is killed, or whose machine is lost, costs the steps since the last checkpoint: the others, which wait
    for it, are ended, and all start again. A script that fails by itself is not started again.

    Args:
        place: Gives the workers, which have not started; called again for every start.
        arguments: Of Python: the script and its options.
        folder: Their working folder.
        environment: More variables for all of them.
        restarts: How often all may be started again.
        write: Takes the output of the chief, and that of the others with the number of the worker before each line.

    Example:
        >>> from kerasdl.launch.process import Process
        >>> Job(lambda: [Process(), Process()], ["-c", "print('done')"], folder=".", write=len).run()
        0
    """

    def __init__(
        self,
        place: Callable[[], Sequence[Worker]],
        arguments: Sequence[str],
        *,
        folder: str,
        environment: Mapping[str, str] | None = None,
        restarts: int = 3,
        write: Callable[[bytes], object] | None = None,
    ) -> None:
        self._place, self._arguments, self._folder = place, list(arguments), folder
        self._environment, self._restarts = dict(environment or {}), restarts
        self._write = write or _to_stdout

    def run(self) -> int:
        """Runs the job to its end; the exit status of the script, or 128 and the number of a signal."""
        for again in count():
            workers = self._place()
            try:
                with _signals():
                    self._start(workers)
                    statuses = self._watch(workers)
            except KeyboardInterrupt as stop:
                number = stop.args[0] if stop.args else signal.SIGINT
                self._stop(workers, number)
                return 128 + int(number)
            finally:
                for each in workers:
                    each.end()
            if statuses[0] == 0:  # without it, others may fail at their end
                return 0
            worker, status = _cause(statuses)
            if not _is_death(status):
                return status
            if again == self._restarts:
                _say(f"{_described(worker, status)}. No restart is left of {self._restarts}")
                return LOST_PEER if status == LOST else 128 - status if status < 0 else status
            _say(
                f"{_described(worker, status)}. All start again from the last checkpoint: restart {again + 1} of "
                f"{self._restarts}"
            )
        raise AssertionError

    def _start(self, workers: Sequence[Worker]) -> None:
        self._lines = [b""] * len(workers)
        addresses = [each.address() for each in workers]
        for index, each in enumerate(workers):
            cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            # What TensorFlow remarks, the chief remarks, too.
            quiet = {"TF_CPP_MIN_LOG_LEVEL": "2"} if index else {}
            given = {**quiet, **self._environment, "TF_CONFIG": json.dumps(cluster)}
            each.start(self._arguments, given, self._folder)

    def _watch(self, workers: Sequence[Worker]) -> list[int | None]:
        """The exit statuses when all have ended, or soon after one has failed."""
        until = float("inf")
        while True:
            statuses = [self._poll(*each) for each in enumerate(workers)]
            if None not in statuses or time.monotonic() > until:
                return statuses
            if any(statuses):
                until = min(until, time.monotonic() + _SETTLES)
            elif statuses[0] == 0:
                until = min(until, time.monotonic() + _ENDS)
            time.sleep(_PAUSE)

    def _poll(self, index: int, worker: Worker) -> int | None:
        output, status = worker.poll()
        if index == 0:
            self._write(output)
            return status
        *lines, rest = (self._lines[index] + output).split(b"\n")
        if status is not None and rest:
            lines, rest = [*lines, rest], b""
        self._lines[index] = rest
        self._write(b"".join(b"[%d] %s\n" % (index, line) for line in lines))
        return status

    def _stop(self, workers: Sequence[Worker], number: int) -> None:
        """Lets the chief write a checkpoint. A second signal ends all at once."""
        _say("Stopping; once more stops at once")
        chief, until = workers[0], time.monotonic() + _SAVES
        with contextlib.suppress(KeyboardInterrupt), _signals():
            chief.send(number)
            while self._poll(0, chief) is None and time.monotonic() < until:
                time.sleep(_PAUSE)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Within it SIGTERM is answered as Ctrl-C is; Ray would end the program."""

    def interrupt(number: int, _: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cause(statuses: Sequence[int | None]) -> tuple[int, int]:
    """Which worker failed, and how, where others fail as well because they have lost it."""

    def rank(failure: tuple[int, int]) -> int:
        status = failure[1]
        is_consequence = status in (LOST_PEER, -signal.SIGABRT)
        return 2 if is_consequence else 0 if _is_death(status) else 1

    return min(((worker, status) for worker, status in enumerate(statuses) if status), key=rank)


def _is_death(status: int) -> bool:
    """Whether a worker was ended from outside, so that the same command may succeed."""
    return status in (LOST, LOST_PEER) or _signal(status) is not None


def _signal(status: int) -> signal.Signals | None:
    """The signal that ended a process, also one that it has handled."""
    number = -status if status < 0 else status - 128
    return signal.Signals(number) if number in {*signal.Signals} else None


def _described(worker: int, status: int) -> str:
    if status == LOST:
        return f"Worker {worker} is lost with its machine"
    if status == LOST_PEER:
        return f"Worker {worker} has lost another one"
    found = _signal(status)
    return f"Worker {worker} was ended by {found.name if found else status}"


def _say(text: str) -> None:
    print(f"launch: {text}", file=sys.stderr, flush=True)


def _to_stdout(output: bytes) -> None:
    if output:
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()
