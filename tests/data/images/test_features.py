"""Features of a frozen body: the same training of a head as with the body, without it; and never stale."""

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

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
LABELS = np.arange(40) % 3


def pictures(**options):
    return images.from_arrays(PIXELS, LABELS, classes=list("abc"), **{"batch_size": 8, "augment": None} | options)


def network(head="linear", seed=1):
    """A body whose BatchNormalization has seen something, so that training and inference differ."""
    keras.utils.set_random_seed(seed)
    model = models.resnet((12, 12, 3), 3, depths=(1, 1), widths=(4, 8), stem="small", head=head, preprocess="symmetric")
    model(PIXELS, training=True)
    return model


@pytest.fixture
def forbidden(monkeypatch):
    """Calling it, no features may be computed any more."""
    return lambda: monkeypatch.setattr(
        "kerasdl.data.images.features._fill", lambda *_, **__: pytest.fail("computed again")
    )


@pytest.mark.parametrize("head", ["linear", "fastai"])
def test_a_head_learns_on_features_what_it_learns_behind_its_frozen_body(head, tmp_path):
    slow, fast, data = network(head), network(head), pictures()
    groups.freeze_to(slow, -1)
    slow.compile(keras.optimizers.Adam(0.01), data.loss)
    uncached = slow.fit(data.train, validation_data=data.valid, epochs=3, verbose=0, shuffle=False)

    body, fast_head = models.split_head(fast)
    seen = features.precompute(body, pictures(), folder=tmp_path, verbose=0)
    fast_head.compile(keras.optimizers.Adam(0.01), seen.loss)
    cached = fast_head.fit(seen.train, validation_data=seen.valid, epochs=3, verbose=0, shuffle=False)

    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(cached.history[name], uncached.history[name], rtol=1e-5)
    for one, other in zip(slow.get_weights(), fast.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    assert uncached.history["loss"][-1] < uncached.history["loss"][0]


def test_features_are_what_the_body_makes_of_each_image_in_order(tmp_path):
    data, (body, _) = pictures(augment="auto"), models.split_head(network())
    seen = features.precompute(body, data, folder=tmp_path, verbose=0)
    shown = PIXELS[[int(name[6:-1]) for name in data.valid_names]].astype("float32")
    np.testing.assert_allclose(seen.valid_features, body.predict(shown, verbose=0), rtol=1e-5)
    assert (seen.train_features.shape, seen.train_features.dtype) == ((31, 8), np.float32)
    for part, expected in enumerate((seen.valid_features, data.valid_pictures.labels)):
        np.testing.assert_array_equal(np.concatenate([batch[part] for batch in seen.valid]), expected)
    # Training shows them too, in any order, though the images are augmented.
    shown = np.concatenate([batch for batch, _ in seen.train])
    np.testing.assert_array_equal(np.sort(shown, axis=0), np.sort(seen.train_features, axis=0))
    assert seen.test_features is None
    with pytest.raises(ValueError, match="no test part"):
        _ = seen.test


def test_a_test_part_has_its_features(image_folder, tmp_path):
    folder = image_folder({f"{part}/{kind}": 2 for part in ("train", "valid", "test") for kind in "ab"}, size=(12, 12))
    data, (body, _) = images.from_folder(folder, image_size=12, batch_size=8), models.split_head(network())
    seen = features.precompute(body, data, folder=tmp_path / "features", verbose=0)
    expected = body.predict(data.test, verbose=0)
    np.testing.assert_allclose(next(iter(seen.test))[0], expected, rtol=1e-5)


def test_epochs_go_on_counting_with_those_of_the_images(tmp_path):
    data, (body, _) = pictures(), models.split_head(network())
    seen = features.precompute(body, data, folder=tmp_path, verbose=0)
    first, second = (np.concatenate([labels for _, labels in seen.train]) for _ in range(2))
    third = np.concatenate([labels for _, labels in data.train])
    expected = [np.concatenate([labels for _, labels in data.epoch(epoch)]) for epoch in range(3)]
    assert all(np.array_equal(*pair) for pair in zip((first, second, third), expected, strict=True))
    assert not np.array_equal(first, second)


def test_labels_are_such_as_the_images_loss_takes(tmp_path):
    body, _ = models.split_head(network())
    seen = features.precompute(body, pictures(mixing=mixing.MixUp()), folder=tmp_path, verbose=0)
    for dataset in (seen.train, seen.valid):
        labels = next(iter(dataset))[1].numpy()
        assert labels.shape == (8, 3)
        assert np.array_equal(np.unique(labels), [0, 1])


def test_what_was_computed_is_used_again_whether_the_body_is_frozen_or_compiled(tmp_path, forbidden):
    first = features.precompute(models.split_head(network())[0], pictures(), folder=tmp_path, verbose=0)
    forbidden()
    again = network("fastai")
    groups.freeze_to(again, -1)
    again.compile("sgd", "mse")
    body = models.split_head(models.replace_head(again, 5))[0]
    body.compile("adam", "mse")
    second = features.precompute(body, pictures(augment="auto", batch_size=4), folder=tmp_path, verbose=0)
    assert np.array_equal(first.train_features, second.train_features)


def flexible(preprocess="symmetric"):
    """Of `network`'s weights, for images of any size."""
    model = models.resnet((None, None, 3), 3, depths=(1, 1), widths=(4, 8), stem="small", preprocess=preprocess)
    model.set_weights(network().get_weights())
    return model


def changed(what, data, folder):
    """The same images and body, but for one thing."""
    model = flexible("unit" if what == "preprocessing" else "symmetric")
    if what == "a weight":
        model.get_layer("stage1_block1_norm2").moving_mean.assign_add([1e-3, 0, 0, 0])
    if what == "the image size":
        data = data.resized(16)
    if what == "an image":
        (folder / "a" / "3.png").write_bytes((folder / "b" / "3.png").read_bytes())
    if what == "an image of the same length and time":
        before = (folder / "a" / "3.png").stat()
        pixels = PIXELS[3]
        (folder / "a" / "3.png").write_bytes(encoded(pixels, compress_level=0))
        os.utime(folder / "a" / "3.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    return data, model


@pytest.mark.parametrize(
    "what",
    ["nothing", "a weight", "preprocessing", "the image size", "an image", "an image of the same length and time"],
)
def test_what_is_stale_is_not_used(what, tmp_path):
    folder, cache = tmp_path / "images", tmp_path / "features"
    for index, pixels in enumerate(PIXELS[:16]):
        path = folder / "ab"[index % 2] / f"{index // 2}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(pixels, compress_level=0))
    data = images.from_folder(folder, image_size=12, batch_size=8, cache=None)
    features.precompute(models.split_head(flexible())[0], data, folder=cache, verbose=0)
    before = set(cache.iterdir())
    data, model = changed(what, data, folder)
    features.precompute(models.split_head(model)[0], data, folder=cache, verbose=0)
    expected = {"nothing": 0, "a weight": 2, "preprocessing": 2, "the image size": 2}.get(what, 1)
    assert len(set(cache.iterdir()) - before) == expected  # an image is of one part only, train or valid


def test_the_code_of_a_layer_may_change_unseen(tmp_path):
    def body(scale):
        inputs = keras.Input((12, 12, 3))
        return keras.Model(inputs, keras.layers.Flatten()(keras.layers.Lambda(lambda x: x * scale)(inputs)))

    one, ten = (features.precompute(body(scale), pictures(), folder=tmp_path, verbose=0) for scale in (1, 10))
    np.testing.assert_allclose(10 * one.train_features, ten.train_features)


def test_pictures_kept_are_known_by_what_is_kept(image_folder, tmp_path):
    """They were decoded when the images were loaded; a file changed since then is not what the body sees."""
    folder, (body, _) = image_folder({"a": 8, "b": 8}, size=(12, 12)), models.split_head(network())
    before = images.from_folder(folder, image_size=12, cache="memory", batch_size=8)
    for name in before.train_names:
        Path(name).write_bytes(encoded(PIXELS[0]))
    now = images.from_folder(folder, image_size=12, cache="memory", batch_size=8)
    seen = [features.precompute(body, data, folder=tmp_path / "f", verbose=0) for data in (before, now)]
    for data, found in zip((before, now), seen, strict=True):
        shown = np.concatenate([batch for batch, _ in replace(data, valid_pictures=data.train_pictures).valid])
        np.testing.assert_allclose(found.train_features, body.predict(shown, verbose=0), rtol=1e-5)


def test_files_of_one_name_in_two_places(tmp_path, monkeypatch):
    body, _ = models.split_head(network())
    for index, place in enumerate(("one", "two")):
        for number, kind in enumerate("aabb"):
            path = tmp_path / place / "images" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(PIXELS[4 * index + number], compress_level=0))
        monkeypatch.chdir(tmp_path / place)
        data = images.from_folder("images", image_size=12, batch_size=8, cache=None)
        features.precompute(body, data, folder=tmp_path / "features", verbose=0)
    assert len(list((tmp_path / "features").iterdir())) == 4


def test_arrays_and_their_split_are_told_apart(tmp_path):
    body, _ = models.split_head(network())
    features.precompute(body, pictures(), folder=tmp_path, verbose=0)
    data = images.from_arrays(PIXELS[::-1].copy(), LABELS, classes=list("abc"), batch_size=8)
    features.precompute(body, data, folder=tmp_path, verbose=0)
    features.precompute(body, pictures(seed=1), folder=tmp_path, verbose=0)
    assert len(list(tmp_path.iterdir())) == 6


def test_a_body_in_mixed_precision_leaves_float32(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    body, head = models.split_head(network())
    seen = features.precompute(body, pictures(), folder=tmp_path, verbose=0)
    assert (body.output.dtype, seen.train_features.dtype) == ("float16", np.float32)
    head.compile("adam", seen.loss)
    assert np.isfinite(head.fit(seen.train, verbose=0, shuffle=False).history["loss"][0])


def test_a_body_for_other_images(tmp_path):
    body, _ = models.split_head(network())
    with pytest.raises(ValueError, match=r"inputs of \(12, 12, 3\): load such .* images of \(16, 16, 3\)"):
        features.precompute(body, pictures().resized(16), folder=tmp_path)


def test_bodies_that_are_none(tmp_path):
    image, facts = keras.Input((12, 12, 3)), keras.Input((2,))
    flat = keras.layers.Flatten()(image)
    for body in (
        keras.Model(image, [flat, flat]),
        keras.Model([image, facts], keras.layers.Concatenate()([flat, facts])),
        keras.Sequential([keras.layers.Flatten()]),
    ):
        with pytest.raises(ValueError, match="A body takes one input, images, and puts out one tensor"):
            features.precompute(body, pictures(), folder=tmp_path)
    with pytest.raises(ValueError, match=r"takes inputs of \(2,\)"):
        features.precompute(keras.Model(facts, keras.layers.Dense(1)(facts)), pictures(), folder=tmp_path)


def test_a_file_that_does_not_decode_is_named_and_leaves_no_features(image_folder, tmp_path):
    folder, cache = image_folder({"a": 8, "b": 8}, size=(12, 12)), tmp_path / "features"
    data = images.from_folder(folder, image_size=12, batch_size=8, check=False, cache=None)
    bad = data.train_names[3]
    Path(bad).write_bytes(b"nothing")
    with pytest.raises(BadInput, match=f"^Cannot be read or decoded: {bad}"):
        features.precompute(models.split_head(network())[0], data, folder=cache, verbose=0)
    assert list(cache.iterdir()) == []
