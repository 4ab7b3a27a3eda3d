"""Python functions inside tf.data pipelines, kept out of the interpreter's shutdown."""

import atexit
import math
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

# A thread that has passed the gate calls Python within microseconds, unless it is not scheduled.
SECONDS_TO_ENTER = 0.1
# Bytes: TensorFlow copies arrays that begin elsewhere.
ALIGNED = 64
# Buffers that are kept while no result needs them: one for each of two threads.
MOST_FREE = 2


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
    """Memory for the results of a call, used again when nothing holds a result any more.

    The kernel zeroes memory that it gives; of a batch of images that takes a tenth as long as to decode them.

    Example:
        >>> buffers = Buffers()
        >>> buffers.unfilled((2, 3), np.float32).shape
        (2, 3)
    """

    def __init__(self) -> None:
        self._free: list[bytearray] = []

    def unfilled(self, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """An array of any values, which TensorFlow takes as the result of a call without copying it."""
        count = math.prod(shape) * np.dtype(dtype).itemsize
        memory = self._taken()
        if len(memory) < count + ALIGNED:
            memory = bytearray(count + ALIGNED)
        whole = np.frombuffer(memory, np.uint8)
        first = -whole.ctypes.data % ALIGNED
        # Every view of `whole` holds it, because its memory is no array.
        weakref.finalize(whole, self._released, memory).atexit = False
        return whole[first : first + count].view(dtype).reshape(shape)

    def _taken(self) -> bytearray:
        # Several threads may take at a time: `pop` either gives a buffer or raises.
        try:
            return self._free.pop()
        except IndexError:
            return bytearray()

    def _released(self, memory: bytearray) -> None:
        if len(self._free) < MOST_FREE:
            self._free.append(memory)


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
