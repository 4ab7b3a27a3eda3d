import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.runs import best_precision, set_up_devices


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(9, 0)], "mixed_bfloat16"),
        ([(9, 0), (7, 5)], "mixed_float16"),
    ],
)
def test_precision_by_compute_capability(capabilities, expected):
    assert best_precision(capabilities) == expected


def test_devices_and_seed(capsys):
    expected = {"devices": ["CPU"], "precision": "float32"}
    if not tf.config.list_physical_devices("GPU"):
        assert set_up_devices("auto", seed=3) == expected
        assert "Devices: CPU; precision: float32" in capsys.readouterr().out
    assert set_up_devices("mixed_bfloat16", seed=3)["precision"] == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    one = np.random.rand()
    set_up_devices("float32", seed=3)
    assert np.random.rand() == one


@pytest.mark.gpu
def test_memory_grows_on_the_gpu():
    assert set_up_devices("auto", seed=0)["precision"] != "float32"
