import socket
import time

import numpy as np
import pytest
import tensorflow_datasets as tfds
from kerasdl.data import images
from kerasdl.errors import BadInput


class Squares(tfds.core.GeneratorBasedBuilder):
    """Twelve squares, one gray value each."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS = ("train", "test")

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(6, 6, 1)),
                    "label": tfds.features.ClassLabel(names=["dark", "light"]),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, manager):
        return {split: self._generate_examples() for split in self.SPLITS}

    def _generate_examples(self):
        for shade in range(12):
            yield shade, {"image": np.full((6, 6, 1), 20 * shade, np.uint8), "label": shade // 6}


class Unsplit(Squares):
    """The same with a single split."""

    SPLITS = ("train",)


def test_a_prepared_dataset_is_used(prepared):
    data = images.from_tfds("squares", data_dir=prepared(Squares), augment=None)
    assert (data.classes, data.shape) == (("dark", "light"), (6, 6, 1))
    assert (len(data.train_names), len(data.valid_names)) == (12, 12)
    assert data.valid_names[0] == "squares/test[0]"
    (pictures, labels), *_ = data.valid
    assert ((pictures[:, 0, 0, 0].numpy() / 20) // 6 == labels.numpy()).all()


def test_a_dataset_without_validation_is_split(prepared):
    data = images.from_tfds("unsplit", data_dir=prepared(Unsplit), valid_share=0.5)
    assert (len(data.train_names), len(data.valid_names)) == (6, 6)


def test_an_unknown_name_is_an_error_within_seconds(tmp_path):
    started = time.monotonic()
    for name in ("no_such_dataset", "not a name", "huggingface:nothing"):
        with pytest.raises(BadInput, match=f"No such file or folder, and no TensorFlow Datasets.*Received: '{name}'"):
            images.from_tfds(name, data_dir=str(tmp_path))
    assert time.monotonic() - started < 30


def test_the_error_for_an_unprepared_dataset_says_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="--manual-dir.*--download.*t10k-images-idx3-ubyte.gz"):
        images.from_tfds("mnist", data_dir=str(tmp_path))
    with pytest.raises(BadInput, match=f"Received: manual_dir='{tmp_path}' without"):
        images.from_tfds("mnist", data_dir=str(tmp_path), manual_dir=str(tmp_path))


def test_an_unreachable_network_is_an_error_within_seconds(tmp_path, monkeypatch):
    def unreachable(address, timeout):
        assert timeout <= 10
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(BadInput, match="is unreachable .Network is unreachable.*--manual-dir"):
        images.from_tfds("mnist", data_dir=str(tmp_path), download=True)


def test_a_dataset_without_labelled_images_is_an_error(prepared):
    class Numbers(Squares):
        """Numbers only."""

        def _info(self):
            return self.dataset_info_from_configs(features=tfds.features.FeaturesDict({"x": np.int64}))

        def _generate_examples(self):
            yield 0, {"x": 1}

    with pytest.raises(BadInput, match=r"has no labelled images. Received: features \['x'\]"):
        images.from_tfds("numbers", data_dir=prepared(Numbers))


@pytest.mark.slow
def test_mnist_from_its_original_files_without_a_network(real_data, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("the network was used"))
    data = images.from_tfds("mnist", data_dir=str(tmp_path), manual_dir=str(real_data / "mnist"))
    assert (len(data.train_names), len(data.valid_names), data.shape) == (60_000, 10_000, (28, 28, 1))
    assert data.augmentation.flip is False
