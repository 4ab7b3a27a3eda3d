"""The contract of every language model."""

import kerasdl  # isort: skip
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.groups import layer_groups

from tests.contracts import (
    LANGUAGE_MODELS,
    assert_every_weight_changed,
    assert_same_predictions,
    in_every_precision,
    same,
    state,
    variants_eagerly,
)

TOKENS = np.random.default_rng(0).integers(0, 9, (4, 6, 5))
STARTS = np.array([1, 0, 0, 0])[:, None] * np.ones(6, "int32")
# For what takes seconds per model, the suite has one, with every kind of layer.
IN_SUITE = [pytest.param(name, marks=[] if name == "awd_lstm" else pytest.mark.slow) for name in LANGUAGE_MODELS]


def batches():
    """Four batches, each of which goes on where the one before ended; the labels are the tokens."""
    return tf.data.Dataset.from_tensor_slices(({"tokens": TOKENS, "start": STARTS}, TOKENS))


def compiled(name, **options):
    keras.utils.set_random_seed(0)
    model = LANGUAGE_MODELS[name]()
    model.compile("sgd", kerasdl.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    model.optimizer.build(model.trainable_variables)  # so that the first step is traced once
    return model


def train(name, **options):
    """A model after two updates, and its initial weights."""
    model = compiled(name, **options)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    for inputs, labels in batches().take(2):
        model.train_on_batch(inputs, labels)
    return model, before


def carried(model):
    """The states of training and of inference."""
    return [variable.numpy() for variable in model.variables if re.search("(training|inference)_state", variable.path)]


@pytest.fixture(scope="module", params=variants_eagerly(LANGUAGE_MODELS))
def trained(request):
    """One training for several tests, which leave all but the state of inference as it is."""
    name, eager = request.param
    return train(name, run_eagerly=eager)


@pytest.mark.parametrize(("name", "policy"), in_every_precision(LANGUAGE_MODELS))
def test_logits_are_float32_and_training_is_finite_in_every_precision(name, policy):
    keras.mixed_precision.set_dtype_policy(policy)
    model, before = train(name, run_eagerly=True)
    inputs, _ = next(iter(batches()))
    outputs = model(inputs)
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 5, 9), "float32")
    assert all(np.isfinite(variable.numpy()).all() for variable in model.variables)
    if policy != "mixed_float16":  # whose first scaled gradients overflow, and are left out
        assert_every_weight_changed(model, before)


def test_reloaded_model_goes_on_with_the_same_bits(trained, tmp_path):
    model, _ = trained
    first, second = (inputs for inputs, _ in batches().take(2))
    model(first)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert same(carried(loaded), carried(model))
    assert all(each.any() for each in carried(model))
    assert_same_predictions(model, loaded, second)


def test_every_layer_is_named_by_its_group(trained):
    model, _ = trained
    groups = list(layer_groups(model))
    assert groups[-1] == "head"
    named = {layer.name.split("_")[0] for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)}
    assert named == {*groups}


def test_every_weight_learns(trained):
    assert_every_weight_changed(*trained)


@pytest.mark.parametrize("name", IN_SUITE)
def test_every_weight_learns_compiled(name):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("XLA does not compile cuDNN's recurrent kernels")
    assert_every_weight_changed(*train(name, jit_compile=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_SUITE)
def test_several_steps_per_execution_are_the_same_steps(name):
    one, four = compiled(name), compiled(name, steps_per_execution=4)
    for model in (one, four):
        model.fit(batches(), verbose=0, shuffle=False)
    assert same(state(one), state(four))


@pytest.mark.parametrize("name", IN_SUITE)
def test_it_trains_over_two_devices(name, two_devices):
    with two_devices.scope():
        model = compiled(name)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    model.fit(batches(), validation_data=batches(), verbose=0, shuffle=False)
    assert_every_weight_changed(model, before)
