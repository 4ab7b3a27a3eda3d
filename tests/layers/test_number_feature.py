import keras
import numpy as np
import pytest
from kerasdl.layers import NumberFeature

RAW = np.array([[4.0], [np.nan], [-2.0]], "float32")


def test_by_hand():
    flagged = NumberFeature(median=3.0, mean=2.0, std=2.0)
    assert flagged(RAW).numpy().tolist() == [[1.0, 0.0], [0.5, 1.0], [-2.0, 0.0]]
    assert NumberFeature(3.0, 2.0, 2.0, flag=False)(RAW).numpy().tolist() == [[1.0], [0.5], [-2.0]]


def test_large_numbers_are_clipped_smoothly():
    layer = NumberFeature(0.0, 2.0, 2.0, flag=False, limit=3.0)
    # 0.01 stays nearly as it is, 4 becomes 4 / sqrt(1 + 16 / 9), and half a million 3.
    np.testing.assert_allclose(layer(np.array([[2.02], [10.0], [1e6]]))[:, 0], [0.01, 2.4, 3.0], rtol=1e-5)
    with pytest.raises(ValueError, match="limit must be positive"):
        NumberFeature(0.0, 2.0, 2.0, limit=0.0)


def test_float32_under_a_half_precision_policy():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    outputs = NumberFeature(0.0, 2000.0, 1.0, flag=False)(np.array([[2001.0]], "float32"))
    assert (outputs.dtype.name, outputs.numpy().tolist()) == ("float32", [[1.0]])


def test_reload(tmp_path):
    inputs = keras.Input((1,))
    model = keras.Model(inputs, NumberFeature(3.0, 2.0, 2.0)(inputs))
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(RAW), model(RAW))


def test_several_columns_equal_each_alone():
    raw = np.array([[4.0, np.nan, 7.0], [np.nan, 1.0, np.nan]])
    together = NumberFeature([3.0, 1.0, 2.0], [2.0, 0.5, 2.0], [2.0, 3.0, 7.0], [True, False, True], limit=3.0)
    alone = [
        NumberFeature(3.0, 2.0, 2.0, limit=3.0),
        NumberFeature(1.0, 0.5, 3.0, flag=False, limit=3.0),
        NumberFeature(2.0, 2.0, 7.0, limit=3.0),
    ]
    expected = np.concatenate([layer(raw[:, [place]]) for place, layer in enumerate(alone)], axis=1)
    assert np.array_equal(together(raw), expected)
    assert together.compute_output_shape((None, 3)) == (None, 5)
    with pytest.raises(ValueError, match=r"equally many columns. Received: \[2, 1, 1, 1\]"):
        NumberFeature([3.0, 1.0], 2.0, 2.0)
