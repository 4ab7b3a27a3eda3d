import tarfile
from functools import cache

import keras
import numpy as np
import pytest
from kerasdl import callbacks, groups, lr_find, models, optimizers, runs
from kerasdl.data import features, images
from kerasdl.layers import FitImage
from kerasdl.models import replace_head, split_head

from tests.contracts import BUILDERS, SEQUENCE_BUILDERS, TABLE_BUILDERS
from tests.models.squeezenet import squeezenet

ALL = {**BUILDERS, **SEQUENCE_BUILDERS, **TABLE_BUILDERS}
# Each member has features of its own.
ENSEMBLES = [ALL.pop("tabular-ensemble"), ALL.pop("resnet_1d-ensemble")]
SMALL = {"weights": None, "input_shape": (32, 32, 3)}
# Number of layers with weights in the first layer group, and the layer whose output enters the head.
FAMILIES = {
    "ResNet50": (2, "conv5_block3_out"),
    "DenseNet121": (2, "relu"),
    "VGG16": (2, "block5_pool"),
    "MobileNetV2": (6, "out_relu"),
    "EfficientNetB0": (3, "top_activation"),
}
FORMS = {
    "bare": {"include_top": False},
    "pooled": {"include_top": False, "pooling": "max"},
    "top": {"classes": 3},
}
SUITE = {("VGG16", "top"), ("MobileNetV2", "pooled"), ("VGG16", "bare")}
# Each way in which a body ends; the other variants have one of these heads.
SPLIT_IN_SUITE = {"resnet-fastai", "recurrent-bidirectional", *(name for name in ALL if "-" not in name)}


@cache
def built(name):
    """Read-only: `replace_head` and `split_head` leave their model unchanged."""
    return ALL[name](classifier_activation="softmax")


@cache
def application(name, form):
    """Read-only, likewise."""
    return getattr(keras.applications, name)(**FORMS[form], **SMALL)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        # In the suite both heads for the first builder of a family, one for each variant.
        pytest.param(name, head, marks=[] if "-" not in name or h == n % 2 else pytest.mark.slow)
        for n, name in enumerate(ALL)
        for h, head in enumerate(["linear", "fastai"])
    ],
)
def test_body_is_shared_and_head_is_new(name, head):
    old = built(name)
    new = replace_head(old, 7, head=head)
    assert (new.output_shape, new.output.dtype, new.name) == ((None, 7), "float32", old.name)
    assert list(groups.layer_groups(new)) == list(groups.layer_groups(old))
    body = [layer for layer in old.layers if not layer.name.startswith("head_")]
    shared = [layer for layer in new.layers if not layer.name.startswith("head_")]
    assert [id(layer) for layer in shared] == [id(layer) for layer in body]
    assert new.get_layer("head_logits") not in old.layers
    again = replace_head(new, 2)
    assert ("head_concat" in [layer.name for layer in again.layers], again.output_shape) == (False, (None, 2))


@pytest.mark.parametrize("builder", ENSEMBLES)
def test_an_ensemble_has_no_head_that_another_could_replace(builder):
    with pytest.raises(ValueError, match="Networks of an ensemble have no head in common"):
        replace_head(builder(), 7)


def test_new_linear_head_has_the_same_input():
    old = BUILDERS["resnet"]()
    new = replace_head(old, 5)
    new.get_layer("head_logits").set_weights(old.get_layer("head_logits").get_weights())
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 3))
    np.testing.assert_array_equal(new(images), old(images))


