"""Heads: from a body's features to logits, and how to put a new one on a trained body."""

from collections.abc import Callable
from itertools import takewhile
from typing import Any, Literal

import keras
from keras import layers
from keras.src.models.functional import Functional
from kerasdl.layers import ClassNames
from kerasdl.models.normalization import normalization_layer

Head = Literal["linear", "fastai"]


def linear_head(x: Any, classes: int, *, classifier_activation: str | None = None) -> Any:
    """Global average pooling (Lin et al., arXiv:1312.4400) and one layer of logits.

    Args:
        x: Features: a map (batch, height, width, channels) or vectors (batch, channels), which need no pooling.
        classes: Number of logits (`head_logits`).
        classifier_activation: None for logits, or an activation such as "softmax" (`head_activation`).

    Returns:
        A float32 tensor (batch, classes).

    Example:
        >>> linear_head(keras.Input((7, 7, 512)), 10).shape
        (None, 10)
    """
    x = layers.GlobalAveragePooling2D(name="head_pool")(x) if len(x.shape) == 4 else x
    return _logits(layers.Dense(classes, dtype="float32", name="head_logits"), x, classifier_activation)


def fastai_head(x: Any, classes: int, *, classifier_activation: str | None = None) -> Any:
    """The head that fastai's `vision_learner` puts on a body (Howard and Gugger, arXiv:2002.04688).

    Maximum and average of the map side by side; batch normalization, dropout of a quarter, 512 features, ReLU; batch
    normalization, dropout of a half, logits. Neither dense layer has a bias.

    Args:
        x: As for `linear_head`; vectors are taken as they are.
        classes: Number of logits (`head_logits`).
        classifier_activation: As for `linear_head`.

    Returns:
        A float32 tensor (batch, classes).

    Example:
        >>> fastai_head(keras.Input((7, 7, 512)), 10).shape
        (None, 10)
    """
    if len(x.shape) == 4:
        greatest = layers.GlobalMaxPooling2D(name="head_max_pool")(x)
        mean = layers.GlobalAveragePooling2D(name="head_average_pool")(x)
        x = layers.Concatenate(name="head_concat")([greatest, mean])
    x = normalization_layer("batch", shape=x.shape, name="head_norm1")(x)
    x = layers.Dropout(0.25, name="head_dropout1")(x)
    x = layers.Dense(512, use_bias=False, kernel_initializer="he_normal", name="head_dense")(x)
    x = layers.Activation("relu", name="head_relu")(x)
    x = normalization_layer("batch", shape=x.shape, name="head_norm2")(x)
    x = layers.Dropout(0.5, name="head_dropout2")(x)
    bare = {"use_bias": False, "kernel_initializer": "he_normal"}
    return _logits(layers.Dense(classes, dtype="float32", name="head_logits", **bare), x, classifier_activation)


def replace_head(model: keras.Model, classes: int, *, head: Head = "linear") -> keras.Model:
    """A trained network's body under a new, untrained head.

    The old head is what a kerasdl builder named so. In any other model it is everything from the last global pooling
    on, or from the last flattening on, or the last dense layer; a model that ends in a map, such as a backbone of
    keras.applications, has none.

    Args:
        model: A functional or Sequential model of one output, as made or as loaded: of a kerasdl builder, of
            `image_classifier`, of keras.applications with or without its top, or the user's own.
        classes: Number of logits.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).

    Returns:
        A functional model that shares the body's layers and ends in float32 logits. `groups.layer_groups` and
        `groups.discriminative` know the groups of bodies of kerasdl and of the families that `groups` lists.

    Raises:
        ValueError: A model that is not functional, has several outputs or no head that can be told; another head.

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
    """A network's body and its head as two models, which share their layers with it: training one trains the whole.

    The head is told as by `replace_head`; its pooling or flattening, which learns nothing, goes with the body.

    Args:
        model: As for `replace_head`.

    Returns:
        Body (images to features) and head (features to logits).

    Raises:
        ValueError: A model that has no head; or as for `replace_head`.

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
        raise ValueError(f"The model ends where a head begins: give it one (replace_head). Received: {model.name!r}")
    body = keras.Model(model.input, features, name=f"{model.name}_body")
    return body, keras.Model(features, output, name=f"{model.name}_head")


def _functional(model: keras.Model) -> keras.Model:
    if isinstance(model, keras.Sequential) and model.built:
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    if not isinstance(model, Functional) or len(model.outputs) != 1:
        raise ValueError(
            "A new head needs a functional model, or a Sequential with an Input, of one output. "
            f"Received: {model.name!r}"
        )
    return model


def _classifier_inside(model: keras.Model) -> keras.Model:
    """What `image_classifier` wrapped, without the layers that take raw images and name classes; others as they are."""
    if not any(isinstance(layer, ClassNames) for layer in model.layers):
        return model
    return _functional(next(layer for layer in model.layers if isinstance(layer, Functional | keras.Sequential)))


def _features(model: keras.Model) -> Any:
    """What enters the head; where that is neither a map nor vectors, what enters its last dense layer."""
    steps = _steps(model.outputs[0])
    entrance = _entrance(model.outputs[0], steps)
    if entrance is None or len(entrance.shape) not in (2, 4):
        entrance = next((x for layer, x in steps if isinstance(layer, layers.Dense)), None)
    if entrance is None:
        raise ValueError(
            "A head begins with global pooling, flattening or a dense layer, and here is none: end the model in the "
            f"map of features. Received: {model.name!r}, whose last layers are {[each.name for each, _ in steps[:3]]}"
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
            # Behind an image that is only flattened nothing has been learned.
            if isinstance(layer, kinds) and any(before.weights for before, _ in steps[index + 1 :]):
                return x
    return None


def _steps(tensor: Any) -> list[tuple[Any, Any]]:
    """From an output back to an input: each layer with the (first) tensor that enters it."""
    found: list[tuple[Any, Any]] = []
    while True:
        history = tensor._keras_history
        entering = history.operation._inbound_nodes[history.node_index].input_tensors
        if not entering:
            return found
        tensor = entering[0]
        found.append((history.operation, tensor))


def _logits(dense: keras.layers.Layer, x: Any, activation: str | None) -> Any:
    x = dense(x)
    return x if activation is None else layers.Activation(activation, dtype="float32", name="head_activation")(x)


_GLOBAL_POOLINGS = (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D)
HEADS: dict[str, Callable[..., Any]] = {"linear": linear_head, "fastai": fastai_head}
