import tarfile

import keras
import numpy as np
import pytest
from kerasdl import models


@pytest.mark.parametrize(
    ("depth", "count"), [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)]
)
def test_parameters_by_hand(depth, count):
    """Table 6 of the paper: 0.27, 0.46, 0.66, 0.85 and 1.7 million."""
    blocks = (depth - 2) // 6
    stage = [9 * width * width * 2 * blocks + 4 * width * blocks for width in (16, 32, 64)]
    narrower = 9 * 32 * 16 + 9 * 64 * 32  # first convolutions of the second and third stages
    assert count == 27 * 16 + 32 + sum(stage) - narrower + 650
    if depth <= 32:
        model = models.cifar_resnet((32, 32, 3), depth=depth)
        assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == count


def test_projection_shortcut():
    names = [layer.name for layer in models.cifar_resnet((32, 32, 3), depth=8, shortcut="projection").layers]
    assert [name for name in names if "shortcut" in name] == [
        f"stage{stage}_block1_{part}_shortcut" for stage in (2, 3) for part in ("conv", "norm")
    ]


@pytest.mark.parametrize("depth", [2, 18, 21])
def test_invalid_depth(depth):
    with pytest.raises(ValueError, match=rf"6n \+ 2.*Received: depth={depth}"):
        models.cifar_resnet((32, 32, 3), depth=depth)


@pytest.mark.slow
def test_accuracy_of_the_published_weights(real_data, tmp_path):
    """91.8 % on 2,000 test images, as the same network in PyTorch."""
    with tarfile.open(real_data / "cifar10_subset" / "cifar10_png_10k_2k.tgz") as archive:
        archive.extractall(tmp_path, [each for each in archive if "/test/" in each.name], filter="data")
    test = next(tmp_path.rglob("test"))
    data = keras.utils.image_dataset_from_directory(test, image_size=(32, 32), shuffle=False, verbose=False)
    file = real_data / "weights" / "resnet20_cifar10.safetensors"
    model = models.cifar_resnet((32, 32, 3), weights=file, preprocess="imagenet")
    model.compile(metrics=["accuracy"], loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert model.evaluate(data, verbose=0)[1] == pytest.approx(0.918, abs=0.001)
