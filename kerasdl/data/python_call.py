"""Python functions inside tf.data pipelines, kept out of the interpreter's shutdown."""

import atexit
import math
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

# A thread that has passed the gate calls Python within microseconds, unless it is not scheduled.
SECONDS_TO_ENTER = 0.1
# Bytes: TensorFlow copies arrays that begin elsewhere.
ALIGNED = 64
# Bytes: two batches of 64 photographs of 224 pixels, and what they are made from.
MOST_IDLE = 2**27


def python_call(
    function: Callable[..., Any], inputs: Sequence[tf.Tensor], output_types: Sequence[tf.DType], *, pure: bool = False
) -> list[tf.Tensor]:
    """`tf.numpy_function` for pipelines: an error, not a call, once the process ends.

    Python ends every thread that asks for the interpreter while it shuts down. If that is a thread of a pipeline that
    prefetches, the destructor of its iterator waits for it forever, and the process never ends.

    Args:
        function: From arrays to one array per output type.
        inputs: Its arguments.
        output_types: Of its results, at least one.
        pure: Whether the results depend on the inputs only, so that a dataset of such calls repeats itself.

    Returns:
        The results, of unknown shape.

    Example:
        >>> python_call(lambda x: x + 1, [tf.constant([1, 2])], [tf.int32])[0].numpy().tolist()
        [2, 3]
    """
    gate = _gate()

    def called(*arrays: np.ndarray) -> Any:
        with gate:
            return function(*arrays)

    def call() -> list[tf.Tensor]:
        return tf.numpy_function(called, inputs, list(output_types), stateful=not pure)

    def refuse() -> list[tf.Tensor]:
        with tf.control_dependencies([tf.debugging.Assert(False, ["The process ends."])]):
            return [tf.zeros([], each) for each in output_types]

    # `tf.cond` unpacks a list of one.
    return tf.nest.flatten(tf.cond(gate.is_closed(), refuse, call))


class Buffers:
    """Memory for the results of calls, used again when nothing holds a result any more.

    The kernel zeroes and maps the memory that it gives; for a batch of images that can take a quarter of the time.

    Args:
        most_idle: Bytes that are kept although no result needs them.

    Example:
        >>> buffers = Buffers(most_idle=2**20)
        >>> buffers.unfilled((2, 3), np.float32).shape
        (2, 3)
    """

    def __init__(self, most_idle: int) -> None:
        self._most_idle, self._idle = most_idle, list[bytearray]()

    def unfilled(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """An array of any values, which TensorFlow takes as the result of a call without copying it."""
        count = math.prod(shape) * np.dtype(dtype).itemsize
        memory = self._taken(count + ALIGNED) or bytearray(count + ALIGNED)
        whole = np.frombuffer(memory, np.uint8)
        first = -whole.ctypes.data % ALIGNED
        # Every view of `whole` holds it, because its memory is no array.
        weakref.finalize(whole, self._released, memory).atexit = False
        return whole[first : first + count].view(dtype).reshape(shape)

    # Several threads take and release, one of them perhaps while it takes: each line that changes the list is atomic.

    def _taken(self, count: int) -> bytearray | None:
        others, found = list[bytearray](), None
        while self._idle and found is None:
            with suppress(IndexError):  # another thread took the last one
                memory = self._idle.pop()
                if count <= len(memory) <= 2 * count:
                    found = memory
                else:
                    others.append(memory)
        self._idle.extend(others)
        return found

    def _released(self, memory: bytearray) -> None:
        self._idle.append(memory)
        while sum(map(len, self._idle)) > self._most_idle:
            with suppress(IndexError):
                self._idle.pop(0)


@cache
def buffers() -> Buffers:
    """Those that all pipelines share.

    Example:
        >>> buffers().unfilled((2, 3), np.float32).shape
        (2, 3)
    """
    return Buffers(MOST_IDLE)


class _Gate:
    """Counts the calls under way; once closed, waits for them and lets no other begin."""

    def __init__(self, name: str) -> None:
        # Raw operations: a `tf.Variable` made in the scope of a strategy would be mirrored.
        with tf.init_scope(), tf.device("CPU"):
            self._closed = tf.raw_ops.VarHandleOp(dtype=tf.bool, shape=[], shared_name=name)
            tf.raw_ops.AssignVariableOp(resource=self._closed, value=tf.constant(False))
        self._lock, self._inside = threading.Lock(), 0
        atexit.register(self.close)

    def is_closed(self) -> tf.Tensor:
        with tf.device("CPU"):
            return tf.raw_ops.ReadVariableOp(resource=self._closed, dtype=tf.bool)

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1

    def close(self) -> None:
        with tf.device("CPU"):
            tf.raw_ops.AssignVariableOp(resource=self._closed, value=tf.constant(True))
        time.sleep(SECONDS_TO_ENTER)
        while self._inside:
            time.sleep(SECONDS_TO_ENTER)


@cache
def _gate() -> _Gate:
    return _Gate("kerasdl_gate")
