"""The contract of every forecaster."""

import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.groups import layer_groups

from tests.contracts import FORECASTERS

WINDOWS = np.random.default_rng(0).standard_normal((6, 12, 3)).astype("float32")
FUTURES = np.random.default_rng(1).standard_normal((6, 4, 2)).astype("float32")


@pytest.fixture(params=FORECASTERS.values(), ids=FORECASTERS)
def build(request):
    return request.param


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_forecasts_are_float32_in_every_precision(build, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    outputs = build()(WINDOWS)
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 4, 2), "float32")


def test_saved_and_loaded_it_gives_the_same_bits(build, tmp_path):
    model = build()
    model.compile("adam", "mse")
    model.fit(WINDOWS, FUTURES, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(model.predict(WINDOWS, verbose=0), loaded.predict(WINDOWS, verbose=0))


def test_every_layer_is_named_by_its_group(build):
    model = build()
    groups = list(layer_groups(model))
    assert groups[-1] == "head"
    assert groups[:-1] == [f"stage{stage}" for stage in range(1, len(groups))]
    # The stem has no weights, so that it is no group to train.
    assert {layer.name.split("_")[0] for layer in model.layers} <= {"window", "stem", *groups}


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_weight_learns(build, jit):
    model = build()
    model.compile("adam", "mse", jit_compile=jit)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    model.fit(
        WINDOWS, FUTURES, epochs=2, verbose=0
    )  # a last layer of zeros lets nothing through to the others at first
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all()
        assert not np.array_equal(weight.numpy(), old), weight.path


def test_exported_it_gives_the_same_forecast_after_loading(build, tmp_path):
    exported = kerasdl.models.series_model(build(), ([10.0, 20.0, 30.0], [1.0, 2.0, 3.0]))
    exported.save(tmp_path / "model.keras")
    exported.export(tmp_path / "saved", verbose=False)
    expected = exported.predict(WINDOWS, verbose=0)
    assert np.array_equal(keras.models.load_model(tmp_path / "model.keras").predict(WINDOWS, verbose=0), expected)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(WINDOWS), expected, atol=1e-4)
