from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import distribute
from kerasdl.runs import devices, set_up_devices


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
    monkeypatch.setattr(distribute, "largest_of_workers", list)
    assert set_up_devices("auto", seed=3)["workers"] == 4
    assert calls == ["memory growth", "strategy", "seed"]
    assert capsys.readouterr().out == "Devices: T4; precision: mixed_float16; one of 4 workers\n"


def test_a_cpu_is_deterministic_with_stock_operations(calls, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    for asked in (False, True):
        assert set_up_devices("auto", 3, asked)["deterministic"] is True
    assert calls == []


@pytest.mark.parametrize(("gain", "expected"), [(6.123, "mixed_bfloat16"), (1.9, "float32")])
def test_a_cpu_that_was_measured_gets_what_it_is_faster_with(gain, expected, monkeypatch, capsys):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(devices, "bfloat16_gain", lambda: gain)
    found = set_up_devices("auto", seed=3)
    assert (found["precision"], found["bfloat16_gain"]) == (expected, round(gain, 2))
    assert keras.config.dtype_policy().name == expected
    assert f"Devices: CPU; precision: {expected} (bfloat16 is {gain:.2f} times as fast)" in capsys.readouterr().out


def test_a_precision_that_is_given_is_not_measured(calls, monkeypatch):
    monkeypatch.setattr(devices, "bfloat16_gain", lambda: calls.append("measured"))
    set_up_devices("auto", seed=3)  # a GPU
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert "bfloat16_gain" not in set_up_devices("float32", seed=3)
    assert "measured" not in calls


@pytest.mark.parametrize("asked", ["auto", "float32"])
def test_of_several_workers_the_chief_chooses(asked, monkeypatch):
    """Those that measured something else, and those whose chief goes on with what a run began with."""
    sent = []
    monkeypatch.setattr(distribute, "largest_of_workers", lambda values: sent.append(values) or [2.0])
    monkeypatch.setattr(distribute, "is_chief", lambda: False)
    monkeypatch.setattr(devices, "bfloat16_gain", lambda: 1.0)
    assert set_up_devices(asked, seed=3)["precision"] == "mixed_bfloat16"
    monkeypatch.setattr(distribute, "is_chief", lambda: True)
    set_up_devices("mixed_float16", seed=3)
    assert sent == [[0], [1]]


def test_every_recipe_passes_the_option_on():
    recipes = [path.read_text() for path in (Path(__file__).parents[2] / "recipes").glob("*.py")]
    recipes = [text for text in recipes if "set_up_devices(" in text]
    assert len(recipes) == 6
    assert all(
        text.count("set_up_devices(run.precision, config.run.seed, config.run.deterministic)") for text in recipes
    )


def test_every_recipe_makes_its_network_in_the_scope_of_the_workers():
    recipes = [path.read_text() for path in (Path(__file__).parents[2] / "recipes").glob("*.py")]
    assert all("distribute.strategy().scope()" in text for text in recipes if "set_up_devices(" in text)


@pytest.mark.gpu
def test_memory_grows_on_the_gpu():
    assert set_up_devices("auto", seed=0)["precision"] != "float32"
