import kerasdl
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import BatchRenormalization

# Batches of different spread, and limits that clip some of r and d.
SPREADS = np.array([2.0, 1.0, 0.2, 1.0, 3.0, 0.3]).reshape(6, 1, 1)
BATCHES = (1.5 + SPREADS * np.random.default_rng(0).normal(size=(6, 8, 3))).astype("float32")
OPTIONS = {"r_max": 1.5, "d_max": 0.6, "r_ramp": (1, 4), "d_ramp": (0, 2), "momentum": 0.7, "epsilon": 1e-3}


def by_hand(batches):
    """Algorithm 1 of the paper with OPTIONS: outputs, moving mean, moving variance, and r and d of every step."""
    mean, variance, outputs, corrections = 0.0, 1.0, [], []
    for step, x in enumerate(batches.astype("float64")):
        r_limit = 1 + 0.5 * min(max((step - 1) / 3, 0), 1)
        d_limit = 0.6 * min(step / 2, 1)
        std, moving_std = np.sqrt(x.var(axis=0) + 1e-3), np.sqrt(variance + 1e-3)
        r = np.clip(std / moving_std, 1 / r_limit, r_limit)
        d = np.clip((x.mean(axis=0) - mean) / moving_std, -d_limit, d_limit)
        outputs.append((x - x.mean(axis=0)) / std * r + d)
        corrections.append((r, d))
        mean = 0.7 * mean + 0.3 * x.mean(axis=0)
        variance = 0.7 * variance + 0.3 * x.var(axis=0)
    return np.array(outputs), mean, variance, np.array(corrections)


def test_training_and_inference_match_the_paper():
    expected, mean, variance, corrections = by_hand(BATCHES)
    r, d = corrections[4:, 0], corrections[4:, 1]
    assert {1 / 1.5, 1.5} <= set(r.flat)
    assert np.abs(d).min() < np.abs(d).max() == 0.6
    layer = BatchRenormalization(**OPTIONS)
    np.testing.assert_allclose([layer(x, training=True) for x in BATCHES], expected, atol=2e-6)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-6)
    assert int(layer.steps) == 6
    inference = (BATCHES[0] - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(layer(BATCHES[0], training=False), inference, atol=2e-6)
    assert int(layer.steps) == 6


@pytest.mark.parametrize("shape", [(8, 3), (4, 5, 6, 3)])
def test_without_corrections_it_is_batch_normalization(shape):
    x = np.random.default_rng(1).normal(2.0, 3.0, (4, *shape)).astype("float32")
    ours = BatchRenormalization(r_max=1, d_max=0, r_ramp=(0, 1), d_ramp=(0, 1), momentum=0.9)
    keras_own = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    for training in (True, True, True, False):
        for batch in x:
            np.testing.assert_allclose(
                ours(batch, training=training), keras_own(batch, training=training), rtol=1e-6, atol=1e-6
            )


def test_gain_and_offset_are_applied_last_and_corrections_have_no_gradient():
    layer = BatchRenormalization(**OPTIONS, name="norm")
    for x in BATCHES[:5]:
        layer(x, training=True)
    layer.gamma.assign([1.0, 2.0, 3.0])
    layer.beta.assign([4.0, 5.0, 6.0])
    expected, _, _, corrections = by_hand(BATCHES)
    x = tf.constant(BATCHES[5])
    weights = np.arange(24.0).reshape(8, 3).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=True)
        loss = tf.reduce_sum(outputs * weights)
    np.testing.assert_allclose(outputs, expected[5] * [1, 2, 3] + [4, 5, 6], atol=1e-5)
    # The gradient of (x - mean) / std, times the constant r and the gain.
    normalized = (BATCHES[5] - BATCHES[5].mean(0)) / np.sqrt(BATCHES[5].var(0) + 1e-3)
    inner = weights - weights.mean(0) - normalized * (weights * normalized).mean(0)
    gradient = inner * corrections[5, 0] * [1, 2, 3] / np.sqrt(BATCHES[5].var(0) + 1e-3)
    np.testing.assert_allclose(tape.gradient(loss, x), gradient, rtol=1e-4, atol=1e-3)


