"""Images of gray noise with a red or a blue square, and models whose weights, set by hand, see nothing else."""

from functools import cache

import keras
import numpy as np
from kerasdl import models
from keras import layers

SIDE, SQUARE = 32, 8
PLACES = [(0, 0), (8, 16), (24, 24), (16, 4)]
SIZE = (SIDE, SIDE, 3)


def images():
    """Float32 pixels of 0..255; the second and fourth have a red square, class 1."""
    noise = np.random.default_rng(0).integers(50, 200, (len(PLACES), SIDE, SIDE, 1))
    pixels = np.repeat(noise, 3, axis=-1).astype("float32")
    for number, (top, left) in enumerate(PLACES):
        pixels[number, top : top + SQUARE, left : left + SQUARE] = (255, 0, 0) if number % 2 else (0, 0, 255)
    return pixels


LABELS = [0, 1, 0, 1]


def points_at_the_square(maps, around=1):
    """Whether the highest value, and nine tenths of all above 0, lie in the square and so many pixels around."""
    for heat, (top, left) in zip(maps, PLACES, strict=True):
        inside = np.zeros((SIDE, SIDE), bool)
        rows, columns = (slice(max(each - around, 0), each + SQUARE + around) for each in (top, left))
        inside[rows, columns] = True
        above = np.maximum(heat, 0)
        assert inside[np.unravel_index(heat.argmax(), heat.shape)]
        assert above[inside].sum() > 0.9 * above.sum()
    return True


@cache
def resnet(**options):
    built = models.resnet(SIZE, 2, depths=(1,), widths=(2,), stem="small", preprocess="unit", **options)
    return hand_set(built)


@cache
def sequential(activation="softmax"):
    inside = layers.Rescaling(1 / 255), layers.Conv2D(2, 3, padding="same", activation="relu", name="colors")
    return hand_set(
        keras.Sequential(
            [keras.Input(SIZE), *inside, layers.GlobalAveragePooling2D(), layers.Dense(2, activation, name="logits")]
        )
    )


@cache
def nested():
    backbone = models.resnet(
        SIZE, depths=(1,), widths=(2,), stem="small", include_top=False, preprocess="unit", name="backbone"
    )
    inputs = keras.Input(SIZE)
    features = layers.GlobalAveragePooling2D()(backbone(layers.Identity(name="same")(inputs)))
    return hand_set(keras.Model(inputs, layers.Dense(2, name="logits")(features), name="nested"))


def mobilenet():
    body = keras.applications.MobileNetV2(SIZE, 0.35, weights=None, include_top=False, pooling="avg", name="body")
    inputs = keras.Input(SIZE)
    features = body(layers.Rescaling(1 / 255)(inputs))
    return hand_set(keras.Model(inputs, layers.Dense(2, name="logits")(features)))


BUILDERS = {"resnet": resnet, "sequential": sequential, "nested": nested}


def hand_set(model):
    """The first convolution has blue minus gray and red minus gray; the logits are 20 times their means.

    Depthwise convolutions and those of one pixel pass both on; all others, and those beside a shortcut, return 0.
    """
    flat = list(all_layers(model))
    first, *others = (layer for layer in flat if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D))
    colors = np.zeros(first.kernel.shape)
    colors[colors.shape[0] // 2, colors.shape[1] // 2, :, :2] = [[-0.5, 1], [-0.5, -0.5], [1, -0.5]]
    first.kernel.assign(colors)
    names = {layer.name for layer in flat}
    for layer in others:
        kernel = np.zeros(layer.kernel.shape)
        if isinstance(layer, layers.DepthwiseConv2D):
            if layer.strides == (1, 1):
                kernel[1, 1] = 1
            else:
                kernel += 0.2  # leaves no pixel out
        elif layer.kernel_size == (1, 1) and layer.name.replace("project", "add") not in names - {layer.name}:
            kernel[0, 0, :2, :2] = np.eye(2)
        layer.kernel.assign(kernel)
    (logits,) = (layer for layer in flat if isinstance(layer, layers.Dense))
    logits.kernel.assign(20 * np.eye(logits.kernel.shape[0], 2)[:, -logits.units :])
    return model


def all_layers(model):
    for layer in model.layers:
        yield from all_layers(layer) if isinstance(layer, keras.Model) else [layer]
