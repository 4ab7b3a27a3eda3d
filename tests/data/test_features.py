"""Features of a frozen body: the same training of a head as with the body, without it; and never stale."""

from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import groups, models
from kerasdl.data import features, images, mixing

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
    """Calling it, no body may run any more."""

    def fail(*_):
        pytest.fail("computed again")

    return lambda: monkeypatch.setattr(keras.Model, "predict_on_batch", fail)


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
    assert seen.test_features is None
    with pytest.raises(ValueError, match="no test of their own"):
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


def changed(what, data, model, folder):
    """The same, but for one thing."""
    if what == "a weight":
        model.get_layer("stage1_block1_norm2").moving_mean.assign_add([1e-3, 0, 0, 0])
    if what == "preprocessing":
        other = models.resnet((12, 12, 3), 3, depths=(1, 1), widths=(4, 8), stem="small", preprocess="unit")
        other.set_weights(model.get_weights())
        model = other
    if what == "the image size":
        flexible = models.resnet((None, None, 3), 3, depths=(1, 1), widths=(4, 8), stem="small", preprocess="symmetric")
        flexible.set_weights(model.get_weights())
        model, data = flexible, data.resized(16)
    if what == "an image":
        path = folder / "a" / "3.png"
        path.write_bytes(path.read_bytes()[::-1][:10] + path.read_bytes())
        path.write_bytes((folder / "b" / "3.png").read_bytes())
    return data, model


@pytest.mark.parametrize("what", ["nothing", "a weight", "preprocessing", "the image size", "an image"])
def test_what_is_stale_is_not_used(what, image_folder, tmp_path):
    folder, cache = image_folder({"a": 8, "b": 8}, size=(12, 12)), tmp_path / "features"
    data, model = images.from_folder(folder, image_size=12, batch_size=8, cache=None), network()
    features.precompute(models.split_head(model)[0], data, folder=cache, verbose=0)
    before = set(cache.iterdir())
    data, model = changed(what, data, model, folder)
    features.precompute(models.split_head(model)[0], data, folder=cache, verbose=0)
    expected = {"nothing": 0, "an image": 1}.get(what, 2)  # an image is of one part: train or valid
    assert len(set(cache.iterdir()) - before) == expected


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
    with pytest.raises(ValueError, match=r"images of \(12, 12, 3\): load them so. Received: images of \(16, 16, 3\)"):
        features.precompute(body, pictures().resized(16), folder=tmp_path)


def test_a_file_that_does_not_decode_is_named_and_leaves_no_features(image_folder, tmp_path):
    folder, cache = image_folder({"a": 8, "b": 8}, size=(12, 12)), tmp_path / "features"
    data = images.from_folder(folder, image_size=12, batch_size=8, check=False, cache=None)
    bad = data.train_names[3]
    Path(bad).write_bytes(b"nothing")
    with pytest.raises(Exception, match=f"Cannot be read or decoded: {bad}"):
        features.precompute(models.split_head(network())[0], data, folder=cache, verbose=0)
    assert list(cache.iterdir()) == []
