"""Process: one worker, on this machine or, within a Ray actor, on another one.

Ray sends this module to machines by its source, so it imports nothing but the standard library.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

# In place of an exit status: of a worker whose machine no longer answers.
LOST = -256
# The system gives out higher ones at any time.
_PORTS = range(20_000, 32_768)
# Begins a process of Linux: without its launcher a worker would wait for ever, and keep its run folder locked.
_ENDS_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Process:
    """A worker: finds an address, starts, is asked for its output, and ends with all that it has started.

    Args:
        host: Finds the address of the machine.

    Example:
        >>> worker = Process()
        >>> worker.start(["-c", "print('ready')"], {}, ".")
        >>> output, status = worker.poll()
        >>> worker.end()
    """

    def __init__(self, host: Callable[[], str] = lambda: "127.0.0.1") -> None:
        self._host = host
        self._reserved: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def address(self) -> str:
        """HOST:PORT at which this worker may listen; reserved until it starts."""
        # No seed chooses: with the same one, others that look for a port now would find the same.
        for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
            self._reserved = socket.socket()
            with contextlib.suppress(OSError):
                self._reserved.bind(("", port))
                return f"{self._host()}:{port}"
            self._reserved.close()
        raise OSError("No port is free")

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        """Starts Python with these arguments.

        Args:
            arguments: Of Python: a script and its options.
            environment: Variables beside those of the machine.
            folder: The working folder.

        Raises:
            FileNotFoundError: No such folder.
        """
        if self._reserved is not None:
            self._reserved.close()
        begin = ["-I", "-S", "-c", _ENDS_WITH_PARENT] if sys.platform == "linux" else []
        self._process = subprocess.Popen(
            [sys.executable, *begin, *arguments],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._output, False)

    def poll(self) -> tuple[bytes, int | None]:
        """The output since the last call, and the exit status: None while it runs, below 0 after a signal."""
        if self._process is None:
            return b"", None
        status, found = self._process.poll(), bytearray()
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._output, 2**16):
                found += part
        return bytes(found), status

    def send(self, number: int) -> None:
        """Sends a signal to the process, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> None:
        """Ends the process, and those that it has started."""
        if self._reserved is not None:
            self._reserved.close()
        if self._process is None or self._process.stdout is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
