import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.models.heads import output_layers


def parameters(tensor_function, shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, tensor_function(inputs)).count_params()


def test_parameters_are_those_of_fastais_head():
    """As fastai 2.8.12 counts `create_head(512, 10)`; Keras also counts the moving statistics."""
    assert parameters(lambda x: models.fastai_head(x, 10), (4, 4, 512)) == 532_480 + 2 * (1024 + 512)
    assert parameters(lambda x: models.linear_head(x, 10), (4, 4, 512)) == 5130


def test_fastai_head_concatenates_maximum_and_mean():
    x = keras.Input((2, 2, 1))
    probe = keras.Model(x, models.fastai_head(x, 2))
    pooled = keras.Model(probe.input, probe.get_layer("head_concat").output)
    assert pooled(np.array([[[[1.0], [2.0]], [[3.0], [6.0]]]])).numpy().tolist() == [[6.0, 3.0]]
    assert (probe.get_layer("head_dropout1").rate, probe.get_layer("head_dropout2").rate) == (0.25, 0.5)


@pytest.mark.parametrize("head", [models.linear_head, models.fastai_head])
@pytest.mark.parametrize("shape", [(5,), (3, 3, 5)])
def test_outputs_are_float32_in_mixed_precision(head, shape):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    inputs = keras.Input(shape)
    outputs = keras.Model(inputs, head(inputs, 3, classifier_activation="softmax"))(np.ones((2, *shape)))
    assert outputs.dtype.name == "float32"
    np.testing.assert_allclose(np.sum(outputs, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"classes": 3}, ["head_logits"]),
        ({"classes": 3, "classifier_activation": "softmax"}, ["head_logits", "head_activation"]),
        ({"outputs": 3}, ["head_outputs"]),
        ({"outputs": 3, "output_range": (0, 5)}, ["head_outputs", "head_sigmoid", "head_range"]),
    ],
)
def test_output_layers_by_name(options, names):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, output_layers(inputs, **options))
    assert [layer.name for layer in model.layers[1:]] == names
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Pass either classes or outputs. Received: classes=None, outputs=None"),
        ({"classes": 2, "outputs": 1}, "Pass either classes or outputs. Received: classes=2, outputs=1"),
        ({"classes": 2, "output_range": (0, 1)}, r"needs outputs, not classes. Received: output_range=\(0, 1\)"),
        ({"outputs": 1, "output_range": (1, 1)}, r"low < high\. Received: output_range=\(1, 1\)"),
        (
            {"outputs": 1, "classifier_activation": "softmax"},
            "needs classes, not outputs. Received: classifier_activation='softmax'",
        ),
    ],
)
def test_invalid_output_layers(options, message):
    with pytest.raises(ValueError, match=message):
        output_layers(keras.Input((4,)), **options)
