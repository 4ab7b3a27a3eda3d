"""The end of a worker when another one has died."""

import os
import re
import sys
from types import TracebackType

import tensorflow as tf
from kerasdl.distribute.cluster import number_of, worker
from kerasdl.errors import LOST_PEER

# What TensorFlow says of a worker that no longer answers, by a missed heartbeat or a broken connection.
_LOST = re.compile(r"heartbeat|unhealthy|Collective ops is aborted|Connection (reset|refused)|Socket closed|recvmsg")
_TASK = re.compile(r"/job:(\w+)(?:/replica:\d+)?/task:(\d+)")


def end_with_one_line() -> None:
    """Make the loss of another worker, where no one handles it, end this process with one line instead of a traceback.

    TensorFlow notices within half a minute. The exit status is `errors.LOST_PEER`. The process ends at once, for an
    orderly end would wait for the other one.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not is_loss_of_a_worker(error):
            before(kind, error, traceback)
            return
        print(f"\n{line(error)}", file=sys.stderr, flush=True)
        os._exit(LOST_PEER)

    sys.excepthook = hook


def is_loss_of_a_worker(error: BaseException) -> bool:
    """Whether an error says that another worker is gone.

    Example:
        >>> is_loss_of_a_worker(ValueError("heartbeat"))
        False
    """
    return isinstance(error, tf.errors.OpError) and _LOST.search(error.message) is not None


def line(error: tf.errors.OpError) -> str:
    """What is said of it.

    Example:
        >>> line(tf.errors.UnavailableError(None, None, "Stopped sending heartbeats: /job:worker/task:1"))
        'A worker is lost, so this one ends: start all of them again. Received: worker 1'
    """
    named = [number_of(job, int(index)) for job, index in _TASK.findall(error.message)]
    # The message may name the worker that has noticed it, too.
    lost = next((f"worker {number}" for number in named if number != worker()), "another worker")
    return f"A worker is lost, so this one ends: start all of them again. Received: {lost}"