def test_frozen_layer_is_in_inference_mode():
    layer = BatchRenormalization(**OPTIONS)
    layer(BATCHES[0], training=True)
    layer.trainable = False
    before = [weight.numpy() for weight in layer.weights]
    assert np.array_equal(layer(BATCHES[1], training=True), layer(BATCHES[1], training=False))
    assert all(np.array_equal(weight, old) for weight, old in zip(layer.weights, before, strict=True))


def test_masked_positions_are_ignored():
    masked, alone = BatchRenormalization(**OPTIONS), BatchRenormalization(**OPTIONS)
    x = BATCHES.reshape(6, 4, 2, 3)
    mask = np.tile([[True, False]], (4, 1))
    for batch in x:
        left, right = masked(batch, training=True, mask=mask), alone(batch[:, 0], training=True)
        np.testing.assert_allclose(left[:, 0], right, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_statistics_are_float32_in_mixed_precision(policy):
    layer = BatchRenormalization(**OPTIONS, dtype=policy)
    # The square of 300 exceeds float16.
    outputs = layer(np.float32([[300.0], [-300.0]]), training=True)
    assert outputs.dtype == policy.removeprefix("mixed_")
    assert layer.moving_variance.dtype == "float32"
    np.testing.assert_allclose(layer.moving_variance, [0.7 + 0.3 * 90_000], rtol=1e-2)
    np.testing.assert_allclose(keras.ops.cast(outputs, "float32"), [[1.0], [-1.0]], atol=1e-2)


def model(**options):
    layers = [keras.Input((3,)), BatchRenormalization(**OPTIONS, name="norm"), keras.layers.Dense(1)]
    network = keras.Sequential(layers)
    network.compile("sgd", "mse", **options)
    return network


def fitted(network):
    network.fit(BATCHES.reshape(48, 3), np.zeros((48, 1)), batch_size=8, shuffle=False, verbose=0)
    return network


def test_xla_trains_the_same_weights():
    plain, compiled = (fitted(keras.utils.set_random_seed(0) or model(jit_compile=jit)) for jit in (False, True))
    for left, right in zip(plain.get_weights(), compiled.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)
    assert int(compiled.get_layer("norm").steps) == 6


def test_training_continues_after_a_reload(tmp_path):
    trained = fitted(model())
    trained.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("norm").get_config() == trained.get_layer("norm").get_config()
    for network in (trained, loaded):
        fitted(network)
    assert all(map(np.array_equal, trained.get_weights(), loaded.get_weights()))
    assert int(loaded.get_layer("norm").steps) == 12


def test_steps_count_once_on_two_devices(two_devices):
    with two_devices.scope():
        network = model()
    fitted(network)
    assert int(keras.ops.convert_to_numpy(network.get_layer("norm").steps)) == 6


def test_frozen_groups_treat_it_as_batch_normalization():
    network = model()
    with kerasdl.groups.frozen(network.layers[:1], batch_norm="statistics"):
        gain = network.get_layer("norm").gamma.numpy().copy()
        fitted(network)
    assert np.array_equal(network.get_layer("norm").gamma, gain)
    assert int(network.get_layer("norm").steps) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"r_max": 0.9}, "r_max must be at least 1 and d_max at least 0. Received: r_max=0.9, d_max=5.0"),
        ({"d_max": -1}, "Received: r_max=3.0, d_max=-1"),
        ({"r_ramp": (5, 5)}, r"Ramps need 0 <= first < last. Received: r_ramp=\(5, 5\), d_ramp=\(500, 2500\)"),
        ({"d_ramp": (-1, 5)}, r"d_ramp=\(-1, 5\)"),
        ({"synchronized": True}, "supports neither synchronized nor renorm. Received: synchronized=True, renorm=False"),
        ({"renorm": True}, "renorm=True"),
    ],
)
def test_invalid_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        BatchRenormalization(**options)
