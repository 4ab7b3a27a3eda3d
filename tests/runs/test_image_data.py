import pytest
from kerasdl import runs
from kerasdl.data import augment, mixing
from kerasdl.errors import BadInput


def test_the_default_data_are_the_digits():
    data = runs.load_images(runs.ImageData(), seed=0)
    assert str(data) == "1,438 training and 359 validation images of 8x8x1 in 10 classes"
    assert (data.batch_size, data.augmentation) == (64, augment.digits())


def test_options_reach_the_pipelines(image_folder):
    folder = image_folder({"cat": 8, "dog": 8})
    options = runs.ImageData(data=str(folder), augment="light", mixing="mixup", balanced=True, batch_size=4)
    data = runs.load_images(options, seed=3, image_size=6, channels=1)
    assert (data.shape, data.batch_size, data.seed) == ((6, 6, 1), 4, 3)
    assert (data.augmentation, data.mixing) == (augment.light(), mixing.MixUp())
    assert data.weights is not None


def test_options_out_of_range():
    with pytest.raises(BadInput, match="batch_size must be at least 1"):
        runs.ImageData(batch_size=0)
    with pytest.raises(BadInput, match="Test-time augmentation needs an augmentation. Received: tta=2, augment='none'"):
        runs.ImageData(tta=2, augment="none")
