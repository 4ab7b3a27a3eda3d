import keras
import numpy as np
import pytest
from kerasdl.layers import PiecewiseLinearEmbeddings


def test_by_hand():
    layer = PiecewiseLinearEmbeddings([[0, 1, 3], [0, 10]], size=2)
    layer.build((None, 2))
    # Weights of two intervals for each number; the second number has one interval.
    layer.set_weights([np.array([[[10.0], [100.0]], [[7.0], [1000.0]]])])
    # 2 is beyond the first interval and half way through the second; 5 is half way through its only one.
    assert layer(np.array([[2.0, 5.0]])).numpy().tolist() == [[2.0, 10 + 50, 5.0, 3.5]]
    # Beyond the edges only the number itself goes on.
    assert layer(np.array([[-9.0, 99.0]])).numpy().tolist() == [[-9.0, 0.0, 99.0, 7.0]]
    assert layer.compute_output_shape((None, 2)) == (None, 4)


def test_reload_in_half_precision(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, PiecewiseLinearEmbeddings([[0, 1, 3], [0, 10]])(inputs))
    assert model.output.dtype == "bfloat16"
    model.save(tmp_path / "model.keras")
    rows = np.array([[2.0, 5.0]], "float32")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(rows), model(rows))


def test_invalid_arguments():
    with pytest.raises(ValueError, match=r"edges that increase.*Received: \[\[1\.0, 1\.0\]\]"):
        PiecewiseLinearEmbeddings([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="expects 2 numbers"):
        PiecewiseLinearEmbeddings([[0, 1], [0, 1]])(np.zeros((1, 3)))
