import keras
import numpy as np
import pytest
from kerasdl import models
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import grad_cam, integrated_gradients, occlusion
from kerasdl.interpret.grad_cam import last_map

from tests.interpret import planted


@pytest.fixture(scope="module")
def images():
    return planted.images()


@pytest.mark.parametrize("name", planted.BUILDERS)
def test_it_points_at_what_makes_the_class(name, images):
    maps = grad_cam(planted.BUILDERS[name](), images, batch_size=3)
    assert maps.shape == (4, 32, 32)
    assert (maps.min(), maps.max(axis=(1, 2)).tolist()) == (0, [1] * 4)
    assert planted.points_at_the_square(maps)


def test_by_hand():
    """The weights of the two maps are their mean gradients: of two logits w, the odds have w1 - w0 over 4 positions."""
    head = layers.GlobalAveragePooling2D(), layers.Dense(2, name="logits")
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Conv2D(2, 1, name="maps"), *head])
    model.get_layer("maps").set_weights([np.array([[[[1, -1]]]]), np.array([0, 2])])
    model.get_layer("logits").set_weights([np.array([[1, 4], [2, 1]]), np.zeros(2)])
    image = np.array([0, 1, 2, 4.0]).reshape(1, 2, 2, 1)
    # 3 * x - 1 * (2 - x), without the factor of a quarter.
    heat = np.maximum(4 * np.array([0, 1, 2, 4]) - 2, 0) / 14
    assert grad_cam(model, image, target=1)[0].ravel() == pytest.approx(heat)
    against = np.maximum(2 - 4 * np.array([0, 1, 2, 4]), 0) / 2
    assert grad_cam(model, image, target=0)[0].ravel() == pytest.approx(against)
    ones = grad_cam(model, image, target=lambda outputs: outputs[:, 0])[0].ravel()
    assert ones == pytest.approx((np.array([0, 1, 2, 4]) + 2 * (2 - np.array([0, 1, 2, 4]))).clip(0) / 4)


def test_logits_softmax_and_sigmoid_have_the_same_maps(images):
    maps = grad_cam(planted.sequential("linear"), images, target=planted.LABELS)
    assert grad_cam(planted.sequential("softmax"), images) == pytest.approx(maps, abs=1e-5)
    assert grad_cam(planted.resnet(classifier_activation="softmax"), images) == pytest.approx(
        grad_cam(planted.resnet(), images), abs=1e-5
    )


def test_a_single_sigmoid_speaks_for_the_second_class(images):
    inputs = keras.Input(planted.SIZE)
    x = layers.Conv2D(2, 1, activation="relu")(layers.Rescaling(1 / 255)(inputs))
    model = planted.hand_set(keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling2D()(x))))
    red = grad_cam(model, images)
    assert planted.points_at_the_square(np.where(np.array(planted.LABELS)[:, None, None], red, planted_squares()))
    assert not red[[0, 2]].any()


def planted_squares():
    squares = np.zeros((4, 32, 32))
    for square, (top, left) in zip(squares, planted.PLACES, strict=True):
        square[top : top + 8, left : left + 8] = 1
    return squares


def test_tags(images):
    maps = grad_cam(planted.sequential("sigmoid"), images, target=planted.LABELS, tags=True)
    assert planted.points_at_the_square(maps)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy, images):
    keras.mixed_precision.set_dtype_policy(policy)
    assert planted.points_at_the_square(grad_cam(planted.resnet.__wrapped__(), images))


def test_a_model_that_is_certain_still_has_a_map(images):
    model = planted.sequential.__wrapped__()
    model.get_layer("logits").kernel.assign(1e5 * np.eye(2))
    assert np.array_equal(model(images), np.eye(2)[planted.LABELS])
    assert planted.points_at_the_square(grad_cam(model, images))


def test_the_default_is_the_last_learned_map_of_more_than_one_position():
    assert last_map(planted.nested(), planted.images()[:1]) == "backbone/head_features"
    inputs = keras.Input((4, 4, 1))
    x = layers.ZeroPadding2D(name="pad")(layers.Conv2D(1, 1, name="conv")(inputs))
    x = layers.Conv2D(1, 6, name="single")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    assert last_map(model, np.ones((1, 4, 4, 1))) == "conv"


def test_an_earlier_layer_can_be_chosen(images):
    assert planted.points_at_the_square(grad_cam(planted.nested(), images, layer="backbone/stem_relu"))


def test_models_and_layers_without_a_map_are_refused(images):
    with pytest.raises(BadInput, match=r"No layer returns a map.*occlusion. Received: 'mlp', images of shape \(8, 8\)"):
        grad_cam(models.mlp((8, 8), classes=2, hidden=(4,)), np.ones((1, 8, 8)))
    with pytest.raises(BadInput, match=r"must return one map.*Received: layer='logits' with outputs of shape \(4, 2\)"):
        grad_cam(planted.sequential(), images, layer="logits")


def test_nothing_is_left_behind_by_an_error_in_the_middle(images):
    model = planted.nested()
    before = [np.array(each) for each in model.variables]

    def fail(outputs):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        grad_cam(model, images, target=fail)
    assert not any("call" in vars(layer) for layer in planted.all_layers(model))
    assert all(np.array_equal(each, old) for each, old in zip(model.variables, before, strict=True))


@pytest.mark.slow
def test_a_network_of_keras_applications(images):
    """Its last map has four positions; that of the third block 64, 4 pixels apart."""
    model = planted.mobilenet()
    assert model.predict_on_batch(images).argmax(axis=1).tolist() == planted.LABELS
    assert last_map(model, images[:1]) == "body/block_13_expand_relu"
    assert planted.points_at_the_square(grad_cam(model, images, layer="body/block_3_expand_relu"), around=6)
    assert planted.points_at_the_square(integrated_gradients(model, images, steps=16).sum(axis=-1))
    assert planted.points_at_the_square(occlusion(model, images, patch=8, stride=8), around=4)
