"""Gradients, by TensorFlow: the only place of this package that needs it."""

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
        BadInput: The function does not depend on its argument by steps that have gradients; Keras runs on another
            backend.

    Example:
        >>> gradient(lambda x: x**2, np.array([1.0, -3.0]))
        array([ 2., -6.], dtype=float32)
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise BadInput(
            "Gradients need Keras on TensorFlow: set KERAS_BACKEND=tensorflow, or use occlusion, which needs none. "
            f"Received: backend {backend!r}"
        )
    import tensorflow as tf

    x = tf.constant(at)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        total = tf.reduce_sum(function(x))
    found = tape.gradient(total, x)
    if found is None:
        raise BadInput(
            "The outputs do not depend on the inputs, or on the layer, by steps with gradients: integers, rounding and "
            "n-grams have none. Give another layer, or use occlusion, or word_importance for texts. "
            f"Received: a function of values {at.shape} without a gradient"
        )
    return found.numpy().astype(np.float32)
