import keras
import numpy as np
import pytest
from kerasdl import groups, models
from kerasdl.models.mlp import dense_stack


def names(model):
    return [layer.name for layer in model.layers]


def test_layers_in_order_and_none_without_effect():
    full = {"normalization": "batch", "dropout": (0.1, 0.2), "skip": True, "input_noise": 0.1, "input_dropout": 0.1}
    model = models.mlp((4, 4, 3), 5, hidden=(6, 6), preprocess="unit", classifier_activation="softmax", **full)
    stem = ["inputs", "stem_preprocess", "stem_flatten", "stem_noise", "stem_dropout"]
    stage = ["dense", "norm", "activation", "dropout"]
    assert names(model) == [
        *stem,
        *[f"stage1_{detail}" for detail in [*stage, "shortcut", "add"]],
        *[f"stage2_{detail}" for detail in [*stage, "add"]],
        "head_logits",
        "head_activation",
    ]
    assert names(models.mlp((7,), 2, hidden=(6,))) == ["inputs", "stage1_dense", "stage1_activation", "head_logits"]


def test_one_group_per_hidden_layer_and_a_linear_model_is_only_a_head():
    assert list(groups.layer_groups(models.mlp((7,), 2, hidden=(6, 5, 4)))) == ["stage1", "stage2", "stage3", "head"]
    assert names(models.mlp((7,), 2, hidden=())) == ["inputs", "head_logits"]


def test_outputs_by_formula():
    model = models.mlp((2, 3), 2, hidden=(4, 4), activation="tanh", skip=True)
    layers = ["stage1_dense", "stage1_shortcut", "stage2_dense", "head_logits"]
    (w1, b1), (p1,), (w2, b2), (w3, b3) = (model.get_layer(layer).get_weights() for layer in layers)
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    flat = x.reshape(5, 6)
    h = np.tanh(flat @ w1 + b1) + flat @ p1
    h = np.tanh(h @ w2 + b2) + h
    np.testing.assert_allclose(model(x), h @ w3 + b3, atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "variance"),
    [
        ("relu", 2.0),
        ("leaky_relu", 2.0),
        ("gelu", 2.0),
        ("silu", 2.0),
        ("elu", 2.0),
        ("selu", 1.0),
        ("tanh", 4 / 3),
        ("sigmoid", 4 / 3),
    ],
)
def test_kernel_initializer_suits_the_activation(activation, variance):
    """He: 2 / fan_in; LeCun: 1 / fan_in; Glorot: 2 / (fan_in + fan_out), here with fan_out half of fan_in."""
    kernel = models.mlp((600,), 2, hidden=(300,), activation=activation).get_layer("stage1_dense").kernel
    np.testing.assert_allclose(np.var(kernel) * 600, variance, rtol=0.02)


def test_selu_and_its_dropout_preserve_mean_and_standard_deviation():
    """Through eight layers; with ordinary dropout the standard deviation leaves this interval."""
    x = np.random.default_rng(0).normal(size=(1000, 256)).astype("float32")
    inputs = keras.Input((256,))
    model = keras.Model(inputs, dense_stack(inputs, (256,) * 8, activation="selu", dropout=0.1))
    outputs = model(x, training=True).numpy()
    assert abs(outputs.mean()) < 0.1
    assert 0.9 < outputs.std() < 1.1
    assert isinstance(model.get_layer("stage8_dropout"), keras.layers.AlphaDropout)


def test_dropout_is_one_rate_or_one_per_layer():
    model = models.mlp((4,), 2, hidden=(3, 3, 3), dropout=(0.1, 0.0, 0.3))
    assert [model.get_layer(f"stage{stage}_dropout").rate for stage in (1, 3)] == [0.1, 0.3]
    assert "stage2_dropout" not in names(model)
    model = models.mlp((4,), 2, hidden=(3, 3), dropout=0.2)
    assert [model.get_layer(f"stage{stage}_dropout").rate for stage in (1, 2)] == [0.2, 0.2]


def test_normalization_replaces_the_bias():
    assert models.mlp((4,), 2, hidden=(3,)).get_layer("stage1_dense").use_bias
    assert not models.mlp((4,), 2, hidden=(3,), normalization="layer").get_layer("stage1_dense").use_bias


def test_penalties_apply_to_the_hidden_kernels():
    model = models.mlp((4,), 2, hidden=(3, 2), l1=0.5, l2=0.25, skip=True)
    hidden = ["stage1_dense", "stage1_shortcut", "stage2_dense", "stage2_shortcut"]
    kernels = [model.get_layer(name).kernel.numpy() for name in hidden]
    expected = sum(0.5 * np.abs(kernel).sum() + 0.25 * np.square(kernel).sum() for kernel in kernels)
    np.testing.assert_allclose(sum(model.losses), expected, rtol=1e-6)
    assert models.mlp((4,), 2).losses == []


def test_noise_is_added_only_in_training():
    model = models.mlp((2000,), outputs=1, hidden=(), input_noise=0.5)
    noisy = keras.Model(model.input, model.get_layer("stem_noise").output)
    zeros = np.zeros((1, 2000), "float32")
    assert not noisy(zeros).numpy().any()
    np.testing.assert_allclose(noisy(zeros, training=True).numpy().std(), 0.5, rtol=0.05)


def test_output_range_is_a_scaled_sigmoid():
    model = models.mlp((3,), outputs=2, hidden=(), output_range=(-1, 4))
    x = np.float32([[1, 2, 3], [20, 20, 20], [-20, -20, -20]])
    kernel, bias = model.get_layer("head_outputs").get_weights()
    np.testing.assert_allclose(model(x), 5 / (1 + np.exp(-(x @ kernel + bias))) - 1, atol=1e-5)


@pytest.mark.parametrize(
    ("policy", "options"),
    [("float32", {"output_range": (0, 5)}), ("mixed_bfloat16", {}), ("mixed_float16", {"output_range": (0, 5)})],
)
def test_outputs_are_float32_in_every_precision_and_reload_bit_for_bit(policy, options, tmp_path):
    keras.mixed_precision.set_dtype_policy(policy)
    x = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")
    model = models.mlp((6,), outputs=3, hidden=(8,), normalization="batch_renorm", **options)
    model.compile("sgd", "mse")
    model.train_on_batch(x, x[:, :3])
    assert (model(x).shape, model(x).dtype) == ((8, 3), "float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(model(x), loaded(x))


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((None, 4), {}, r"fully known input_shape\. Received: input_shape=\(None, 4\)"),
        ((4,), {"dropout": (0.1,)}, r"one rate per hidden layer\. Received: hidden=\(200, 100\), dropout=\(0.1,\)"),
        ((4,), {"normalization": "instance"}, "needs more than one position"),
        ((4,), {"normalization": "weight"}, "Received: normalization='weight'"),
        ((4,), {"activation": "relux"}, "relux"),
    ],
)
def test_invalid_options(shape, options, message):
    with pytest.raises(ValueError, match=message):
        models.mlp(shape, 2, **options)
