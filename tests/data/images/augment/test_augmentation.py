import math
from dataclasses import fields

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import augment
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.draws import COLUMNS
from kerasdl.data.images.resampling import resample

EVERYTHING = Augmentation(
    flip=True,
    flip_vertical=True,
    dihedral=True,
    crop=0.2,
    crop_area=0.5,
    crop_aspect=0.3,
    warp=0.2,
    rotate=20,
    shear=10,
    scale=0.2,
    zoom=0.3,
    translate=0.2,
    pad=2,
    brightness=0.3,
    contrast=0.3,
    saturation=0.4,
    hue=0.1,
    blur=1.5,
    noise=0.1,
    erase=0.3,
    p_affine=0.9,
    p_lighting=0.8,
    p_texture=0.7,
)
AUGMENTATIONS = {
    "standard": augment.standard(flip=True),
    "light": augment.light(flip=True),
    "digits": augment.digits(),
    "cifar": augment.cifar(),
    "everything": EVERYTHING,
}


@pytest.fixture(params=AUGMENTATIONS.values(), ids=AUGMENTATIONS)
def augmentation(request):
    return request.param


def batch(count=3, height=12, width=17, channels=3):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def uniform(count, seed=0):
    return np.random.default_rng(seed).random((count, Augmentation.num_draws)).astype("float32")


def of_sample(draw=0.5, **named):
    """The draws of one sample by name."""
    return np.array([[named.get(name, draw) for name in COLUMNS]], "float32")


def matrices(augmentation, count=20000, size=(100, 100)):
    return augmentation.transforms(uniform(count), size).numpy()


def test_without_strengths_images_are_unchanged():
    images = batch()
    assert (Augmentation()(tf.constant(images), uniform(3)).numpy() == images).all()


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation) if not field.name.startswith("p_")])
def test_every_strength_has_an_effect(name):
    strength = getattr(EVERYTHING, name)
    extra = {"crop_area": 0.5} if name == "crop_aspect" else {}
    images, draws = tf.constant(batch()), uniform(3)
    plain = Augmentation(**extra)(images, draws).numpy()
    changed = Augmentation(**{name: strength}, **extra)(images, draws).numpy()
    assert not np.array_equal(changed, plain)


def test_a_sample_does_not_depend_on_its_batch(augmentation):
    # 21: vectorized functions process 4, 8 or 16 values at once and the remainder one by one.
    images, draws = batch(21), uniform(21)
    whole = augmentation(tf.constant(images), draws).numpy()
    for index in range(21):
        alone = augmentation(tf.constant(images[index : index + 1]), draws[index : index + 1]).numpy()
        assert (whole[index : index + 1] == alone).all()
    assert not (whole == images).all()
    assert whole.dtype == np.float32
    assert 0 <= whole.min() <= whole.max() <= 255


def test_eager_equals_graph(augmentation):
    images, draws = tf.constant(batch()), tf.constant(uniform(3))
    graph = tf.function(augmentation.__call__)(images, draws)
    assert np.array_equal(augmentation(images, draws), graph)


def test_a_call_is_geometry_sampling_and_finish(augmentation):
    images, draws = tf.constant(batch()), uniform(3)
    sampled = resample(images, augmentation.transforms(draws, (12, 17)), (12, 17))
    assert np.array_equal(augmentation(images, draws), augmentation.finish(sampled, draws))


def test_images_of_another_or_unknown_size():
    augmentation, draws = augment.standard(flip=True), uniform(3)
    large = tf.constant(batch(3, 60, 50))
    expected = augmentation.finish(resample(large, augmentation.transforms(draws, (20, 30)), (20, 30)), draws)
    assert expected.shape == (3, 20, 30, 3)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8), tf.TensorSpec((None, 32))])
    def unknown(images, numbers):
        return augmentation(images, numbers)

    assert np.array_equal(unknown(large, draws), augmentation(large, draws))


def test_seeded_is_a_function_of_seed_and_index(augmentation):
    images = tf.constant(batch(4))
    first = augmentation.seeded(images, 7).numpy()
    assert np.array_equal(first, augmentation.seeded(images, 7))
    assert not np.array_equal(first, augmentation.seeded(images, 8))
    chosen = augmentation.seeded(tf.gather(images, [2, 0]), 7, indices=[2, 0])
    assert np.array_equal(chosen, first[[2, 0]])


