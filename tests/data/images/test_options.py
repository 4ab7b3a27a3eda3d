import pytest
from kerasdl.data.images.images import as_size
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.errors import BadInput


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"seed": -1}, "seed must be a non-negative integer"),
        ({"seed": 0.5}, "seed must be a non-negative integer"),
        ({"augment": "standard"}, "augment must be an Augmentation"),
        ({"mixing": "mixup"}, "mixing must be mixing.MixUp"),
        ({"cache": __file__}, "cache must be a folder, not a file"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(BadInput, match=f"{message}.*Received: "):
        Options(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"background": 300}, "background 0 to 255"),
        ({"on_bad": "ignore"}, "on_bad must be 'raise' or 'skip'"),
        ({"check": "maybe"}, "check True, False or 'auto'"),
        ({"on_bad": "skip", "check": False}, "needs the check"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_file_options_out_of_range(options, message):
    with pytest.raises(BadInput, match=f"{message}.*Received: "):
        FileOptions(**options)


@pytest.mark.parametrize("size", [0, 16.5, (16,), (16, 0)])
def test_image_sizes_are_positive_integers(size):
    with pytest.raises(BadInput, match="whole numbers of pixels.*Received: "):
        as_size(size)


def test_images_have_as_many_pixels_as_a_file_may_have():
    assert as_size(10_000) == (10_000, 10_000)
    with pytest.raises(BadInput, match="at most 100,000,000 pixels: choose a smaller size. Received: 1000000"):
        as_size(1_000_000)
