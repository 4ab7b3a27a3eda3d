"""Gradients and graphs of TensorFlow: the only place of this package that imports it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput


def gradient(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    """The gradient of a function with respect to its argument.

    Args:
        function: From a tensor to a tensor, whose sum is differentiated.
        at: Where; of floating point.

    Returns:
        float32, of the shape of `at`.

    Raises:
        BadInput: As for `with_gradient`.

    Example:
        >>> gradient(lambda x: x**2, np.array([1.0, -3.0]))
        array([ 2., -6.], dtype=float32)
    """
    return with_gradient(function)(at)[1]


def with_gradient(function: Callable[..., Any]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """A function that returns its values, and the gradient of their sum with respect to its first argument.

    Args:
        function: From tensors to a tensor.

    Raises:
        BadInput: Keras runs on another backend. In the call: the function does not depend on its argument by steps that
            have gradients.

    Example:
        >>> values, slopes = with_gradient(lambda x, y: x * y)(np.array([2.0]), np.array([5.0]))
        >>> values.tolist(), slopes.tolist()
        ([10.0], [5.0])
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise BadInput(
            "Gradients need Keras on TensorFlow: set KERAS_BACKEND=tensorflow, or use occlusion, which needs none. "
            f"Received: backend {backend!r}"
        )
    import tensorflow as tf

    def call(at: np.ndarray, *others: Any) -> tuple[np.ndarray, np.ndarray]:
        x = tf.constant(at)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            values = function(x, *others)
            total = tf.reduce_sum(values)
        found = tape.gradient(total, x)
        if found is None:
            raise BadInput(
                "The outputs do not depend on the inputs, or on the layer, by steps with gradients: integers, rounding "
                "and n-grams have none. Give another layer, or use occlusion, or word_importance for texts. "
                f"Received: a function of values {at.shape} without a gradient"
            )
        return values.numpy(), found.numpy().astype(np.float32)

    return call


def as_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, compiled at its first call; on another backend than TensorFlow as it is.

    Example:
        >>> as_graph(keras.ops.square)(tf.constant([1.0, -3.0])).numpy().tolist()
        [1.0, 9.0]
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    # Keras needs no AutoGraph, which would change the class of errors.
    graph = tf.function(function, autograph=False, reduce_retracing=True)
    # TensorFlow counts the layers of a class together, and would warn of the first calls of each.
    graph._omit_frequent_tracing_warning = True
    return graph
