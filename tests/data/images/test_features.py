"""Features of a frozen body: a head trains on them as it would behind the body, and they are never stale."""

import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import groups, models
from kerasdl.data import features, images, mixing
from kerasdl.errors import BadInput

from tests.data.images.pictures import encoded

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 12, 12, 3), dtype=np.uint8)
LABELS = np.arange(24) % 3


def arrays(**options):
    """18 training and 6 validation images."""
    options = {"batch_size": 6, "augment": None, "valid_share": 0.25} | options
    return images.from_arrays(PIXELS, LABELS, classes=list("abc"), **options)


def network(head="linear", size=12):
    """A model whose BatchNormalization has moving statistics, so that training and inference differ."""
    keras.utils.set_random_seed(1)
    model = models.resnet((size, size, 3), 3, depths=(1,), widths=(4,), stem="small", head=head, preprocess="symmetric")
    model(PIXELS, training=True)
    return model


def small_body(scale=127.5, size=12):
    """The same weights at each call."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(4, 3)(keras.layers.Rescaling(1 / scale, offset=-1)(inputs))
    x = keras.layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x)))


def precompute(body, data, folder):
    return features.precompute(body, data, folder=folder, verbose=0)


@pytest.fixture
def forbid_computing(monkeypatch):
    """After this is called, computing features is a failure."""
    return lambda: monkeypatch.setattr(
        "kerasdl.data.images.features._fill", lambda *_, **__: pytest.fail("computed again")
    )


# Another head is the same promise; how models are split is tested with the models.
@pytest.mark.parametrize("head", ["linear", pytest.param("fastai", marks=pytest.mark.slow)])
def test_a_head_learns_from_features_what_it_learns_behind_its_frozen_body(head, tmp_path):
    slow, fast, data = network(head), network(head), arrays()
    groups.freeze_to(slow, -1)
    slow.compile(keras.optimizers.Adam(0.01), data.loss)
    uncached = slow.fit(data.train, validation_data=data.valid, epochs=3, verbose=0, shuffle=False)

    body, fast_head = models.split_head(fast)
    found = precompute(body, arrays(), tmp_path)
    fast_head.compile(keras.optimizers.Adam(0.01), found.loss)
    cached = fast_head.fit(found.train, validation_data=found.valid, epochs=3, verbose=0, shuffle=False)

    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(cached.history[name], uncached.history[name], rtol=1e-5)
    for one, other in zip(slow.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    assert uncached.history["loss"][-1] < uncached.history["loss"][0]


def test_features_are_the_outputs_of_the_body_in_the_order_of_the_images(tmp_path):
    data, body = arrays(augment="auto"), small_body()
    found = precompute(body, data, tmp_path)
    shown = PIXELS[[int(name[6:-1]) for name in data.valid_names]].astype("float32")
    np.testing.assert_allclose(found.valid_features, body.predict_on_batch(shown), rtol=1e-5)
    assert (found.train_features.shape, found.train_features.dtype) == ((18, 4), np.float32)
    for part, expected in enumerate((found.valid_features, data.valid_pictures.labels)):
        np.testing.assert_array_equal(np.concatenate([batch[part] for batch in found.valid]), expected)
    # Training shows the same features in another order, although the images are augmented.
    shown = np.concatenate([batch for batch, _ in found.train])
    np.testing.assert_array_equal(np.sort(shown, axis=0), np.sort(found.train_features, axis=0))
    assert found.test_features is None
    with pytest.raises(ValueError, match="no test part"):
        _ = found.test


def test_a_test_part_has_features(image_folder, tmp_path):
    folder = image_folder({f"{part}/{kind}": 2 for part in ("train", "valid", "test") for kind in "ab"}, size=(12, 12))
    data, body = images.from_folder(folder, image_size=12, batch_size=4), small_body()
    found = precompute(body, data, tmp_path / "features")
    (shown, _), *_ = data.test
    np.testing.assert_allclose(next(iter(found.test))[0], body.predict_on_batch(shown), rtol=1e-5)


def test_the_epoch_counter_is_that_of_the_images(tmp_path):
    data = arrays()
    found = precompute(small_body(), data, tmp_path)
    first, second = (np.concatenate([labels for _, labels in found.train]) for _ in range(2))
    third = np.concatenate([labels for _, labels in data.train])
    expected = [np.concatenate([labels for _, labels in data.epoch(epoch)]) for epoch in range(3)]
    assert all(np.array_equal(*pair) for pair in zip((first, second, third), expected, strict=True))
    assert not np.array_equal(first, second)


def test_labels_are_those_that_the_loss_of_the_images_expects(tmp_path):
    found = precompute(small_body(), arrays(mixing=mixing.MixUp()), tmp_path)
    for dataset in (found.train, found.valid):
        labels = next(iter(dataset))[1].numpy()
        assert labels.shape == (6, 3)
        assert np.array_equal(np.unique(labels), [0, 1])


def test_features_are_reused_whether_the_body_is_frozen_or_compiled(tmp_path, forbid_computing):
    first = precompute(models.split_head(network())[0], arrays(), tmp_path)
    forbid_computing()
    again = network("fastai")
    groups.freeze_to(again, -1)
    again.compile("sgd", "mse")
    body = models.split_head(models.replace_head(again, 5))[0]
    body.compile("adam", "mse")
    second = precompute(body, arrays(augment="auto", batch_size=4), tmp_path)
    assert np.array_equal(first.train_features, second.train_features)


def change(what, data, body, folder):
    """The same images and body except for one change."""
    if what == "a weight":
        body.get_layer("norm").moving_mean.assign_add([1e-3, 0, 0, 0])
    if what == "preprocessing":
        body = small_body(scale=128.0, size=None)
    if what == "the image size":
        data = data.resized(16)
    if what == "an image":
        (folder / "a" / "3.png").write_bytes((folder / "b" / "3.png").read_bytes())
    if what == "an image of the same length and time":
        before = (folder / "a" / "3.png").stat()
        (folder / "a" / "3.png").write_bytes(encoded(PIXELS[3], compress_level=0))
        os.utime(folder / "a" / "3.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    return data, body


@pytest.mark.parametrize(
    "what",
    [
        "a weight",
        *(
            pytest.param(what, marks=pytest.mark.slow)
            for what in ("nothing", "preprocessing", "the image size", "an image")
        ),
        "an image of the same length and time",
    ],
)
def test_features_are_computed_again_after_a_change_of(what, tmp_path):
    folder, cache = tmp_path / "images", tmp_path / "features"
    for index, pixels in enumerate(PIXELS[:16]):
        path = folder / "ab"[index % 2] / f"{index // 2}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(pixels, compress_level=0))
    data, body = images.from_folder(folder, image_size=12, batch_size=4, cache=None), small_body(size=None)
    precompute(body, data, cache)
    before = set(cache.iterdir())
    data, body = change(what, data, body, folder)
    precompute(body, data, cache)
    expected = {"nothing": 0, "a weight": 2, "preprocessing": 2, "the image size": 2}.get(what, 1)
    assert len(set(cache.iterdir()) - before) == expected  # an image belongs to one part, training or validation


def test_a_change_of_the_code_of_a_layer_is_noticed(tmp_path):
    def body(scale):
        inputs = keras.Input((12, 12, 3))
        return keras.Model(inputs, keras.layers.Flatten()(keras.layers.Lambda(lambda x: x * scale)(inputs)))

    one, ten = (precompute(body(scale), arrays(), tmp_path) for scale in (1, 10))
    np.testing.assert_allclose(10 * one.train_features, ten.train_features)


def test_features_of_cached_images_are_those_of_the_cached_pixels(image_folder, tmp_path):
    """The images were decoded when they were loaded; a file that changed since is not what the body gets."""
    folder, body = image_folder({"a": 4, "b": 4}, size=(12, 12)), small_body()
    before = images.from_folder(folder, image_size=12, cache="memory", batch_size=6)
    for name in before.train_names:
        Path(name).write_bytes(encoded(PIXELS[0]))
    now = images.from_folder(folder, image_size=12, cache="memory", batch_size=6)
    found = [precompute(body, data, tmp_path / "f") for data in (before, now)]
    for data, seen in zip((before, now), found, strict=True):
        shown = np.concatenate([batch for batch, _ in replace(data, valid_pictures=data.train_pictures).valid])
        np.testing.assert_allclose(seen.train_features, body.predict_on_batch(shown), rtol=1e-5)


def test_files_with_the_same_relative_path_in_two_places_have_their_own_features(tmp_path, monkeypatch):
    body = small_body()
    for index, place in enumerate(("one", "two")):
        for number, kind in enumerate("aabb"):
            path = tmp_path / place / "images" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(PIXELS[4 * index + number], compress_level=0))
        monkeypatch.chdir(tmp_path / place)
        precompute(body, images.from_folder("images", image_size=12, batch_size=2, cache=None), tmp_path / "features")
    assert len(list((tmp_path / "features").iterdir())) == 4


def test_other_arrays_and_another_split_have_their_own_features(tmp_path):
    body = small_body()
    other = images.from_arrays(PIXELS[::-1].copy(), LABELS, classes=list("abc"), batch_size=6, valid_share=0.25)
    for data in (arrays(), other, arrays(seed=1)):
        precompute(body, data, tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def test_features_of_a_body_in_mixed_precision_are_float32(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    body, head = models.split_head(network())
    found = precompute(body, arrays(), tmp_path)
    assert (body.output.dtype, found.train_features.dtype) == ("float16", np.float32)
    head.compile("adam", found.loss)
    assert np.isfinite(head.fit(found.train, verbose=0, shuffle=False).history["loss"][0])


def test_a_body_for_images_of_another_size_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"shape \(12, 12, 3\): load such .* images of \(16, 16, 3\)"):
        features.precompute(small_body(), arrays().resized(16), folder=tmp_path)


def test_a_body_has_one_input_and_one_output(tmp_path):
    image, facts = keras.Input((12, 12, 3)), keras.Input((2,))
    flat = keras.layers.Flatten()(image)
    for body in (
        keras.Model(image, [flat, flat]),
        keras.Model([image, facts], keras.layers.Concatenate()([flat, facts])),
        keras.Sequential([keras.layers.Flatten()]),
    ):
        with pytest.raises(ValueError, match="with one input .images. and one output .features.*Received: inputs"):
            features.precompute(body, arrays(), folder=tmp_path)
    with pytest.raises(ValueError, match=r"expects inputs of shape \(2,\)"):
        features.precompute(keras.Model(facts, keras.layers.Dense(1)(facts)), arrays(), folder=tmp_path)


def test_a_file_that_does_not_decode_is_named_and_leaves_no_features(image_folder, tmp_path):
    folder, cache = image_folder({"a": 4, "b": 4}, size=(12, 12)), tmp_path / "features"
    data = images.from_folder(folder, image_size=12, batch_size=6, check=False, cache=None)
    bad = data.train_names[3]
    Path(bad).write_bytes(b"nothing")
    with pytest.raises(BadInput, match=f"^Cannot be read or decoded: {bad}"):
        precompute(small_body(), data, cache)
    assert list(cache.iterdir()) == []
