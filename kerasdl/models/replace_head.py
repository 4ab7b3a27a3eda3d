"""A new head on a trained network, and a network split into body and head."""

from itertools import takewhile
from typing import Any

import keras
from keras import layers
from keras.src.models.functional import Functional
from kerasdl.layers import ClassNames
from kerasdl.models.heads import HEADS, Head


def replace_head(model: keras.Model, classes: int, *, head: Head = "linear") -> keras.Model:
    """Replace a trained network's head by a new, untrained one.

    In a model of a kerasdl builder the old head is the layers named `head_…`. In any other model it begins at the last
    global pooling, or else at the last Flatten, or else at the last dense layer. A model that ends in a feature map,
    such as a backbone of keras.applications, has no head.

    Args:
        model: A functional or Sequential model with one output, new or loaded: from a kerasdl builder, from
            `image_classifier`, from keras.applications with or without its top, or the user's own.
        classes: Number of logits.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).

    Returns:
        A functional model that shares the body's layers and ends in float32 logits. `groups.layer_groups` and
        `groups.discriminative` know the layer groups of kerasdl's builders and of the families that `groups` lists.

    Raises:
        ValueError: The model is not functional, has several outputs or no recognizable head; `head` is unknown.

    Example:
        >>> pets = kerasdl.models.replace_head(keras.models.load_model("flowers.keras"), 37)
        >>> body = keras.applications.MobileNetV2(include_top=False, input_shape=(160, 160, 3))
        >>> pets = kerasdl.models.replace_head(body, 37, head="fastai")
        >>> optimizer = kerasdl.optimizers.AdamW(groups=kerasdl.groups.discriminative(pets))
    """
    if head not in HEADS:
        raise ValueError(f"head must be one of {list(HEADS)}. Received: head={head!r}")
    model = _classifier_inside(_functional(model))
    return keras.Model(model.input, HEADS[head](_features(model), classes), name=model.name)


def split_head(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Split a network into body and head: two models that share its layers, so that training one trains the network.

    The head is found as in `replace_head`. Its pooling or flattening, which has no weights, goes with the body.

    Args:
        model: As for `replace_head`.

    Returns:
        Body (images to features) and head (features to logits).

    Raises:
        ValueError: The model has no head; or as for `replace_head`.

    Example:
        >>> body, head = kerasdl.models.split_head(kerasdl.models.resnet18((128, 128, 3), 37, weights="imagenet"))
        >>> body.output_shape, head.output_shape
        ((None, 512), (None, 37))
    """
    model = _classifier_inside(_functional(model))
    features, output = _features(model), model.outputs[0]
    steps = list(reversed(_steps(output)))
    outputs = [*(entering for _, entering in steps[1:]), output]
    first = next((index for index, (_, entering) in enumerate(steps) if entering is features), len(steps))
    for (layer, _), leaving in zip(steps[first:], outputs[first:], strict=True):
        if not isinstance(layer, (*_GLOBAL_POOLINGS, layers.Flatten, layers.Concatenate)):
            break
        features = leaving
    if not any(layer.weights for layer, _ in steps[first:]):
        raise ValueError(f"The model has no head. Add one with replace_head. Received: {model.name!r}")
    body = keras.Model(model.input, features, name=f"{model.name}_body")
    return body, keras.Model(features, output, name=f"{model.name}_head")


def _functional(model: keras.Model) -> keras.Model:
    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    if not isinstance(model, Functional) or len(model.outputs) != 1:
        raise ValueError(
            f"The model must be functional, or Sequential with an Input, and have one output. Received: {model.name!r}"
        )
    return model


def _classifier_inside(model: keras.Model) -> keras.Model:
    """The model that `image_classifier` wrapped; any other model unchanged."""
    if not any(isinstance(layer, ClassNames) for layer in model.layers):
        return model
    return _functional(next(layer for layer in model.layers if isinstance(layer, Functional | keras.Sequential)))


def _features(model: keras.Model) -> Any:
    """The input of the head; where that is neither a map nor vectors, the input of its last dense layer."""
    steps = _steps(model.outputs[0])
    entrance = _entrance(model.outputs[0], steps)
    if entrance is None or len(entrance.shape) not in (2, 4):
        entrance = next((x for layer, x in steps if isinstance(layer, layers.Dense)), None)
    if entrance is None:
        raise ValueError(
            "No head found: it must begin with global pooling, Flatten or a dense layer. Pass a model that ends in the "
            f"feature map. Received: {model.name!r}, whose last layers are {[each.name for each, _ in steps[:3]]}"
        )
    return entrance


def _entrance(output: Any, steps: list[tuple[Any, Any]]) -> Any:
    named = list(takewhile(lambda step: step[0].name.startswith("head_"), steps))
    if named:
        return named[-1][1]
    if len(output.shape) == 4:
        return output
    for kinds in (_GLOBAL_POOLINGS, layers.Flatten):
        for index, (layer, x) in enumerate(steps):
            # A Flatten or pooling of raw inputs gives no learned features.
            if isinstance(layer, kinds) and any(before.weights for before, _ in steps[index + 1 :]):
                return x
    return None


def _steps(tensor: Any) -> list[tuple[Any, Any]]:
    """From an output back to an input: each layer with its (first) input tensor."""
    found: list[tuple[Any, Any]] = []
    while True:
        history = tensor._keras_history
        entering = history.operation._inbound_nodes[history.node_index].input_tensors
        if not entering:
            return found
        tensor = entering[0]
        found.append((history.operation, tensor))


_GLOBAL_POOLINGS = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
