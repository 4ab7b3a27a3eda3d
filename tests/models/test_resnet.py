import json
from pathlib import Path

import kerasdl
import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.models.weight_files import torch_name
from safetensors.numpy import save_file

from tests.models.seeded import IMAGES, keras_layout, seeded_weight, torch_layout

# Trainable parameters of the paper's networks in torchvision 0.29.2.
TORCHVISION = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
}
XRESNET = {"stem": "deep", "shortcut": "pooled", "zero_init_residual": True}
LOGITS = json.loads((Path(__file__).parents[1] / "golden" / "resnet_logits.json").read_text())


def parameters(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def torch_tensors(model, zero_init):
    """Seeded weights for a model, with torchvision's names and layout."""
    tensors = {"bn1.num_batches_tracked": np.array(7)}
    for layer in model.layers:
        for index, variable in enumerate(layer.weights):
            name = torch_name(layer.name, index, variable.name)
            tensors[name] = np.ascontiguousarray(seeded_weight(name, torch_layout(variable.shape), zero_init))
    return tensors


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("resnet34", "resnet101", "resnet152") else [])
        for name in TORCHVISION
    ],
)
def test_networks_are_those_of_torchvision(name, tmp_path):
    build = getattr(models, name)
    model = build((64, 64, 3))
    assert (model.name, parameters(model)) == (name, TORCHVISION[name])
    tensors = torch_tensors(model, "bn2" if name in ("resnet18", "resnet34") else "bn3")
    save_file(tensors, tmp_path / "torch.safetensors")
    models.load_weights(model, tmp_path / "torch.safetensors")
    expected = np.array(LOGITS[name])
    np.testing.assert_allclose(
        model.predict_on_batch(IMAGES)[:, ::50], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max()
    )


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("resnet18", 11_200_874),
        pytest.param("resnet34", 21_309_034, marks=pytest.mark.slow),
        pytest.param("resnet50", 23_547_754, marks=pytest.mark.slow),
    ],
)
def test_xresnets_have_fastais_parameters(name, count):
    assert parameters(getattr(models, name)((128, 128, 3), 10, **XRESNET)) == count


def test_xresnet_has_fastais_outputs():
    """At 60 pixels, where the second stage pools 15 to 8."""
    model = models.resnet18((60, 60, 3), 10, **XRESNET)
    for layer in model.layers:
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            variable.assign(keras_layout(seeded_weight(name, torch_layout(variable.shape))))
    expected = np.array(LOGITS["xresnet18"])
    np.testing.assert_allclose(
        model.predict_on_batch(IMAGES[:, :60, :60]), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max()
    )


@pytest.mark.parametrize(("stem", "size"), [("large", 7), ("deep", 7), ("small", 28)])
def test_size_after_the_stem(stem, size):
    model = models.resnet((224, 224, 3), 2, stem=stem, depths=(1, 1, 1, 1), widths=(4, 4, 4, 4))
    assert model.get_layer("stage4_block1_relu").output.shape[1] == size


def test_a_stride_of_two_pads_both_sides_alike():
    """Keras's "same" would see columns 0..2, not the border and columns 0..1."""
    model = models.resnet((8, 8, 1), 2, depths=(1, 1), widths=(2, 2), stem="small")
    convolution, padding = model.get_layer("stage2_block1_conv1"), model.get_layer("stage2_block1_pad1")
    convolution.set_weights([np.ones((3, 3, 2, 2))])
    ramp = np.broadcast_to(np.arange(8.0)[None, None, :, None], (1, 8, 8, 2)).astype("float32")
    # Row 1 of the output sees rows 1..3; column 0 sees the border, 0 and 1: 3 rows x 2 channels x (0 + 0 + 1).
    assert convolution(padding(ramp))[0, 1, :, 0].numpy().tolist() == [6.0, 36.0, 72.0, 108.0]


def test_weights_do_not_depend_on_the_size_of_images(tmp_path):
    options = {"depths": (1, 1, 1), "widths": (2, 4, 6), "stem": "small"}
    large, small = (models.resnet((side, side, 3), 2, **options) for side in (16, 4))
    large.save_weights(tmp_path / "large.weights.h5")
    small.load_weights(tmp_path / "large.weights.h5")
    for found, expected in zip(small.get_weights(), large.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    kinds = [type(model.get_layer("stage3_block1_conv2")) for model in (large, small)]
    assert kinds == [keras.layers.Conv2D, kerasdl.layers.Conv2D]


def test_unknown_image_size():
    model = models.resnet((None, None, 3), 4, depths=(1, 1), widths=(4, 8))
    assert model(np.zeros((1, 50, 70, 3))).shape == (1, 4)


@pytest.mark.parametrize("normalization", ["batch", "group", "none"])
def test_with_zero_init_residual_a_block_starts_as_its_shortcut(normalization):
    options = {"depths": (2,), "widths": (4,), "stem": "small", "normalization": normalization}
    model = models.resnet((8, 8, 3), 2, zero_init_residual=True, **options)
    probe = keras.Model(
        model.input, [model.get_layer("stem_relu").output, model.get_layer("stage1_block2_relu").output]
    )
    before, after = probe(np.random.default_rng(0).normal(size=(2, 8, 8, 3)))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("name", "options"), [("resnet", {"depths": (1,), "widths": (4,)}), ("resnet8", {}), ("cifar_resnet", {"depth": 8})]
)
def test_zero_gain_is_the_old_name_of_zero_init_residual(name, options):
    with pytest.warns(DeprecationWarning, match=f"zero_gain of {name} is deprecated.*use zero_init_residual"):
        model = getattr(models, name)((8, 8, 3), 2, stem="small", zero_gain=True, **options)
    assert not np.any(model.get_layer("stage1_block1_norm2").gamma)