def test_loaded_exported_classifier(tmp_path):
    old = BUILDERS["resnet-preprocess"]()
    models.image_classifier(old, list("abcde")).save(tmp_path / "model.keras")
    new = replace_head(keras.models.load_model(tmp_path / "model.keras"), 2)
    assert new.input_shape == old.input_shape
    assert new.output_shape == (None, 2)
    kernel = old.get_layer("stem_conv").get_weights()[0]
    np.testing.assert_array_equal(new.get_layer("stem_conv").get_weights()[0], kernel)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        # In the suite each form once; VGG16's top is the one with a Flatten.
        pytest.param(name, form, marks=[] if (name, form) in SUITE else pytest.mark.slow)
        for name in FAMILIES
        for form in FORMS
    ],
)
def test_keras_applications(name, form):
    """With and without a top the head begins at the last map, and the layer groups are known."""
    first, last = FAMILIES[name]
    old = application(name, form)
    new = replace_head(old, 4, head="fastai", preprocess=None)
    assert new.get_layer("head_max_pool").input is old.get_layer(last).output
    assert [layer.name for layer in new.layers if layer.name.startswith("predictions") or layer.name == "fc1"] == []
    found = groups.layer_groups(new)
    holders = [layer for layer in new.layers if layer.weights]
    assert sum(len(layers) for layers in found.values()) == len(holders)
    assert (len(next(iter(found.values()))), [*found][-2:]) == (first, [[*found][-2], "head"])
    assert {layer.name for layer in found["head"]} == {"head_norm1", "head_dense", "head_norm2", "head_logits"}
    optimizer = optimizers.SGD(groups=groups.discriminative(new, factor=2.0))
    optimizer.build(new.trainable_variables)
    names = {layer.name: index for index, layers in enumerate(found.values()) for layer in layers}
    for variable, multiplier in zip(new.trainable_variables, optimizer._multipliers, strict=True):
        assert multiplier == 2.0 ** (names[variable.path.split("/")[-2]] - len(found) + 1), variable.path


def test_sequential_model():
    layers = keras.layers
    body = [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="first"), layers.MaxPooling2D()]
    flat = keras.Sequential([*body, layers.Flatten(), layers.Dense(9, "relu"), layers.Dense(2)])
    new = replace_head(flat, 3)
    assert [layer.name for layer in new.layers][-3:] == [flat.layers[1].name, "head_pool", "head_logits"]
    # Flattened pixels are no learned features: here only the last layer is the head.
    dense = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(9, "relu"), layers.Dense(2)])
    assert replace_head(dense, 3).get_layer("head_logits").input is dense.layers[1].output


def test_nested_backbone():
    backbone = application("MobileNetV2", "pooled")
    new = replace_head(keras.Sequential([backbone, keras.layers.Dense(2, name="classifier")]), 3)
    assert new.output_shape == (None, 3)
    assert list(groups.layer_groups(new)) == ["stem", "stage1", "stage2", "stage3", "stage4", "head"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (keras.Sequential([keras.Input((3, 3)), keras.layers.ReLU(name="top")]), r"No head found.*\['top'\]"),
        (keras.Sequential(name="empty"), "must be functional, .* one output. Received: 'empty'"),
    ],
)
def test_model_without_a_head(model, message):
    with pytest.raises(ValueError, match=message):
        replace_head(model, 2)


def test_unknown_head():
    with pytest.raises(ValueError, match=r"one of \['linear', 'fastai'\]\. Received: head='mlp'"):
        replace_head(BUILDERS["mlp"](), 2, head="mlp")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SPLIT_IN_SUITE else pytest.mark.slow) for name in ALL]
)
def test_head_of_body_is_the_whole_network(name):
    model = built(name)
    body, head = split_head(model)
    random = np.random.default_rng(0)
    inputs = keras.tree.map_structure(
        lambda x: random.integers(0, 2, (2, *(side or 16 for side in x.shape[1:]))).astype(x.dtype), model.input
    )
    np.testing.assert_allclose(head(body(inputs)), model(inputs), rtol=1e-5, atol=1e-6)
    assert len(body.output_shape) == 2
    assert {layer.name for layer in head.layers if layer.weights} == {
        layer.name for layer in groups.layer_groups(model)["head"]
    }
    assert (body.name, head.name) == (f"{model.name}_body", f"{model.name}_head")


def test_training_the_head_trains_the_network_which_can_be_saved(tmp_path):
    model = BUILDERS["resnet"]()
    before = model.get_weights()
    _, head = split_head(model)
    head.compile("sgd", "mse")
    head.fit(np.ones((8, head.input_shape[1])), np.ones((8, head.output_shape[1])), verbose=0)
    changed = [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]
    assert changed == [False] * (len(changed) - 2) + [True] * 2
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 16, 16, 3))
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(images), model(images))


@pytest.mark.parametrize(("head", "features", "first"), [("linear", 32, "head_logits"), ("fastai", 64, "head_norm1")])
def test_pooling_belongs_to_the_body(head, features, first):
    model = models.resnet((16, 16, 3), 5, depths=(1, 1), widths=(16, 32), head=head)
    body, rest = split_head(model)
    assert body.output_shape == (None, features)
    assert rest.layers[1].name == first


