import numpy as np
import pytest
from kerasdl.data import images
from kerasdl.errors import BadInput

from tests.data.images.pictures import collect


def test_arrays_are_resized_on_request():
    pixels = np.full((6, 8, 8), 77, np.uint8)
    data = images.from_arrays(pixels, np.arange(6) % 2, classes=["a", "b"], image_size=(4, 6), augment=None)
    assert data.shape == (4, 6, 1)
    assert (collect(data.valid)[0] == 77).all()


def test_arrays_are_never_mirrored_by_default():
    pixels = np.zeros((4, 8, 8, 3), np.uint8)
    assert not images.from_arrays(pixels, np.arange(4) % 2, classes=["cat", "dog"]).augmentation.flip


def test_given_validation_and_test_arrays():
    pixels = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    valid, test = (pixels[:4], np.array([0, 1, 0, 1])), (pixels[:3], np.array([1, 1, 0]))
    data = images.from_arrays(pixels, np.arange(20) % 2, classes=["a", "b"], valid=valid, test=test)
    assert (len(data.train_names), len(data.valid_names), len(data.test_names), data.steps) == (20, 4, 3, 1)
    assert collect(data.valid)[1].tolist() == [0, 1, 0, 1]
    assert collect(data.test)[0][:, 0, 0, 0].tolist() == [0, 1, 2]
    only_test = images.from_arrays(pixels, np.arange(20) % 2, classes=["a", "b"], test=test)
    assert only_test.counts["train_images"] == 16
    with pytest.raises(BadInput, match="All images must have the same size"):
        images.from_arrays(pixels, np.arange(20) % 2, classes=["a", "b"], valid=(pixels[:4, :3], valid[1]))


def test_arrays_are_not_cached_on_disk(tmp_path):
    with pytest.raises(BadInput, match=f"Arrays are not cached on disk.*Received: cache='{tmp_path}'"):
        images.from_arrays(np.zeros((4, 8, 8), np.uint8), np.arange(4) % 2, classes=["a", "b"], cache=str(tmp_path))


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (np.zeros((4, 3, 3)), [0, 1, 0, 1], "must be uint8.*Received: float64"),
        (np.zeros((4, 3), np.uint8), [0, 1, 0, 1], r"Received: uint8 \(4, 3\)"),
        (np.zeros((4, 3, 3), np.uint8), [0, 1, 0], "one integer label per image"),
        (np.zeros((4, 3, 3), np.uint8), [0.0, 1, 0, 1], "Received: float64"),
        (np.zeros((4, 3, 3), np.uint8), [0, 1, 0, 2], r"0\.\.1\. Received: 0\.\.2"),
    ],
)
def test_arrays_that_cannot_be_used(pixels, labels, message):
    with pytest.raises(BadInput, match=message):
        images.from_arrays(pixels, np.array(labels), classes=["a", "b"])
