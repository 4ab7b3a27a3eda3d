from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import distribute
from kerasdl.runs import set_up_devices


def test_devices_and_seed(capsys):
    expected = {"devices": ["CPU"], "workers": 1, "precision": "float32", "deterministic": True}
    if not tf.config.list_physical_devices("GPU"):
        assert set_up_devices("auto", seed=3) == expected
        assert "Devices: CPU; precision: float32" in capsys.readouterr().out
    assert set_up_devices("mixed_bfloat16", seed=3)["precision"] == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    one = np.random.rand()
    set_up_devices("float32", seed=3)
    assert np.random.rand() == one


@pytest.fixture
def calls(monkeypatch):
    """What is called on a machine with one GPU."""
    found = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    experimental = tf.config.experimental
    monkeypatch.setattr(
        experimental, "get_device_details", lambda gpu: {"device_name": "T4", "compute_capability": (7, 5)}
    )
    monkeypatch.setattr(experimental, "set_memory_growth", lambda gpu, grows: found.append("memory growth"))
    monkeypatch.setattr(experimental, "enable_op_determinism", lambda: found.append("determinism"))
    return found


@pytest.mark.parametrize(("asked", "expected"), [((), False), ((False,), False), ((True,), True)])
def test_operations_on_a_gpu_are_deterministic_if_asked_for(calls, capsys, asked, expected):
    found = set_up_devices("auto", 3, *asked)
    assert found == {"devices": ["T4"], "workers": 1, "precision": "mixed_float16", "deterministic": expected}
    assert calls == ["memory growth", *["determinism"] * expected]
    assert capsys.readouterr().out == "Devices: T4; precision: mixed_float16\n"


def test_the_workers_meet_after_tensorflow_has_its_options_and_before_it_works(calls, monkeypatch, capsys):
    monkeypatch.setattr(distribute, "strategy", lambda: calls.append("strategy"))
    monkeypatch.setattr(keras.utils, "set_random_seed", lambda seed: calls.append("seed"))
    monkeypatch.setattr(distribute, "workers", lambda: 4)
    assert set_up_devices("auto", seed=3)["workers"] == 4
    assert calls == ["memory growth", "strategy", "seed"]
    assert capsys.readouterr().out == "Devices: T4; precision: mixed_float16; one of 4 workers\n"


def test_a_cpu_is_deterministic_with_stock_operations(calls, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    for asked in (False, True):
        assert set_up_devices("auto", 3, asked)["deterministic"] is True
    assert calls == []


def test_every_recipe_passes_the_option_on():
    recipes = [path.read_text() for path in (Path(__file__).parents[2] / "recipes").glob("*.py")]
    recipes = [text for text in recipes if "set_up_devices(" in text]
    assert len(recipes) == 6
    assert all(
        text.count("set_up_devices(config.run.precision, config.run.seed, config.run.deterministic)")
        for text in recipes
    )


def test_every_recipe_makes_its_network_in_the_scope_of_the_workers():
    recipes = [path.read_text() for path in (Path(__file__).parents[2] / "recipes").glob("*.py")]
    assert all("distribute.strategy().scope()" in text for text in recipes if "set_up_devices(" in text)


@pytest.mark.gpu
def test_memory_grows_on_the_gpu():
    assert set_up_devices("auto", seed=0)["precision"] != "float32"
