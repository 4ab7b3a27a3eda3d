import sys
from pathlib import Path

import huggingface_hub
import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.errors import BadInput
from kerasdl.models import pretrained
from kerasdl.models.weight_files import torch_name
from safetensors.numpy import load_file, save_file

RGB = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype("float32")


def tiny(channels=3, classes=4, **options):
    size = {"depths": (1, 1), "widths": (4, 8), "stem": "small"}
    return models.resnet((8, 8, channels), classes, **size | options)


def save_as_torch(model, path, rename=str):
    tensors = {}
    for layer in model.layers:
        for index, variable in enumerate(layer.weights):
            array = np.asarray(variable)
            axes = {4: (3, 2, 0, 1), 2: (1, 0)}.get(array.ndim)
            tensors[rename(torch_name(layer.name, index, variable.name))] = np.ascontiguousarray(array.transpose(axes))
    save_file(tensors, path)


@pytest.fixture(scope="module")
def trained():
    """Its moving statistics are not BatchNormalization's initial ones."""
    keras.utils.set_random_seed(1)
    model = tiny()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(RGB, np.array([0, 3]), verbose=0)
    return model


@pytest.mark.parametrize("kind", [".safetensors", ".weights.h5", ".keras", "exported.keras"])
def test_every_kind_of_file_gives_the_same_network(kind, trained, tmp_path):
    path = tmp_path / f"weights{kind}"
    if kind == ".safetensors":
        save_as_torch(trained, path)
    elif kind == ".weights.h5":
        trained.save_weights(path)
    else:
        model = models.image_classifier(trained, list("abcd")) if kind == "exported.keras" else trained
        model.save(path)
    loaded = tiny(weights=path)
    np.testing.assert_array_equal(loaded.predict_on_batch(RGB), trained.predict_on_batch(RGB))


def test_names_of_other_torch_implementations(trained, tmp_path):
    def other_names(name):
        return "module." + name.replace("downsample", "shortcut").replace("fc.", "linear.")

    save_as_torch(trained, tmp_path / "plain.safetensors", other_names)
    tensors = load_file(tmp_path / "plain.safetensors") | {"module.bn1.num_batches_tracked": np.array(3)}
    save_file(tensors, tmp_path / "other.safetensors")
    loaded = tiny(weights=tmp_path / "other.safetensors")
    np.testing.assert_array_equal(loaded.predict_on_batch(RGB), trained.predict_on_batch(RGB))