@pytest.mark.parametrize("half", [0.49, 0.51])
def test_flips_have_probability_one_half(half):
    image = batch(1)
    draws = np.full((1, Augmentation.num_draws), half, "float32")
    flipped = Augmentation(flip=True)(tf.constant(image), draws).numpy()
    assert (flipped == (image[:, :, ::-1] if half < 0.5 else image)).all()


def test_the_eight_symmetries_of_a_square_are_equally_frequent():
    turned = matrices(Augmentation(dihedral=True), 8000)
    ways, counts = np.unique(turned.reshape(-1, 9), axis=0, return_counts=True)
    assert len(ways) == 8
    assert np.abs(counts - 1000).max() < 120


def test_pad_shifts_by_whole_pixels_with_equal_probability():
    image = tf.constant(np.arange(17, dtype=np.uint8)[None, None, :, None] * np.ones((1, 12, 1, 1), np.uint8))
    shifts = [8 - Augmentation(pad=2)(image, of_sample(pad_right=u))[0, 0, 8, 0] for u in np.arange(0.1, 1, 0.2)]
    assert shifts == [-2, -1, 0, 1, 2]


@settings(max_examples=40)
@given(crop=st.floats(0, 0.8), area=st.floats(0, 0.95), aspect=st.floats(0, 2), seed=st.integers(0, 99))
def test_a_crop_lies_in_the_image_and_has_its_area(crop, area, aspect, seed):
    draws, aspect = uniform(50, seed), aspect if area else 0.0
    found = Augmentation(crop=crop, crop_area=area, crop_aspect=aspect).transforms(draws, (100, 200)).numpy()
    wide, high, right, down = found[:, 0, 0], found[:, 1, 1], found[:, 0, 2] / 200, found[:, 1, 2] / 100
    assert (np.abs(right) + wide / 2 <= 0.5001).all()
    assert (np.abs(down) + high / 2 <= 0.5001).all()
    side = 1 - crop * draws[:, COLUMNS.index("crop")]
    np.testing.assert_allclose(wide * high, side**2 * (1 - area * draws[:, COLUMNS.index("crop_area")]), 1e-3)
    assert (np.abs(np.log(wide / high)) <= math.log(1 + aspect) + 1e-4).all()


def test_random_resized_crop_has_the_ranges_of_the_paper():
    found = matrices(Augmentation(crop_area=0.92, crop_aspect=1 / 3))
    areas, aspects = found[:, 0, 0] * found[:, 1, 1], found[:, 0, 0] / found[:, 1, 1]
    assert np.quantile(areas, [0, 0.5, 1]) == pytest.approx([0.08, 0.54, 1], abs=0.01)
    assert (aspects.min(), aspects.max()) == pytest.approx((3 / 4, 4 / 3), abs=0.01)


@pytest.mark.parametrize("area", [0.0, 0.6])
def test_an_erased_box_has_its_area(area):
    augmentation = Augmentation(erase=0.3)
    image = np.full((1, 200, 200, 1), 255, np.uint8)
    for aspect in (0.0, 0.5, 0.99):
        draws = of_sample(erase=area, erase_aspect=aspect)
        erased = (augmentation(tf.constant(image), draws).numpy() < 255).mean()
        assert erased == pytest.approx(0.02 + 0.28 * area, rel=0.06)
    assert np.array_equal(Augmentation(erase=0.3, p_texture=0.5)(tf.constant(image), of_sample(erase=0.5)), image)


