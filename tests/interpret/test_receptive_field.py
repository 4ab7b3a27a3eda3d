import keras
import numpy as np
from kerasdl import models
from keras import layers
from kerasdl.interpret.receptive_field import receptive_field

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 16, 12, 1)).astype("uint8")


def fields(*parts):
    model = keras.Sequential([keras.Input((16, 12, 1)), *parts])
    rows, columns = receptive_field(model, IMAGES, parts[-1].name, batch_size=5)
    return rows.tolist(), columns.tolist()


def test_of_a_convolution_clipped_at_the_edges():
    rows, columns = fields(layers.Conv2D(2, (3, 5), padding="same"))
    assert rows == [[max(row - 1, 0), min(row + 2, 16)] for row in range(16)]
    assert columns == [[max(column - 2, 0), min(column + 3, 12)] for column in range(12)]


def test_of_strides_and_pooling():
    """A kernel of 3 on pooled pairs sees 6 pixels, in steps of 4; the padding of "same" is at the end."""
    rows, _ = fields(layers.MaxPooling2D(2), layers.Conv2D(8, 3, 2, padding="same"), layers.ReLU())
    assert rows == [[0, 6], [4, 10], [8, 14], [12, 16]]


def test_a_filter_that_a_relu_silences_for_almost_all_pixels_hides_none():
    rows, _ = fields(layers.Conv2D(4, 3, use_bias=False), layers.ReLU(threshold=100.0), layers.Conv2D(4, 3))
    assert rows == [[row, row + 5] for row in range(12)]


def test_what_depends_on_nothing_is_given_the_whole_side():
    rows, _ = fields(layers.Conv2D(1, 1), layers.ZeroPadding2D(1))
    assert rows == [[0, 16], *([row, row + 1] for row in range(16)), [0, 16]]


def test_of_shortcuts_in_a_nested_model():
    body = models.resnet((16, 16, 1), depths=(1, 1), widths=(4, 8), stem="small", include_top=False, name="body")
    model = keras.Sequential([keras.Input((16, 16, 1)), body, layers.GlobalAveragePooling2D()])
    images = np.random.default_rng(0).normal(size=(1, 16, 16, 1))
    rows, columns = receptive_field(model, images, "body/stage1_block1_relu")
    assert np.array_equal(rows, [[max(row - 3, 0), min(row + 4, 16)] for row in range(16)])
    assert np.array_equal(rows, columns)
    rows, _ = receptive_field(model, images, "body")
    assert rows[3:5].tolist() == [[0, 13], [2, 15]]