def test_every_mismatch_is_listed_and_nothing_is_loaded(trained, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_as_torch(trained, path)
    tensors = load_file(path)
    tensors["fc.bias"] = np.zeros(7, "float32")
    tensors["extra.weight"] = tensors.pop("layer1.0.conv1.weight")
    save_file(tensors, path)
    model = tiny()
    before = model.get_weights()
    with pytest.raises(BadInput) as error:
        models.load_weights(model, path)
    assert "missing from the file: layer1.0.conv1.weight; not in the model: extra.weight; " in str(error.value)
    assert "of another shape: fc.bias (7,) instead of (4,)." in str(error.value)
    assert str(error.value).endswith(f"Received: weights={str(path)!r}")
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_many_mismatches_are_counted(trained, tmp_path):
    trained.save_weights(tmp_path / "small.weights.h5")
    with pytest.raises(BadInput, match=r"missing from the file: stage2_block2_conv1/0, .*/\d and 5 more\. "):
        tiny(depths=(1, 2), weights=tmp_path / "small.weights.h5")


def test_without_a_top_the_files_head_is_ignored(trained, tmp_path):
    save_as_torch(trained, tmp_path / "weights.safetensors")
    trained.save_weights(tmp_path / "own.weights.h5")
    expected = keras.Model(trained.input, trained.get_layer("head_pool").output).predict_on_batch(RGB)
    for name in ("weights.safetensors", "own.weights.h5"):
        features = tiny(include_top=False, pooling="avg", weights=tmp_path / name)
        np.testing.assert_array_equal(features.predict_on_batch(RGB), expected)


def test_first_kernel_is_adapted_to_other_channels(trained, tmp_path):
    """Gray images equal RGB with three equal channels; six channels that repeat RGB give the outputs of RGB."""
    save_as_torch(trained, tmp_path / "weights.safetensors")
    gray = RGB[..., :1]
    one = tiny(channels=1, weights=tmp_path / "weights.safetensors")
    expected = trained.predict_on_batch(np.repeat(gray, 3, axis=-1))
    np.testing.assert_allclose(one.predict_on_batch(gray), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    six = tiny(channels=6, weights=tmp_path / "weights.safetensors")
    twice, expected = np.concatenate([RGB, RGB], axis=-1), trained.predict_on_batch(RGB)
    np.testing.assert_allclose(six.predict_on_batch(twice), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.weights.h5", "cut.keras"])
def test_truncated_file(name, trained, tmp_path):
    if name.endswith("safetensors"):
        save_as_torch(trained, tmp_path / name)
    else:
        (trained.save_weights if name.endswith("h5") else trained.save)(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=rf"^{name} is damaged or not a weight file: .*Received: weights='.*{name}'"):
        tiny(weights=tmp_path / name)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("imagenet21k", r"an existing file or one of \['imagenet'\]\. Received: weights='imagenet21k'"),
        (Path(__file__), r"must be a \.safetensors, \.weights\.h5 or \.keras file\."),
        ("imagenet", r"available for resnet18, .* resnet152\. Received: block='basic', depths=\(1, 1\)"),
    ],
)
def test_invalid_weights(weights, message):
    with pytest.raises(BadInput, match=message):
        tiny(weights=weights)


@pytest.fixture
def published(monkeypatch, tmp_path):
    """A tiny network with published weights, in the folder for manual downloads."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setitem(pretrained.PUBLISHED, ("basic", (1, 1)), "tiny")
    (tmp_path / "models").mkdir()
    model = tiny(classes=1000, preprocess="imagenet")
    save_as_torch(model, tmp_path / "models" / "tiny.tv_in1k.safetensors")
    return model


def test_published_weights_set_their_preprocessing(published):
    model = tiny(classes=1000, weights="imagenet")
    np.testing.assert_array_equal(model.predict_on_batch(RGB), published.predict_on_batch(RGB))
    bare = tiny(classes=1000, weights="imagenet", preprocess=None)
    assert "stem_preprocess" not in [layer.name for layer in bare.layers]


@pytest.mark.parametrize("options", [{"classes": 3}, {"classes": 1000, "head": "fastai"}, {"include_top": False}])
def test_other_heads_are_new(published, options):
    model = tiny(**options, weights="imagenet")
    for layer in published.layers:
        if layer.weights and not layer.name.startswith("head_"):
            for old, new in zip(layer.get_weights(), model.get_layer(layer.name).get_weights(), strict=True):
                np.testing.assert_array_equal(old, new)


def test_cached_file_is_used_offline(published, monkeypatch, tmp_path):
    file = tmp_path / "models" / "tiny.tv_in1k.safetensors"
    cached = file.rename(tmp_path / "cached.safetensors")
    asked = []
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *each: asked.append(each) or str(cached))
    tiny(classes=3, weights="imagenet")
    assert asked == [("timm/tiny.tv_in1k", "model.safetensors")]


def test_downloaded_file_is_used(published, monkeypatch, tmp_path):
    file = (tmp_path / "models" / "tiny.tv_in1k.safetensors").rename(tmp_path / "model.safetensors")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *each: None)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda url, timeout: None)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *each: str(file))
    assert pretrained.published_file("tiny") == file


def test_offline_error_says_where_to_put_the_file(monkeypatch, tmp_path):
    def offline(url, timeout):
        assert timeout <= 5
        raise OSError("Name or service not known\nand much more")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *each: None)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", offline)
    with pytest.raises(BadInput) as error:
        pretrained.published_file("resnet34")
    assert str(error.value) == (
        "Cannot download the weights of resnet34 (OSError: Name or service not known). Download "
        "https://huggingface.co/timm/resnet34.tv_in1k/resolve/main/model.safetensors manually to "
        f"{tmp_path / 'models' / 'resnet34.tv_in1k.safetensors'}. Received: weights='imagenet'"
    )


def test_missing_libraries(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    file = tmp_path / "weights.safetensors"
    file.write_bytes(b"")
    for library in ("safetensors", "huggingface_hub"):
        monkeypatch.setitem(sys.modules, library, None)
    for needed in (lambda: tiny(weights=file), lambda: pretrained.published_file("resnet18")):
        with pytest.raises(ImportError, match=r'pip install "kerasdl\[pretrained\]"'):
            needed()
