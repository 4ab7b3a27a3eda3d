import keras
import numpy as np
import pytest
from kerasdl.errors import BadInput
from kerasdl.interpret.gradients import gradient


def test_the_gradient_of_a_sum():
    found = gradient(lambda x: x**3, np.array([[1.0, -2.0]], "float32"))
    assert (found.dtype, found.tolist()) == ("float32", [[3, 12]])


def test_what_has_no_gradient_is_refused():
    with pytest.raises(BadInput, match=r"by steps with gradients.*Received: a function of values \(2,\)"):
        gradient(lambda x: keras.ops.cast(x, "int32"), np.ones(2))


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(BadInput, match=r"need Keras on TensorFlow.*use occlusion.*Received: backend 'jax'"):
        gradient(lambda x: x, np.ones(2))
