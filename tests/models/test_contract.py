"""The contract of every builder."""

import kerasdl
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.groups import layer_groups

from tests.contracts import (
    BUILDERS,
    SEQUENCE_BUILDERS,
    TABLE_BUILDERS,
    assert_every_weight_changed,
    assert_same_predictions,
    in_every_precision,
    variants_eagerly,
)

ALL = {**BUILDERS, **SEQUENCE_BUILDERS, **TABLE_BUILDERS}
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype("float32")
# Two sequences are shorter than the others.
SEQUENCES = np.random.default_rng(0).standard_normal((6, 9, 3)).astype("float32")
SEQUENCES[1, 4:], SEQUENCES[2, 1:] = np.nan, np.nan
ROWS = {
    "categories": np.random.default_rng(0).integers(0, 3, (6, 2)).astype("int32"),
    "numbers": np.random.default_rng(0).standard_normal((6, 4)).astype("float32"),
}
LABELS = np.array([0, 1, 2, 3, 4, 0])
# One builder for each kind of layer. A resnet consists of a convnet's layers; the forecaster of recipes/time_series.py,
# which is compiled, of recurrent ones.
COMPILED_IN_SUITE = {"convnet", "mlp", "tabular"}
EXPORTED_IN_SUITE = {"convnet", "mlp"}


def slow_except(names, suite):
    return [pytest.param(name, marks=[] if name in suite else pytest.mark.slow) for name in names]


def inputs_of(name, model):
    if name in TABLE_BUILDERS:
        return {part: ROWS[part] for part in model.input}
    return SEQUENCES if name in SEQUENCE_BUILDERS else IMAGES


def train(name, **options):
    """A model after two updates (the first may be needed to make a branch's gain nonzero), and its initial weights."""
    keras.utils.set_random_seed(0)
    model = ALL[name]()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    model.optimizer.build(model.trainable_variables)  # so that the first step is traced once
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    inputs = inputs_of(name, model)
    for _ in range(2):
        model.train_on_batch(inputs, LABELS)
    return model, inputs, before


@pytest.fixture(scope="module", params=variants_eagerly(ALL))
def trained(request):
    """Read-only: one training for several tests."""
    name, eager = request.param
    return train(name, run_eagerly=eager)


def test_outputs_are_logits_by_default(trained):
    model, inputs, _ = trained
    outputs = model(inputs)
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 5), "float32")
    assert not np.allclose(np.sum(outputs, axis=1), 1)


@pytest.mark.parametrize(("name", "policy"), in_every_precision(ALL))
def test_logits_and_probabilities_are_float32_in_every_precision(name, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    model = ALL[name](classifier_activation="softmax")
    outputs = model(inputs_of(name, model))
    assert {model.get_layer("head_logits").output.dtype, outputs.dtype.name} == {"float32"}
    np.testing.assert_allclose(np.sum(outputs, axis=1), 1, atol=1e-5)


def test_reloaded_model_gives_the_same_bits(trained, tmp_path):
    model, inputs, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same_predictions(model, loaded, inputs)


def test_every_layer_is_named_by_its_group(trained):
    model, _, _ = trained
    names = {layer.name.split("_")[0] for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)}
    assert names <= {"stem", "stage1", "stage2", "stage3", "head"}
    assert list(layer_groups(model))[-1] == "head"


def test_every_weight_learns(trained):
    model, _, before = trained
    assert_every_weight_changed(model, before)


@pytest.mark.parametrize("name", slow_except(ALL, COMPILED_IN_SUITE))
def test_every_weight_learns_compiled(name):
    if name in SEQUENCE_BUILDERS and tf.config.list_physical_devices("GPU"):
        pytest.skip("XLA does not compile cuDNN's recurrent kernels")
    model, _, before = train(name, jit_compile=True)
    assert_every_weight_changed(model, before)


@pytest.mark.parametrize("name", slow_except(BUILDERS, EXPORTED_IN_SUITE))
def test_reloaded_export_gives_the_same_probabilities(name, tmp_path):
    exported = kerasdl.export.image_classifier(BUILDERS[name](), list("abcde"))
    images = IMAGES.astype("uint8")
    exported.save(tmp_path / "model.keras")
    exported.export(tmp_path / "saved", verbose=False)
    expected = exported.predict(images, verbose=0)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict(images, verbose=0), expected)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(images), expected, atol=1e-5)
