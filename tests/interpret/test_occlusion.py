import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import occlusion

from tests.interpret import planted


@pytest.mark.parametrize("name", planted.BUILDERS)
def test_it_points_at_what_makes_the_class(name):
    maps = occlusion(planted.BUILDERS[name](), planted.images(), patch=8, stride=8)
    assert planted.points_at_the_square(maps, around=4)


def summing():
    """The only number is the sum of the pixels."""
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1, kernel_initializer="ones")])


IMAGE = np.arange(16.0).reshape(1, 4, 4, 1)


def test_by_hand():
    """A covered square of four pixels has the sum of four means in place of its own; each pixel is in one square."""
    (heat,) = occlusion(summing(), IMAGE, patch=2, stride=2, target=lambda outputs: outputs[:, 0], batch_size=3)
    falls = np.array([[0 + 1 + 4 + 5, 2 + 3 + 6 + 7], [8 + 9 + 12 + 13, 10 + 11 + 14 + 15]]) - 30
    assert heat == pytest.approx(np.kron(falls, np.ones((2, 2))))


def test_a_pixel_has_the_mean_over_the_squares_that_cover_it_and_the_last_ones_end_with_the_image():
    (heat,) = occlusion(summing(), IMAGE, patch=3, stride=3, target=lambda outputs: outputs[:, 0])
    falls = {corner: IMAGE[0, corner[0] :, corner[1] :, 0][:3, :3].sum() - 67.5 for corner in np.ndindex(2, 2)}
    assert heat[0, 0] == pytest.approx(falls[0, 0])
    assert heat[0, 1] == pytest.approx((falls[0, 0] + falls[0, 1]) / 2)
    assert heat[2, 2] == pytest.approx(sum(falls.values()) / 4)
    assert heat[3, 3] == pytest.approx(falls[1, 1])


def test_the_fall_is_that_of_the_log_probability():
    model, image = planted.sequential(), planted.images()[1:2]
    covered = image.copy()
    covered[:, :16, 16:] = image.mean(axis=(1, 2), keepdims=True)
    fall = np.log(model(image)[0, 1] / model(covered)[0, 1])
    assert occlusion(model, image, patch=16, stride=16)[0, 0, 31] == pytest.approx(fall, abs=1e-5)
    assert occlusion(model, image, patch=16, stride=16, target=[0])[0, 0, 31] < 0


def test_images_of_integers_are_covered_by_integers():
    model = summing()
    heat = occlusion(model, IMAGE.astype("uint8"), patch=4, stride=1, target=lambda outputs: outputs[:, 0])
    assert heat == pytest.approx(120 - 16 * 7)


@pytest.mark.parametrize(("patch", "stride"), [(5, 1), (2, 3), (2, 0)])
def test_squares_that_do_not_fit_are_refused(patch, stride):
    with pytest.raises(BadInput, match=rf"Received: patch={patch}, stride={stride}, images of 4 x 4"):
        occlusion(summing(), IMAGE, patch=patch, stride=stride)
