import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import activation_maps

from tests.interpret import planted


def test_the_maps_of_one_image():
    maps = activation_maps(planted.nested(), planted.images()[1], ["backbone/stem_relu", "backbone/stem_conv"])
    assert list(maps) == ["backbone/stem_relu", "backbone/stem_conv"]
    assert maps["backbone/stem_conv"].shape == (32, 32, 2)
    assert maps["backbone/stem_conv"][9, 17] == pytest.approx([-0.5, 1])
    assert maps["backbone/stem_relu"][9, 17] == pytest.approx([0, 1], abs=1e-4)


def test_the_default_is_the_last_layer_of_each_size_but_for_padding():
    full = layers.Rescaling(1 / 255), layers.Conv2D(2, 3, padding="same"), layers.ReLU(name="full")
    half = layers.ZeroPadding2D(), layers.Conv2D(3, 3, 2, name="half"), layers.GlobalAveragePooling2D(), layers.Dense(2)
    model = keras.Sequential([keras.Input((8, 8, 1)), *full, *half])
    maps = activation_maps(model, np.ones((8, 8, 1)))
    assert {name: each.shape for name, each in maps.items()} == {"full": (8, 8, 2), "half": (4, 4, 3)}


def test_a_layer_without_a_map_is_refused():
    with pytest.raises(BadInput, match=r"one map .*Received: layer='logits' with outputs of shape \(1, 2\)"):
        activation_maps(planted.sequential(), planted.images()[0], "logits")
