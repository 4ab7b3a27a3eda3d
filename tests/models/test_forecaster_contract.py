"""The contract of every forecaster."""

import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.groups import layer_groups

from tests.contracts import (
    FORECASTERS,
    assert_every_weight_changed,
    assert_same_predictions,
    costly,
    in_every_precision,
    variants_eagerly,
)

WINDOWS = np.random.default_rng(0).standard_normal((6, 12, 3)).astype("float32")
FUTURES = np.random.default_rng(1).standard_normal((6, 4, 2)).astype("float32")


def train(name, **options):
    """A model after two updates (a last layer of zeros passes no gradient at first), and its initial weights."""
    keras.utils.set_random_seed(0)
    model = FORECASTERS[name]()
    model.compile("adam", "mse", **options)
    model.optimizer.build(model.trainable_variables)  # so that the first step is traced once
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    for _ in range(2):
        model.train_on_batch(WINDOWS, FUTURES)
    return model, before


@pytest.fixture(scope="module", params=variants_eagerly(FORECASTERS))
def trained(request):
    """Read-only: one training for several tests."""
    name, eager = request.param
    return train(name, run_eagerly=eager)


@pytest.mark.parametrize(("name", "policy"), in_every_precision(FORECASTERS))
def test_forecasts_are_float32_in_every_precision(name, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    outputs = FORECASTERS[name]()(WINDOWS)
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 4, 2), "float32")


def test_reloaded_model_gives_the_same_bits(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same_predictions(model, loaded, WINDOWS)


def test_every_layer_is_named_by_its_group(trained):
    model, _ = trained
    groups = list(layer_groups(model))
    assert groups[-1] == "head"
    assert groups[:-1] == [f"stage{stage}" for stage in range(1, len(groups))]
    # The stem has no weights and so is no layer group.
    assert {layer.name.split("_")[0] for layer in model.layers} <= {"window", "stem", *groups}


def test_every_weight_learns(trained):
    assert_every_weight_changed(*trained)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORECASTERS)
def test_every_weight_learns_compiled(name):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("XLA does not compile cuDNN's recurrent kernels")
    assert_every_weight_changed(*train(name, jit_compile=True))


@pytest.mark.parametrize("name", [pytest.param(name, marks=costly(name)) for name in FORECASTERS])
def test_reloaded_export_gives_the_same_forecast(name, tmp_path):
    exported = kerasdl.export.series_model(FORECASTERS[name](), ([10.0, 20.0, 30.0], [1.0, 2.0, 3.0]))
    exported.save(tmp_path / "model.keras")
    exported.export(tmp_path / "saved", verbose=False)
    expected = exported.predict(WINDOWS, verbose=0)
    assert np.array_equal(keras.models.load_model(tmp_path / "model.keras").predict(WINDOWS, verbose=0), expected)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(WINDOWS), expected, atol=1e-4)