# Documented by fastai 2.8.12 for aug_transforms: p_affine and p_lighting 0.75, and the range of each parameter.
# https://docs.fast.ai/vision.augment.html#aug_transforms
def test_standard_has_the_probabilities_and_ranges_of_fastai():
    standard = augment.standard(flip=True)
    only = {name: getattr(standard, name) for name in ("warp", "rotate", "zoom", "flip")}

    def found(name):
        return matrices(Augmentation(**{name: only[name]}, p_affine=standard.p_affine))

    degrees = np.degrees(np.arcsin(found("rotate")[:, 0, 1]))
    assert (degrees.min(), degrees.max()) == pytest.approx((-10, 10), abs=0.01)
    assert (degrees != 0).mean() == pytest.approx(0.75, abs=0.01)
    assert np.abs(degrees[degrees != 0]).mean() == pytest.approx(5, rel=0.02)
    factor = 1 / found("zoom")[:, 0, 0]
    assert (factor.min(), factor.max()) == pytest.approx((1, 1.1), abs=1e-3)
    assert (factor != 1).mean() == pytest.approx(0.75, abs=0.01)
    assert factor[factor != 1].mean() == pytest.approx(1.05, abs=1e-3)
    # The fixed point is anywhere in the image.
    zoomed = found("zoom")[factor > 1.001]
    points = zoomed[:, :2, 2] / (1 - zoomed[:, :1, 0])
    assert np.quantile(points, [0.01, 0.25, 0.75, 0.99]) == pytest.approx([-49, -25, 25, 49], abs=2)
    warped = found("warp")[:, 2, :2] * 50
    assert (warped != 0).mean(axis=0) == pytest.approx([0.75, 0.75], abs=0.01)
    assert (found("flip")[:, 0, 0] < 0).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_standard_lighting_has_the_probabilities_and_ranges_of_fastai(name):
    standard = augment.standard()
    draws = uniform(4000)
    gray = np.full((4000, 1, 1, 1), 210, np.uint8)
    one_op = Augmentation(**{name: getattr(standard, name)}, p_lighting=standard.p_lighting)
    share = one_op(tf.constant(gray), draws).numpy().ravel() / 255
    logits = np.log(share / (1 - share))
    start = math.log(210 / 45)
    if name == "brightness":
        low, high = start + math.log(0.4 / 0.6), start + math.log(0.6 / 0.4)
    else:
        low, high = start * 0.8, start / 0.8
    assert (logits.min(), logits.max()) == pytest.approx((low, high), abs=0.03)
    assert (share != 210 / 255).mean() == pytest.approx(0.75, abs=0.03)


def test_the_old_name_of_num_draws_still_works_and_warns():
    with pytest.warns(DeprecationWarning, match=r"Augmentation\.draws is deprecated.*use Augmentation\.num_draws"):
        assert Augmentation.draws == Augmentation.num_draws == len(COLUMNS)


def test_presets():
    assert augment.standard() == Augmentation(
        warp=0.2, rotate=10.0, zoom=0.1, brightness=0.2, contrast=0.2, p_affine=0.75, p_lighting=0.75
    )
    assert {augment.digits().flip, augment.digits().flip_vertical, augment.digits().dihedral} == {False}
    shifts = matrices(augment.cifar(), size=(32, 32))[:, :2, 2]
    assert np.array_equal(np.unique(shifts), np.arange(-4, 5))
    for preset in (augment.standard(), augment.light(), augment.digits()):
        # Grayscale images, too.
        preset(tf.constant(batch(channels=1)), uniform(3))


def test_repr_shows_what_is_set_and_an_augmentation_is_hashable():
    assert repr(Augmentation(rotate=3, flip=True)) == "Augmentation(flip=True, rotate=3)"
    assert eval(repr(EVERYTHING)) == EVERYTHING
    assert {augment.cifar(): 1}[Augmentation(flip=True, pad=4)] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *({"rotate": -1}, {"crop": 1.0}, {"brightness": -0.1}, {"brightness": 1}, {"contrast": 1}, {"warp": 0.5}),
        *(
            {"rotate": math.nan},
            {"zoom": math.inf},
            {"p_affine": 1.1},
            {"p_lighting": -0.1},
            {"pad": 1.5},
            {"crop_aspect": 0.3},
            {"hue": 1},
            {"flip": 2},
        ),
    ],
    ids=str,
)
def test_strengths_out_of_range(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        Augmentation(**arguments)


@pytest.mark.parametrize("name", ["saturation", "hue"])
def test_saturation_and_hue_need_color_images(name):
    with pytest.raises(ValueError, match=r"three channels. Received: images of shape \(3, 12, 17, 1\)"):
        Augmentation(**{name: 0.1})(tf.constant(batch(channels=1)), uniform(3))