def test_splitting_an_application():
    model = application("VGG16", "top")
    body, head = split_head(model)
    assert (body.output_shape, head.layers[-1]) == ((None, 512), model.layers[-1])


def test_splitting_a_model_without_a_head():
    with pytest.raises(ValueError, match=r"has no head\. Add one with replace_head\. Received: 'resnet'"):
        split_head(models.resnet((16, 16, 3), depths=(1,), widths=(4,), include_top=False))


def test_head_inside_a_nested_model():
    inner = models.resnet((16, 16, 3), 3, depths=(1,), widths=(4,))
    inputs = keras.Input((16, 16, 3))
    scaled = keras.Model(inputs, keras.layers.Softmax()(inner(keras.layers.Rescaling(1 / 255)(inputs))), name="scaled")
    body, head = split_head(keras.Model(inputs, scaled(inputs)))
    assert (body.output_shape, head.output_shape) == ((None, 4), (None, 3))
    images = np.random.default_rng(0).random((2, 16, 16, 3))
    np.testing.assert_allclose(head(body(images)), scaled(images), rtol=1e-5)
    new = replace_head(scaled, 2)
    assert new.get_layer("stem_conv") is inner.get_layer("stem_conv")
    assert [new.layers[1].scale, new.get_layer("head_logits").units] == [1 / 255, 2]


def test_head_of_one_nested_model_on_another():
    layers = keras.layers
    body = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3)], name="body")
    head = keras.Sequential([layers.GlobalMaxPooling2D(), layers.Dense(5), layers.Dense(2)], name="top")
    model = keras.Sequential([body, head])
    assert replace_head(model, 3).layers[1:-2] == [body]
    features, logits = split_head(model)
    assert (features.output_shape, [layer.units for layer in logits.layers[1:]]) == ((None, 4), [5, 2])


def test_nested_features_are_a_body():
    inner = models.resnet((16, 16, 3), 3, depths=(1,), widths=(4,))
    inputs = keras.Input((16, 16, 3))
    body, head = split_head(keras.Model(inputs, keras.layers.Dense(5)(inner(inputs))))
    assert (body.output_shape, head.output_shape) == ((None, 3), (None, 5))


def test_an_opened_model_stays_in_its_mode():
    """Dropout that is called with training=True also drops in inference."""
    layers = keras.layers
    base = keras.Sequential([keras.Input((8,)), layers.Dense(64), layers.Dropout(0.5), layers.Dense(2)])
    inputs = keras.Input((8,))
    body, _ = split_head(keras.Model(inputs, base(inputs, training=True)))
    assert 0 < np.count_nonzero(body(np.ones((1, 8)))) < 64


