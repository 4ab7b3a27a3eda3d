"""The contract of every builder."""

import kerasdl
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.groups import layer_groups

from tests.contracts import BUILDERS, SEQUENCE_BUILDERS, TABLE_BUILDERS, costly

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype("float32")
# Two shorter sequences among full ones.
SEQUENCES = np.random.default_rng(0).standard_normal((6, 9, 3)).astype("float32")
SEQUENCES[1, 4:], SEQUENCES[2, 1:] = np.nan, np.nan
ROWS = {
    "categories": np.random.default_rng(0).integers(0, 3, (6, 2)).astype("int32"),
    "numbers": np.random.default_rng(0).standard_normal((6, 4)).astype("float32"),
}
LABELS = np.array([0, 1, 2, 3, 4, 0])


BUILDERS_AND_INPUTS = (
    {name: (build, IMAGES) for name, build in BUILDERS.items()}
    | {name: (build, SEQUENCES) for name, build in SEQUENCE_BUILDERS.items()}
    | {name: (build, {part: ROWS[part] for part in build().input}) for name, build in TABLE_BUILDERS.items()}
)


@pytest.fixture(params=[pytest.param(build, id=name, marks=costly(name)) for name, build in BUILDERS.items()])
def build_of_images(request):
    return request.param


@pytest.fixture(params=BUILDERS_AND_INPUTS.values(), ids=BUILDERS_AND_INPUTS)
def build_and_inputs(request):
    return request.param


@pytest.fixture(params=[pytest.param(each, id=name, marks=costly(name)) for name, each in BUILDERS_AND_INPUTS.items()])
def build_and_inputs_of_few(request):
    return request.param


@pytest.fixture(scope="module", params=BUILDERS_AND_INPUTS.values(), ids=BUILDERS_AND_INPUTS)
def trained(request):
    return train(*request.param)


def train(build, inputs, **options):
    """A model after two updates, for the first may be the one that gives a branch its gain; and its weights before."""
    keras.utils.set_random_seed(0)
    model = build()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    model.fit(inputs, LABELS, epochs=2, verbose=0)
    return model, inputs, before


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        # Of a variant ("NAME-VARIANT"), in the suite, the precision that is hardest to keep.
        pytest.param(name, policy, marks=() if policy == "mixed_float16" or "-" not in name else pytest.mark.slow)
        for name in BUILDERS_AND_INPUTS
        for policy in ("float32", "mixed_bfloat16", "mixed_float16")
    ],
)
def test_logits_are_float32_in_every_precision(name, policy):
    build, inputs = BUILDERS_AND_INPUTS[name]
    keras.mixed_precision.set_dtype_policy(policy)
    model = build()
    outputs = model(inputs)
    assert (tuple(outputs.shape), outputs.dtype.name) == ((6, 5), "float32")
    assert not np.allclose(np.sum(outputs, axis=1), 1)


def test_an_activation_gives_probabilities(build_and_inputs):
    build, inputs = build_and_inputs
    outputs = build(classifier_activation="softmax")(inputs)
    np.testing.assert_allclose(np.sum(outputs, axis=1), 1, atol=1e-5)


def test_saved_and_loaded_it_gives_the_same_bits(trained, tmp_path):
    model, inputs, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(model.predict(inputs, verbose=0), loaded.predict(inputs, verbose=0))


def test_every_layer_is_named_by_its_group(build_and_inputs):
    model = build_and_inputs[0]()
    names = {layer.name.split("_")[0] for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)}
    assert names <= {"stem", "stage1", "stage2", "stage3", "head"}
    assert list(layer_groups(model))[-1] == "head"


def test_every_weight_learns(trained):
    model, _, before = trained
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all()
        assert not np.array_equal(weight.numpy(), old), weight.path


def test_every_weight_learns_compiled(build_and_inputs_of_few):
    build, inputs = build_and_inputs_of_few
    if inputs is SEQUENCES and tf.config.list_physical_devices("GPU"):
        pytest.skip("XLA does not compile cuDNN's recurrent kernels")
    test_every_weight_learns(train(build, inputs, jit_compile=True))


def test_exported_it_gives_the_same_probabilities_after_loading(build_of_images, tmp_path):
    exported = kerasdl.models.image_classifier(build_of_images(), list("abcde"))
    images = IMAGES.astype("uint8")
    exported.save(tmp_path / "model.keras")
    exported.export(tmp_path / "saved", verbose=False)
    expected = exported.predict(images, verbose=0)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict(images, verbose=0), expected)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(images), expected, atol=1e-5)
