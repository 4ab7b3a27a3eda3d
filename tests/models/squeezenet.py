"""SqueezeNet v1.1 without its top (Iandola et al., arXiv:1602.07360), with published ImageNet weights."""

from pathlib import Path

import h5py
import keras
from keras import layers


def squeezenet(side: int, weights: Path) -> keras.Model:
    """From RGB pixels of 0..255 to a map of 512 features; layers conv1 and fire2_… to fire9_…."""
    x = inputs = keras.Input((side, side, 3))
    # The published network expects BGR minus these means; its first kernel is reversed instead.
    x = layers.Rescaling(1.0, (-123.68, -116.779, -103.939), name="scaled")(x)
    x = layers.Conv2D(64, 3, 2, activation="relu", name="conv1")(x)
    for number, squeezed in enumerate((16, 16, 32, 32, 48, 48, 64, 64), start=2):
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, 2)(x)
        x = layers.Conv2D(squeezed, 1, activation="relu", name=f"fire{number}_squeeze1x1")(x)
        same = {"padding": "same", "activation": "relu"}
        one = layers.Conv2D(4 * squeezed, 1, name=f"fire{number}_expand1x1", **same)(x)
        three = layers.Conv2D(4 * squeezed, 3, name=f"fire{number}_expand3x3", **same)(x)
        x = layers.Concatenate()([one, three])
    model = keras.Model(inputs, x, name="squeezenet")
    with h5py.File(weights) as file:
        for layer in model.layers:
            if layer.weights:
                (values,) = _innermost(file[layer.name.replace("_", "/")])
                layer.set_weights([values["kernel:0"][()], values["bias:0"][()]])
    first = model.get_layer("conv1")
    kernel, bias = first.get_weights()
    first.set_weights([kernel[:, :, ::-1], bias])
    return model


def _innermost(group: h5py.Group) -> list[h5py.Group]:
    if "kernel:0" in group:
        return [group]
    return [found for each in group.values() for found in _innermost(each)]
