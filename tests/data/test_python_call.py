import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data import python_call as module
from kerasdl.data.python_call import Buffers, python_call

# With `tf.numpy_function` instead of `python_call` this process never ends.
LATE_CALLS = """
import time
import tensorflow as tf
from kerasdl.data.python_call import python_call

def slow(x):
    time.sleep(0.01)
    return x

def call(x):
    return python_call(slow, [x], [tf.int64])[0]

iterator = iter(tf.data.Dataset.range(10**6).map(call, num_parallel_calls=2).prefetch(1000))
print(int(next(iterator)))
# A cycle is destroyed while the interpreter shuts down; so are the frames of a traceback.
cycle = [iterator]
cycle.append(cycle)
del cycle, iterator
"""


@pytest.fixture
def gate(monkeypatch):
    """A gate of its own, so that closing it does not end the calls of other tests."""
    gate = module._Gate("kerasdl_test_gate")
    monkeypatch.setattr(module, "_gate", lambda: gate)
    return gate


def test_calls_the_function():
    @tf.function
    def traced(x):
        return python_call(lambda a: (a + 1, a > 1), [x], [tf.int64, tf.bool])

    for function in (traced, traced.python_function):
        found = function(tf.constant([1, 2], tf.int64))
        assert [each.numpy().tolist() for each in found] == [[2, 3], [False, True]]


def test_in_the_scope_of_a_strategy(two_devices, gate):
    with two_devices.scope():
        found = tf.data.Dataset.range(3).map(lambda x: python_call(lambda a: 2 * a, [x], [tf.int64])[0])
        assert list(found.as_numpy_iterator()) == [0, 2, 4]


def test_a_closed_gate_is_an_error_and_calls_nothing(gate):
    called = []
    found = tf.data.Dataset.range(3).map(lambda x: python_call(lambda a: called.append(a) or a, [x], [tf.int64])[0])
    assert list(found.as_numpy_iterator()) == [0, 1, 2]
    gate.close()
    with pytest.raises(tf.errors.InvalidArgumentError, match="The process ends"):
        next(iter(found))
    assert len(called) == 3


def test_closing_waits_for_the_calls_under_way(gate):
    ended = []

    def slow(x):
        time.sleep(0.3)
        ended.append(x)
        return x

    thread = threading.Thread(target=python_call, args=(slow, [tf.constant(1)], [tf.int32]))
    thread.start()
    while not gate._inside:
        time.sleep(0.001)
    gate.close()
    assert np.array_equal(ended, [1])
    thread.join()


def test_a_process_ends_although_its_pipeline_goes_on_calling():
    finished = subprocess.run([sys.executable, "-c", LATE_CALLS], capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "0"


def test_buffers_begin_where_tensorflow_takes_them_without_a_copy():
    buffers = Buffers(most_idle=25_000)
    assert buffers.unfilled((0, 4), np.float32).shape == (0, 4)
    for shape in ((3,), (5, 7), ()):
        array = buffers.unfilled(shape, np.float32)
        assert (array.shape, array.dtype, array.ctypes.data % 64) == (shape, np.float32, 0)
    filled = {}

    def fill():
        filled["array"] = buffers.unfilled((1000,), np.float32)
        filled["array"][:] = 1
        return filled["array"]

    tensor = tf.function(lambda: python_call(fill, [], [tf.float32])[0])()
    filled["array"][:] = 2
    assert tensor.numpy().tolist() == [2] * 1000


def test_a_buffer_is_used_again_only_when_no_view_and_no_tensor_holds_it():
    buffers = Buffers(most_idle=25_000)

    def fill(value):
        array = buffers.unfilled((1000,), np.int64)
        array[:] = value
        return array

    call = tf.function(lambda value: python_call(fill, [value], [tf.int64])[0])
    tensors = [call(tf.constant(value, tf.int64)) for value in range(4)]
    assert [set(each.numpy().tolist()) for each in tensors] == [{0}, {1}, {2}, {3}]
    array = buffers.unfilled((1000,), np.int64)
    place, view = array.ctypes.data, array.reshape(10, 100)[2:]
    del array
    assert buffers.unfilled((1000,), np.int64).ctypes.data != place
    del view
    again = buffers.unfilled((900,), np.int64)
    assert again.ctypes.data == place
    assert buffers.unfilled((2000,), np.int64).ctypes.data != place
    del again
    # Far larger than needed, it stays for who needs it.
    assert buffers.unfilled((10,), np.int64).ctypes.data != place
    many = [buffers.unfilled((1000,), np.int64) for _ in range(9)]
    del many, tensors
    assert sum(map(len, buffers._idle)) == 3 * (8000 + 64)
