import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import BatchNormalization

SHAPES = {
    "series": (3, 4, 5),
    "images": (2, 3, 4, 5),
    "videos": (2, 2, 3, 2, 5),
    "one sample": (1, 2, 1, 5),
}
LEFT_TO_KERAS = {"another axis": {"axis": 1}, "renorm": {"renorm": True}, "synchronized": {"synchronized": True}}


def trained(layer, x, **options):
    """Outputs, gradients and moving statistics of two steps."""
    found = []
    for scale in (1.0, 2.0):
        x = tf.constant(x) * scale + scale
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True, **options)
            squares = tf.cast(outputs, "float32") ** 2 * tf.cast(tf.range(x.shape[-1]), "float32")
        variables = [each.value for each in layer.trainable_variables]
        found += [outputs, *tape.gradient(squares, [x, *variables]), *layer.get_weights()]
    return [tf.cast(each, "float32") for each in found]


def pair(shape, **options):
    ours, stock = BatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for layer in (ours, stock):
        layer.build((None, *shape[1:]))
        for index, weight in enumerate(layer.weights):
            weight.assign(np.arange(weight.shape[0]) / 3 + index + 1)
    return ours, stock


@pytest.fixture
def fused(monkeypatch):
    """How often TensorFlow's kernel is called."""
    seen, kernel = [], tf.raw_ops.FusedBatchNormV3
    monkeypatch.setattr(tf.raw_ops, "FusedBatchNormV3", lambda **given: seen.append(given) or kernel(**given))
    return seen


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "options",
    [{}, {"scale": False}, {"center": False, "momentum": 0.5}, {"dtype": "mixed_bfloat16"}],
    ids=["plain", "no gain", "no offset", "bfloat16"],
)
def test_the_numbers_are_those_of_keras(shape, options, fused):
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    ours, stock = (trained(layer, x) for layer in pair(shape, epsilon=1e-3, **options))
    assert len(fused) == 2
    tolerance = 2e-2 if options.get("dtype") else 2e-4
    for found, expected in zip(ours, stock, strict=True):
        np.testing.assert_allclose(found, expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_traced_step_has_the_moving_statistics_of_keras(jit_compile):
    x = np.random.default_rng(0).standard_normal((4, 3, 3, 5)).astype("float32")
    weights = []
    for layer in pair(x.shape):
        tf.function(lambda x, layer=layer: layer(x, training=True), jit_compile=jit_compile)(x)
        weights.append(layer.get_weights())
    for found, expected in zip(*weights, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("options", LEFT_TO_KERAS.values(), ids=LEFT_TO_KERAS)
def test_what_is_left_to_keras(options, fused):
    x = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype("float32")
    for found, expected in zip(*(trained(layer, x) for layer in pair(x.shape, **options)), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert not fused


@pytest.mark.parametrize("shape", [(7, 5), (4, 1, 1, 5)])
def test_vectors_are_left_to_keras(shape, fused):
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    for found, expected in zip(*(trained(layer, x) for layer in pair(shape)), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert not fused


def test_inference_masks_and_frozen_layers_are_left_to_keras(fused):
    x, mask = np.random.default_rng(0).standard_normal((4, 3, 5)).astype("float32"), np.tri(4, 3) > 0
    ours, stock = pair(x.shape)
    np.testing.assert_array_equal(ours(x), stock(x))
    np.testing.assert_array_equal(ours(x, training=True, mask=mask), stock(x, training=True, mask=mask))
    ours.trainable = stock.trainable = False
    np.testing.assert_array_equal(ours(x, training=True), stock(x, training=True))
    np.testing.assert_array_equal(ours.get_weights(), stock.get_weights())
    assert not fused


def test_the_moments_of_a_strategy_are_used(fused):
    layer, x = BatchNormalization(epsilon=0.0), np.full((4, 3, 1), 7.0, "float32")
    layer.build(x.shape)
    vars(layer)["_moments"] = lambda x, mask: (np.array([5.0], "float32"), np.array([4.0], "float32"))
    np.testing.assert_allclose(layer(x, training=True), np.ones_like(x))
    assert not fused


def test_a_gpu_keeps_the_layer_of_keras(fused, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind=None: ["gpu:0"] if kind == "gpu" else [])
    BatchNormalization()(np.ones((4, 3, 5), "float32"), training=True)
    assert not fused


def test_it_is_saved_and_loaded_and_weights_fit_the_layer_of_keras(tmp_path):
    x = np.random.default_rng(0).standard_normal((4, 3, 5)).astype("float32")
    model = keras.Sequential([keras.Input((3, 5)), BatchNormalization(name="norm")])
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is BatchNormalization
    stock = keras.Sequential([keras.Input((3, 5)), keras.layers.BatchNormalization(name="norm")])
    model.save_weights(tmp_path / "norm.weights.h5")
    stock.load_weights(tmp_path / "norm.weights.h5")
    np.testing.assert_array_equal(again(x), model(x))
    np.testing.assert_array_equal(stock(x), model(x))