def test_without_normalization_convolutions_have_biases():
    model = models.resnet((8, 8, 3), 2, depths=(1,), widths=(4,), stem="small", normalization="none")
    # Stem, two convolutions of a block and the logits.
    assert parameters(model) == (27 * 4 + 4) + 2 * (36 * 4 + 4) + (4 * 2 + 2)


@pytest.mark.parametrize("activation", ["mish", "silu", "gelu"])
def test_activation_follows_every_convolution(activation):
    model = models.resnet((32, 32, 3), 2, depths=(1,), widths=(4,), stem="deep", activation=activation)
    found = [layer for layer in model.layers if isinstance(layer, keras.layers.Activation)]
    assert [layer.name for layer in found] == [
        *(f"stem_{activation}{index}" for index in (1, 2, 3)),
        f"stage1_block1_{activation}1",
        f"stage1_block1_{activation}",
    ]
    assert {layer.activation.__name__ for layer in found} == {activation}


@pytest.mark.parametrize(
    ("pooling", "shape", "reduce"),
    [
        (None, (2, 4, 4, 8), np.asarray),
        ("avg", (2, 8), lambda x: x.mean((1, 2))),
        ("max", (2, 8), lambda x: x.max((1, 2))),
    ],
)
def test_without_a_top_it_outputs_features_in_float32(pooling, shape, reduce):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    small = {"depths": (1, 1), "widths": (4, 8), "stem": "small"}
    model = models.resnet((8, 8, 3), include_top=False, pooling=pooling, **small)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    features = model(images)
    assert (tuple(features.shape), features.dtype.name) == (shape, "float32")
    body = keras.Model(model.input, model.get_layer("stage2_block1_relu").output)
    np.testing.assert_allclose(features, reduce(np.float32(body(images))), rtol=1e-6)
    assert list(kerasdl.groups.layer_groups(model)) == ["stem", "stage1", "stage2"]


@pytest.mark.parametrize(
    ("stem", "smallest", "sizes"),
    [("large", 17, [9, 5, 3, 2, 1]), ("deep", 17, [9, 5, 3, 2, 1]), ("small", 5, [5, 5, 3, 2, 1])],
)
def test_smallest_image(stem, smallest, sizes):
    options = {"stem": stem, "depths": (1, 1, 1, 1), "widths": (4, 4, 4, 4)}
    model = models.resnet((smallest, 40, 3), 2, **options)
    stem_end = "stem_relu3" if stem == "deep" else "stem_relu"
    names = [stem_end, *(f"stage{stage}_block1_relu" for stage in (1, 2, 3, 4))]
    assert [model.get_layer(name).output.shape[1] for name in names] == sizes
    with pytest.raises(
        ValueError, match=rf"smallest side for .* is {smallest}\..*Received: input_shape=\({smallest - 1}, 40"
    ):
        models.resnet((smallest - 1, 40, 3), 2, **options)


@pytest.mark.parametrize(("channels", "mean"), [(1, 0.449), (3, 0.485), (4, 0.485)])
def test_imagenet_statistics_for_any_number_of_channels(channels, mean):
    model = models.resnet((8, 8, channels), 2, depths=(1,), widths=(4,), stem="small", preprocess="imagenet")
    outputs = model.get_layer("stem_preprocess")(np.full((1, 8, 8, channels), 255 * mean))
    assert outputs.shape[-1] == channels
    # The fourth channel is scaled like the first.
    np.testing.assert_allclose(outputs[..., ::3], 0, atol=0.002)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depths": (1, 1), "widths": (8,)}, r"Received: depths=\(1, 1\), widths=\(8,\)"),
        ({"block": "wide"}, r"block must be one of \['basic', 'bottleneck'\]\. Received: block='wide'"),
        ({"stem": "tiny"}, "Received: stem='tiny'"),
        ({"shortcut": "none"}, "Received: shortcut='none'"),
        ({"preprocess": "tanh"}, "Received: preprocess='tanh'"),
        ({"preprocess": ((0.5, 0.5), 1.0)}, r"or one per channel \(3\)"),
        ({"normalization": "weight"}, "Received: normalization='weight'"),
        ({"head": "big"}, "Received: head='big'"),
        ({"pooling": "avg"}, "needs include_top=False: a head has its own. Received: pooling='avg'"),
        ({"include_top": False, "pooling": "sum"}, "Received: pooling='sum'"),
        ({"include_top": False, "classifier_activation": "softmax"}, "needs include_top=True.*='softmax'"),
    ],
)
def test_invalid_options(options, message):
    small = {"depths": (1,), "widths": (4,)}
    with pytest.raises(ValueError, match=message):
        models.resnet((32, 32, 3), 2, **small | options)


@pytest.mark.parametrize("shape", [(32, 32), (32, 32, None), (32, 32, 0)])
def test_invalid_input_shape(shape):
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\)"):
        models.resnet8(shape, 2)


@pytest.mark.gpu
def test_a_step_runs_on_the_gpu():
    model = models.resnet8((16, 16, 3), 2)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.zeros((4, 16, 16, 3)), np.array([0, 1, 0, 1]), verbose=0)
    assert "GPU" in model.trainable_weights[0].value.device
