"""The contract of every classifier of tokens."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.families import flat_layers
from kerasdl.groups import layer_groups

from tests.contracts import (
    TOKEN_BUILDERS,
    assert_every_weight_changed,
    assert_same_predictions,
    costly,
    in_every_precision,
    same,
    state,
    variants_eagerly,
)

TOKENS = np.random.default_rng(0).integers(1, 9, (2, 6, 7)).astype("int32")
# Two texts are shorter than the others.
TOKENS[:, 1, 4:], TOKENS[:, 2, 1:] = 0, 0
LABELS = np.array([[0, 1, 2, 3, 4, 0]] * 2)


def compiled(name, **options):
    keras.utils.set_random_seed(0)
    model = TOKEN_BUILDERS[name]()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    model.optimizer.build(model.trainable_variables)  # so that the first step is traced once
    return model


def train(name, **options):
    """A model after two updates (the first may be needed to make a branch's gain nonzero), and its initial weights."""
    model = compiled(name, **options)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    for tokens, labels in zip(TOKENS, LABELS, strict=True):
        model.train_on_batch(tokens, labels)
    return model, before


@pytest.fixture(scope="module", params=variants_eagerly(TOKEN_BUILDERS))
def trained(request):
    """Read-only: one training for several tests."""
    name, eager = request.param
    return train(name, run_eagerly=eager)


def test_outputs_are_logits_by_default(trained):
    model, _ = trained
    outputs = model(TOKENS[0])
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 5), "float32")
    assert not np.allclose(np.sum(outputs, axis=1), 1)


@pytest.mark.parametrize(("name", "policy"), in_every_precision(TOKEN_BUILDERS))
def test_logits_and_probabilities_are_float32_in_every_precision(name, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    model = TOKEN_BUILDERS[name](classifier_activation="softmax")
    outputs = model(TOKENS[0])
    assert {model.get_layer("head_logits").output.dtype, outputs.dtype.name} == {"float32"}
    np.testing.assert_allclose(np.sum(outputs, axis=1), 1, atol=1e-5)


def test_padding_does_not_matter(trained):
    model, _ = trained
    longer = np.pad(TOKENS[0], ((0, 0), (0, 8)))
    np.testing.assert_allclose(model(longer), model(TOKENS[0]), atol=1e-5)


def test_reloaded_model_gives_the_same_bits(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same_predictions(model, loaded, TOKENS[0])


def test_every_layer_is_named_by_its_group(trained):
    model, _ = trained
    layers = [layer for _, layer in flat_layers(model) if not isinstance(layer, keras.layers.InputLayer)]
    names = {layer.name.split("_")[0] for layer in layers}
    assert names <= {"stem", "stage1", "stage2", "stage3", "head"}
    assert list(layer_groups(model))[-1] == "head"


def test_every_weight_learns(trained):
    assert_every_weight_changed(*trained)


@pytest.mark.parametrize("name", [pytest.param(name, marks=costly(name)) for name in TOKEN_BUILDERS])
def test_every_weight_learns_compiled(name):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("XLA does not compile cuDNN's recurrent kernels")
    assert_every_weight_changed(*train(name, jit_compile=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", TOKEN_BUILDERS)
def test_several_steps_per_execution_are_the_same_steps(name):
    one, two = compiled(name), compiled(name, steps_per_execution=2)
    for model in (one, two):
        model.fit(tf.data.Dataset.from_tensor_slices((TOKENS, LABELS)), verbose=0, shuffle=False)
    assert same(state(one), state(two))
