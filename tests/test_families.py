"""Every network of keras.applications: recognized, split where the resolution is halved, scaled as it expects."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from kerasdl import groups, models, optimizers
from kerasdl.families import FAMILIES, recognize

APPLICATIONS = keras.applications
NORMAL, DEEP_STEM = (16, 8, 4, 2, 1), (15, 7, 3, 1)
# By the network that stands for its family: the module of its preprocess_input; layers with weights in each layer
# group, the last of them the original head; side of the last map of each stage, from images of 32 pixels, of 75 for
# Inception and Xception; the other networks of the family, whose stages end at the same sides.
FAMILY = {
    "ResNet50": ("resnet", (2, 20, 26, 38, 20, 1), NORMAL, "ResNet101 ResNet152"),
    "ResNet50V2": ("resnet_v2", (1, 19, 25, 37, 20, 1), (16, 4, 2, 1, 1), "ResNet101V2 ResNet152V2"),
    "DenseNet121": ("densenet", (2, 26, 50, 98, 65, 1), NORMAL, "DenseNet169 DenseNet201"),
    "VGG16": ("vgg16", (2, 2, 3, 3, 3, 3), (32, 16, 8, 4, 2), "VGG19"),
    "MobileNet": ("mobilenet", (6, 8, 8, 24, 8, 1), NORMAL, ""),
    "MobileNetV2": ("mobilenet_v2", (6, 12, 18, 42, 26, 1), NORMAL, ""),
    "MobileNetV3Large": ("mobilenet_v3", (6, 12, 24, 40, 26, 2), NORMAL, ""),
    "MobileNetV3Small": ("mobilenet_v3", (2, 6, 12, 40, 26, 2), NORMAL, ""),
    "EfficientNetB0": (
        "efficientnet",
        (3, 22, 16, 48, 42, 1),
        NORMAL,
        " ".join(f"EfficientNetB{index}" for index in range(1, 8)),
    ),
    "EfficientNetV2B0": (
        "efficientnet_v2",
        (2, 10, 8, 64, 66, 1),
        NORMAL,
        "EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3",
    ),
    "EfficientNetV2S": (
        "efficientnet_v2",
        (2, 20, 16, 120, 122, 1),
        NORMAL,
        "EfficientNetV2M EfficientNetV2L",
    ),
    "ConvNeXtTiny": (
        "convnext",
        (2, 15, 17, 47, 17, 2),
        (8, 8, 4, 2, 1),
        "ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge",
    ),
    "Xception": ("xception", (4, 6, 6, 54, 10, 1), (35, 18, 9, 5, 3), ""),
    "InceptionV3": ("inception_v3", (10, 42, 88, 48, 1), DEEP_STEM, ""),
    "InceptionResNetV2": ("inception_resnet_v2", (10, 144, 188, 106, 1), DEEP_STEM, ""),
    "NASNetMobile": ("nasnet", (24, 122, 121, 121, 1), (8, 4, 2, 1), ""),
    "NASNetLarge": ("nasnet", (24, 170, 169, 169, 1), (8, 4, 2, 1), ""),
}
# The names of their layers are recorded in tests/data, because building them takes from one second to half a minute.
RECORDED = (
    *("InceptionResNetV2", "NASNetLarge", "NASNetMobile"),
    *("DenseNet121", "EfficientNetV2B0", "EfficientNetV2S"),
)
# One with each kind of scaling: its own, by mean and deviation, to -1 and 1. The others are left to `make test-all`.
QUICK = {"ResNet50", "EfficientNetB0", "MobileNetV2"}
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# These scale their input themselves, in layers that they can be built without (EfficientNetB0 cannot).
SCALE_INSIDE = {
    "EfficientNetV2B0": lambda x: (x / 255 - MEAN) / STD,
    "EfficientNetV2S": lambda x: x / 128 - 1,
    "MobileNetV3Large": lambda x: x / 127.5 - 1,
    "MobileNetV3Small": lambda x: x / 127.5 - 1,
    "ConvNeXtTiny": lambda x: (x / 255 - MEAN) / STD,
}
PIXELS = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 3)).astype("float32")


def built(name, *, channels=3, **options):
    side = 75 if "ception" in name else 32
    return getattr(APPLICATIONS, name)(weights=None, input_shape=(side, side, channels), **options)


def sides(found):
    """Side of the last map of each stage."""
    ends = [[layer.output.shape[1] for layer in layers if len(layer.output.shape) == 4][-1:] for layers in found]
    return tuple(end[0] for end in ends if end)


def scaled(model, pixels=PIXELS):
    """Pixels as the first layer after stem_preprocess gets them."""
    steps = [layer for layer in model.layers if layer.name == "stem_preprocess"]
    inputs = keras.Input((*pixels.shape[1:3], model.input_shape[-1]))
    x = keras.ops.flip(inputs, -1) if flips(model) else inputs
    return keras.Model(inputs, steps[0](x))(pixels)


def flips(model):
    entering = model.get_layer("stem_preprocess").input
    return type(entering._keras_history.operation).__name__ == "Flip"


def test_every_network_of_keras_is_in_the_list():
    published = {name for name in dir(APPLICATIONS) if name[0].isupper()}
    assert {*FAMILY, *(name for *_, others in FAMILY.values() for name in others.split())} == published


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FAMILY]
)
def test_one_network_of_each_family(name):
    """Groups with its own head and with a new one; its scaling, equal to that of its `preprocess_input`."""
    module, counts, ends, _ = FAMILY[name]
    old = built(name, classes=3)
    found = groups.layer_groups(old)
    stages = [*["stem"] * (name != "VGG16"), *(f"stage{index}" for index in range(1, 6))]
    assert list(found) == [*stages[: len(counts) - 1], "head"]
    assert tuple(map(len, found.values())) == counts
    assert sides([*found.values()][:-1]) == ends
    new = models.replace_head(old, 4)
    again = groups.layer_groups(new)
    assert [list(map(id, layers)) for layers in again.values()][:-1] == [
        list(map(id, layers)) for layers in found.values()
    ][:-1]
    assert [layer.name for layer in again["head"]] == ["head_logits"]
    ours = [layer.name for layer in new.layers if layer.name == "stem_preprocess"]
    assert ours == ["stem_preprocess"] * (name not in {*SCALE_INSIDE, "EfficientNetB0"})
    if ours:
        expected = getattr(APPLICATIONS, module).preprocess_input(PIXELS.copy())
        np.testing.assert_allclose(scaled(new), expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "representative"),
    [(name, one) for one, (*_, others) in FAMILY.items() for name in (one, *others.split())],
)
@pytest.mark.parametrize("options", [{"include_top": False}, {"include_top": False, "pooling": "avg"}, {"classes": 3}])
def test_every_network(name, representative, options):
    old = built(name, **options)
    for model in (old, models.replace_head(old, 4, head="fastai")):
        found = groups.layer_groups(model)
        has_head = model is not old or "classes" in options
        assert len(found) == len(FAMILY[representative][1]) - (not has_head)
        assert sides([layers for group, layers in found.items() if group != "head"]) == FAMILY[representative][2]
        optimizer = optimizers.SGD(groups=groups.discriminative(model, factor=2.0))
        optimizer.build(model.trainable_variables)
        rates = {
            id(each): 2.0 ** (index - len(found) + 1) for index, part in enumerate(found.values()) for each in part
        }
        of_layer = {id(v): rates[id(each)] for layers in found.values() for each in layers for v in each.weights}
        assert optimizer._multipliers == [of_layer[id(variable)] for variable in model.trainable_variables]


@cache
def recorded(name):
    """A stand-in for a network that is slow to build, by the recorded names of its layers with weights."""
    names = (Path(__file__).parent / f"data/{name}.txt").read_text().split()
    return SimpleNamespace(name=name, layers=[SimpleNamespace(name=each, weights=[0]) for each in names])


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_names_of_large_networks(name):
    assert tuple(map(len, groups.layer_groups(recorded(name)).values())) == FAMILY[name][1][:-1]


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_names_are_those_of_keras(name):
    keras.backend.clear_session()
    made = [layer.name for layer in built(name, include_top=False).layers if layer.weights]
    assert made == [layer.name for layer in recorded(name).layers]


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        pytest.param("InceptionV3", "conv2d", marks=pytest.mark.slow),
        ("Xception", "conv2d"),
        pytest.param("ConvNeXtTiny", "layer_normalization", marks=pytest.mark.slow),
    ],
)
def test_names_that_keras_numbers_may_begin_anywhere(name, counted):
    """conv2d_94 of the second network of a session is conv2d of the first."""
    first, second = built(name, include_top=False), built(name, include_top=False)
    numbered = [[layer.name for layer in model.layers if layer.name.startswith(counted)] for model in (first, second)]
    assert not set(numbered[0]) & set(numbered[1])
    sizes = [[len(layers) for layers in groups.layer_groups(model).values()] for model in (first, second)]
    assert sizes[0] == sizes[1]
    optimizer = optimizers.SGD(groups=groups.discriminative(second, factor=2.0))
    optimizer.build(second.trainable_variables)
    layers = [layer for layer in second.layers if layer.name in numbered[1] and layer.weights]
    paths = [variable.path for layer in layers for variable in layer.trainable_variables]
    found = groups.layer_groups(second)
    place = {layer.name: index for index, each in enumerate(found.values()) for layer in each}
    rates = dict(zip([v.path for v in second.trainable_variables], optimizer._multipliers, strict=True))
    assert [rates[path] for path in paths] == [2.0 ** (place[path.split("/")[-2]] - len(found) + 1) for path in paths]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in RECORDED else []) for name in SCALE_INSIDE]
)
def test_a_network_built_without_its_scaling_gets_it(name):
    new = models.replace_head(built(name, include_top=False, include_preprocessing=False), 4)
    np.testing.assert_allclose(scaled(new), SCALE_INSIDE[name](PIXELS), atol=1e-5)
    assert list(groups.layer_groups(new))[-1] == "head"


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILY)
def test_a_new_head_on_a_family_can_be_saved(name, tmp_path):
    module = getattr(APPLICATIONS, FAMILY[name][0])
    model = models.replace_head(built(name, include_top=False), 4)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:])).astype("float32")
    np.testing.assert_array_equal(loaded(images), model(images))
    assert list(groups.layer_groups(loaded)) == list(groups.layer_groups(model))
    bare = models.replace_head(built(name, include_top=False), 4, preprocess=None)
    bare.set_weights(model.get_weights())
    np.testing.assert_allclose(bare(module.preprocess_input(images.copy())), model(images), rtol=1e-3, atol=1e-5)


def test_landmarks_are_of_one_family_each():
    """A network that only begins like a family, or a user's own with numbered names, is no family."""
    x = inputs = keras.Input((75, 75, 3))
    for _ in range(3):
        x = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 3)(x))
    assert recognize(keras.Model(inputs, x)) is None
    assert len({family.landmark for family in FAMILIES}) == len(FAMILIES) == len(FAMILY)


def test_a_network_that_is_cut_off_has_a_family_but_no_groups():
    body = built("VGG16", include_top=False)
    cut = keras.Model(body.input, body.get_layer("block3_pool").output)
    family, _ = recognize(cut)
    assert family.preprocess == "caffe"
    with pytest.raises(ValueError, match=r"Give one regular expression per group, such as groups=\['conv"):
        groups.layer_groups(cut)