def with_raw_operations(pool):
    """Residual sums and scaling without layers, as in ConvNeXt of keras.applications."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="first")(inputs / 255)
    x = keras.ops.relu(x + layers.Conv2D(4, 3, padding="same", name="second")(x))
    return keras.Model(inputs, layers.Dense(2, name="old")(keras.ops.tanh(pool(x)) * 2))


@pytest.mark.parametrize(
    ("pool", "features"),
    [
        (keras.layers.GlobalAveragePooling2D(), 4),
        (keras.layers.Flatten(), 256),
        (lambda x: keras.ops.mean(x, axis=(1, 2)), 4),
        (lambda x: keras.ops.max(x, axis=[-3, -2]), 4),
    ],
)
def test_raw_operations_have_no_weights(pool, features, tmp_path):
    model = with_raw_operations(pool)
    body, head = split_head(model)
    assert (body.output_shape, [layer.name for layer in head.layers if layer.weights]) == ((None, features), ["old"])
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    np.testing.assert_allclose(head(body(images)), model(images), rtol=1e-5)
    new = replace_head(model, 3)
    assert new.get_layer("head_pool").input.shape == (None, 8, 8, 4)
    assert [layer.name for layer in new.layers if layer.weights] == ["first", "second", "head_logits"]
    assert list(groups.layer_groups(new, ["first|second", "head_"])) == ["first|second", "head_"]
    new.save(tmp_path / "new.keras")
    again = replace_head(keras.models.load_model(tmp_path / "new.keras"), 5)
    assert (again.output_shape, len(again.layers)) == ((None, 5), len(new.layers))


def test_a_mean_over_channels_is_no_global_pooling():
    inputs = keras.Input((8, 8, 3))
    x = keras.ops.mean(keras.layers.Conv2D(4, 3)(inputs), axis=-1)
    new = replace_head(keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x))), 3)
    assert new.get_layer("head_logits").input.shape == (None, 36)


def tiny(family, channels=3, before=(), pooling=False):
    """A network with the layer names of VGG16, MobileNet or DenseNet121, which say what scaling it expects."""
    names = {
        "caffe": [f"block{stage}_conv{index}" for stage in range(1, 6) for index in (1, 2, 3)],
        "symmetric": ["conv1", *(f"conv_{kind}_{block}" for block in range(1, 14) for kind in ("dw", "pw"))],
        "imagenet": ["conv1_conv", "conv2_block1_0_bn", "pool2_conv", "pool3_conv", "pool4_conv", "bn"],
    }[family]
    convolutions = [keras.layers.Conv2D(2, 1, name=name) for name in names]
    pool = [keras.layers.GlobalMaxPooling2D()] if pooling else []
    return keras.Sequential([keras.Input((4, 4, channels)), *before, *convolutions, *pool])


def entering_first_layer(model, images):
    (preprocess,) = [layer for layer in model.layers if layer.name == "stem_preprocess"]
    return np.asarray(keras.Model(model.input, preprocess.output)(images))


SCALINGS = {"caffe": "vgg16", "symmetric": "mobilenet", "imagenet": "densenet"}
PHOTOGRAPHS = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype("float32")


@pytest.mark.parametrize("family", SCALINGS)
def test_a_network_of_keras_applications_takes_pixels(family, tmp_path):
    """The same as with `preprocess_input` outside; saved, loaded and given another head it is not scaled again."""
    body = tiny(family)
    new, bare = replace_head(body, 3), replace_head(body, 3, preprocess=None)
    expected = getattr(keras.applications, SCALINGS[family]).preprocess_input(PHOTOGRAPHS.copy())
    np.testing.assert_allclose(entering_first_layer(new, PHOTOGRAPHS), expected, atol=1e-5)
    bare.get_layer("head_logits").set_weights(new.get_layer("head_logits").get_weights())
    np.testing.assert_allclose(new(PHOTOGRAPHS), bare(expected), rtol=1e-4, atol=1e-4)
    assert [layer for layer in new.layers if layer.weights][:-1] == [layer for layer in body.layers if layer.weights]
    assert list(groups.layer_groups(new)) == [*groups.layer_groups(body), "head"]
    new.save(tmp_path / "new.keras")
    loaded = keras.models.load_model(tmp_path / "new.keras")
    np.testing.assert_array_equal(loaded(PHOTOGRAPHS), new(PHOTOGRAPHS))
    again = replace_head(loaded, 5)
    again.get_layer("head_logits").set_weights([np.repeat(w, 5, -1)[..., :5] for w in again.layers[-1].get_weights()])
    np.testing.assert_array_equal(split_head(again)[0](PHOTOGRAPHS), split_head(new)[0](PHOTOGRAPHS))
    exported = models.image_classifier(new, ["a", "b", "c"])
    assert len(replace_head(exported, 2).layers) == len(new.layers)


@pytest.mark.parametrize(
    "before",
    [
        keras.layers.Rescaling(1 / 127.5, -1),
        keras.layers.Normalization(mean=[1, 2, 3], variance=[1, 1, 1]),
        keras.layers.Lambda(lambda x: x / 127.5 - 1),
        keras.applications.mobilenet.preprocess_input,
        keras.applications.vgg16.preprocess_input,
    ],
)
def test_what_is_scaled_already_is_not_scaled_again(before):
    inputs = keras.Input((4, 4, 3))
    for body in (tiny("symmetric"), tiny("symmetric", pooling=True)):
        new = replace_head(keras.Model(inputs, body(before(inputs))), 2)
        assert new.input is inputs
        assert "stem_preprocess" not in [layer.name for layer in new.layers]


def test_a_nested_network_of_keras_applications_takes_pixels():
    inputs = keras.Input((4, 4, 3))
    for body in (tiny("symmetric"), tiny("symmetric", pooling=True)):
        augmented = keras.Model(inputs, body(keras.layers.RandomFlip()(inputs)))
        assert replace_head(augmented, 2).layers[1].name == "stem_preprocess"


def test_a_model_with_our_head_is_left_alone():
    """Its body has been trained with whatever it was given."""
    bare = replace_head(tiny("symmetric"), 2, preprocess=None)
    assert len(replace_head(bare, 3).layers) == len(bare.layers)


@pytest.mark.parametrize(
    "before",
    [
        keras.layers.ZeroPadding2D(),
        keras.layers.RandomFlip(),
        keras.layers.Resizing(3, 3),
        keras.layers.CenterCrop(3, 3),
    ],
)
def test_geometry_is_no_scaling(before):
    assert replace_head(tiny("symmetric", before=[before]), 2).layers[1].name == "stem_preprocess"


def test_any_other_model_gets_no_scaling():
    for model in (BUILDERS["resnet"](), with_raw_operations(keras.layers.GlobalMaxPooling2D())):
        assert not any(layer.name == "stem_preprocess" for layer in replace_head(model, 2).layers)


@pytest.mark.parametrize("channels", [1, 4])
def test_gray_and_four_channels(channels):
    images = np.full((1, 4, 4, channels), 255.0)
    symmetric = replace_head(tiny("symmetric", channels), 2)
    np.testing.assert_allclose(entering_first_layer(symmetric, images), images / 127.5 - 1, atol=1e-6)
    mean = [(0.485 + 0.456 + 0.406) / 3] if channels == 1 else [0.485, 0.456, 0.406, 0.485]
    std = [(0.229 + 0.224 + 0.225) / 3] if channels == 1 else [0.229, 0.224, 0.225, 0.229]
    imagenet = replace_head(tiny("imagenet", channels), 2)
    np.testing.assert_allclose(entering_first_layer(imagenet, images)[0, 0, 0], (1 - np.array(mean)) / std, rtol=1e-5)
    if channels == 1:
        caffe = entering_first_layer(replace_head(tiny("caffe", 1), 2), images)
        np.testing.assert_allclose(caffe, images - (103.939 + 116.779 + 123.68) / 3, rtol=1e-6)
    else:
        with pytest.raises(ValueError, match=r"Pass another preprocess=.* Received: preprocess='caffe', 4 channels"):
            replace_head(tiny("caffe", 4), 2)
        assert replace_head(tiny("caffe", 4), 2, preprocess="unit").layers[1].scale == 1 / 255


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [("unit", 1.0), ("symmetric", 1.0), ((0.5, 0.25), 2.0), ("caffe", [151.061, 138.221, 131.32])],
)
def test_scaling_asked_for(preprocess, expected):
    own = keras.Sequential([keras.Input((4, 4, 3), name="photo"), keras.layers.Conv2D(2, 3, name="own")])
    new = replace_head(own, 2, preprocess=preprocess)
    assert (new.input.name, new.get_layer("own")) == ("photo", own.layers[0])
    np.testing.assert_allclose(entering_first_layer(new, np.full((1, 4, 4, 3), 255.0))[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "preprocess", "message"),
    [
        (lambda: tiny("caffe"), "tf", r"must be 'auto', .*'caffe', \(mean, std\) or None\. Received: preprocess='tf'"),
        (lambda: tiny("caffe"), (1, 2, 3), r"'caffe', \(mean, std\) or None\. Received: preprocess=\(1, 2, 3\)"),
        (lambda: tiny("caffe"), ((0.1, 0.2), 0.25), "one per channel"),
        (
            lambda: tiny("caffe", before=[keras.layers.Rescaling(1 / 255, name="mine")]),
            "unit",
            r"may already scale its input.*None leaves .*Received: preprocess='unit', .* with 'mine' \(Rescaling\)",
        ),
        (lambda: BUILDERS["resnet-preprocess"](), "unit", "already scale its input.*'stem_preprocess'"),
        (
            lambda: with_raw_operations(keras.layers.GlobalMaxPooling2D()),
            "unit",
            r"'functional\w*' with '\w*divide\w*'",
        ),
        (lambda: tiny("caffe", before=[keras.layers.Lambda(lambda x: x / 255, name="to_unit")]), "unit", "'to_unit'"),
        # It rounds to whole numbers of 0..255.
        (lambda: tiny("caffe", before=[FitImage(4, 4, name="fit")]), "unit", "'fit' .FitImage"),
        (lambda: ALL["recurrent"](), "unit", "needs a model of one batch of images. Received: "),
    ],
)
def test_scaling_that_cannot_take_effect(model, preprocess, message):
    with pytest.raises(ValueError, match=message):
        replace_head(model(), 2, preprocess=preprocess)


def test_no_scaling_is_asked_for_behind_preprocess_input():
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, tiny("caffe")(keras.applications.vgg16.preprocess_input(inputs)))
    with pytest.raises(ValueError, match="may already scale its input.*preprocess='caffe'"):
        replace_head(model, 2, preprocess="caffe")


@pytest.mark.parametrize("before", [keras.layers.RandomFlip(), keras.layers.Dropout(0.1), keras.layers.MaxPooling2D()])
def test_scaling_asked_for_before_layers_that_keep_the_scale(before):
    assert replace_head(tiny("caffe", before=[before]), 2, preprocess="unit").layers[1].name == "stem_preprocess"


def test_scaling_asked_for_before_dropout_and_noise_of_flat_pixels():
    flat = models.mlp((4, 4, 1), 2, hidden=(3,), input_dropout=0.1, input_noise=0.1)
    assert replace_head(flat, 2, preprocess="unit").layers[1].name == "stem_preprocess"


def test_exported_sequential_classifier():
    layers = keras.layers
    mine = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    exported = models.image_classifier(mine, ["a", "b"])
    assert (replace_head(exported, 5).output_shape, split_head(exported)[0].output_shape) == ((None, 5), (None, 4))


def test_body_layers_may_be_named_head():
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="second")(layers.Conv2D(4, 3, name="head_first")(inputs))
    new = replace_head(keras.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling2D()(x))), 3)
    assert new.get_layer("head_pool").input is x


@pytest.mark.slow
def test_published_features_separate_dogs_from_cats(real_data, tmp_path):
    """As the image recipe: train the head on precomputed features, then unfreeze group by group.

    A linear head alone is known to reach 97.5 %.
    """
    with tarfile.open(real_data / "dogscats/dogscats_800.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    folder = next(tmp_path.rglob("train")).parent
    (weights,) = (real_data / "weights").glob("squeezenet*.h5")
    parts, accuracies = ["conv1|fire[2-5]_", "fire[6-9]_", "head_"], []
    for seed in (0, 1, 2):
        keras.utils.set_random_seed(seed)
        data = images.from_folder(folder, image_size=227, seed=seed)
        model = replace_head(squeezenet(227, weights), 2)
        body, head = split_head(model)
        precomputed = features.precompute(body, data, folder=tmp_path / "features", verbose=0)
        head.compile(optimizers.AdamW(weight_decay=0.01), precomputed.loss, metrics=["accuracy"])
        peak_lr = lr_find(head, precomputed.train, verbose=0).suggestion()
        head.fit(precomputed.train, epochs=10, verbose=0, shuffle=False, callbacks=[callbacks.OneCycle(peak_lr)])
        alone = head.evaluate(precomputed.valid, verbose=0)[1]
        rates = groups.discriminative(model, groups=parts)
        model.compile(optimizers.AdamW(weight_decay=0.01, groups=rates), data.loss, metrics=["accuracy"])
        whole_lr = runs.after_head(runs.RunFolder(tmp_path / f"run{seed}"), model, data.train, peak_lr)
        cycles = callbacks.OneCycle(whole_lr, restart_at=[1, 2])
        policy = [callbacks.GradualUnfreezing([1, 2], groups=parts), cycles]
        fitted = model.fit(data.train, validation_data=data.valid, epochs=4, verbose=0, shuffle=False, callbacks=policy)
        accuracies.append(fitted.history["val_accuracy"][-1])
        peaks, after = f"peaks {peak_lr:.2g}, {whole_lr:.2g}", fitted.history["val_accuracy"]
        print(f"Seed {seed}, {peaks}: head alone {alone:.2%}, then {after}")
    print(f"Mean {np.mean(accuracies):.2%}")
    assert np.mean(accuracies) >= 0.975
