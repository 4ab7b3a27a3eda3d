"""A new head on a trained network, and a network split into body and head."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any, Literal

import keras
import numpy as np
from keras import layers
from keras.src.layers.preprocessing.image_preprocessing.base_image_preprocessing_layer import (
    BaseImagePreprocessingLayer,
)
from keras.src.models.functional import Functional, operation_fn
from keras.src.ops.numpy import Max, Mean
from kerasdl.arguments import known_arguments
from kerasdl.families import recognize
from kerasdl.layers import ClassNames, EnsembleMean
from kerasdl.models.heads import HEADS, Head
from kerasdl.models.preprocess import Preprocess, preprocessed


@known_arguments()
def replace_head(
    model: keras.Model,
    classes: int,
    *,
    head: Head = "linear",
    preprocess: Preprocess | Literal["auto", "caffe"] = "auto",
) -> keras.Model:
    """Replace a trained network's head by a new, untrained one.

    In a model of a kerasdl builder the old head is the layers named `head_…`. In any other model it begins at the last
    global pooling, or else at the last Flatten, or else at the last dense layer. A model that ends in a feature map,
    such as a backbone of keras.applications, has no head.

    Args:
        model: A functional or Sequential model with one output, new or loaded: from a kerasdl builder, from
            `image_classifier`, from keras.applications with or without its top, or the user's own; also with a head
            inside a nested model.
        classes: Number of logits.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).
        preprocess: Scaling of pixels of 0..255, as layers of the new model. "auto" gives a network of
            keras.applications what its `preprocess_input` does, unless its head is one of kerasdl, or Rescaling,
            Normalization, a Lambda or an operation comes before its first layer; other models get nothing. None:
            nothing. Or "unit", "symmetric", "imagenet" or (mean, std), as for kerasdl's builders, or "caffe" (blue,
            green and red minus their means on ImageNet).

    Returns:
        A functional model that shares the body's layers and ends in float32 logits. `groups.layer_groups` and
        `groups.discriminative` know the layer groups of kerasdl's builders and of keras.applications. Where scaling is
        added, `output` of a shared layer is still that in `model`; save and load the new model to cut it there.

    Raises:
        ValueError: The model is not functional, has several outputs, is an ensemble, or has no recognizable head;
            `head` is unknown; `preprocess` is unknown or does not fit the channels; or the model takes no images, or
            may already scale them: before its first weights stands an operation, or a layer other than geometry,
            augmentation or dropout.

    Example:
        >>> pets = kerasdl.models.replace_head(keras.models.load_model("flowers.keras"), 37)
        >>> body = keras.applications.MobileNetV2(include_top=False, input_shape=(160, 160, 3))
        >>> pets = kerasdl.models.replace_head(body, 37, head="fastai")   # takes pixels of 0..255
        >>> optimizer = kerasdl.optimizers.AdamW(groups=kerasdl.groups.discriminative(pets))
    """
    if head not in HEADS:
        raise ValueError(f"head must be one of {list(HEADS)}. Received: head={head!r}")
    _check_known(preprocess)
    model = _with_open_head(_classifier_inside(_functional(model)))
    body = keras.Model(model.input, _features(model), name=model.name)
    if preprocess == "auto":
        preprocess = None if _has_our_head(model) else _scaling_of_family(body)
    elif preprocess is not None:
        _check_can_be_scaled(body, preprocess)
    inputs, features = body.input, body.output
    if preprocess is not None:
        inputs = keras.tree.map_structure(
            lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), body.input
        )
        pixels = keras.tree.flatten(inputs)[0]
        features = _run(body, preprocessed(pixels, preprocess, name="stem_preprocess"))
    return keras.Model(inputs, HEADS[head](features, classes), name=model.name)


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
    model = _with_open_head(_classifier_inside(_functional(model)))
    features, output = _features(model), model.outputs[0]
    steps = list(reversed(_steps(output)))
    outputs = [*(entering for _, entering in steps[1:]), output]
    first = next((index for index, (_, entering) in enumerate(steps) if entering is features), len(steps))
    for (step, entering), leaving in zip(steps[first:], outputs[first:], strict=True):
        if not (_is_global_pooling(step, entering) or isinstance(step, layers.Flatten | layers.Concatenate)):
            break
        features = leaving
    if not any(_weights(step) for step, _ in steps[first:]):
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


def _with_open_head(model: keras.Model) -> keras.Model:
    """Put the layers of the last nested model in its place, if the head is inside it."""
    steps = _steps(model.outputs[0])
    last = next((step for step, _ in steps if _weights(step)), None)
    if not _is_nested(last) or _entrance(model.outputs[0], steps) is not None:
        return model
    opened = keras.Model(model.input, _run(model, model.inputs, opened=last), name=model.name)
    return _with_open_head(opened)


def _run(model: keras.Model, inputs: Any, *, opened: Any = None, training: bool | None = None) -> Any:
    """The output for other symbolic inputs, by the same layers; those of the nested model `opened` one by one."""

    def inside(x: Any, training: bool | None = None, **_: Any) -> Any:
        return _run(_functional(opened), x, training=training)

    def callable_of(step: Any) -> Any:
        return inside if step is opened else operation_fn(step, training=training)

    return keras.tree.flatten(model._run_through_graph(inputs, operation_fn=callable_of))[0]


def _has_our_head(model: keras.Model) -> bool:
    return any(step.name.startswith("head_") for step, _ in _steps(model.outputs[0])[:1])


def _scaling_of_family(body: keras.Model) -> Any:
    """What the family of a body expects, unless something other than geometry comes before its first weights."""
    known = recognize(body)
    if known is None or len(body.inputs) != 1 or not all(isinstance(each, _GEOMETRY) for each in _before_weights(body)):
        return None
    return known[0].preprocess


def _check_known(preprocess: Any) -> None:
    is_pair = isinstance(preprocess, tuple | list) and len(preprocess) == 2
    if not (is_pair or preprocess is None or (isinstance(preprocess, str) and preprocess in _NAMES)):
        raise ValueError(
            f"preprocess must be {', '.join(map(repr, _NAMES))}, (mean, std) or None. "
            f"Received: preprocess={preprocess!r}"
        )


def _check_can_be_scaled(body: keras.Model, preprocess: Any) -> None:
    if len(body.inputs) != 1 or len(body.inputs[0].shape) != 4:
        shapes = [each.shape for each in body.inputs]
        raise ValueError(f"preprocess= needs a model of one batch of images. Received: {body.name!r}, inputs {shapes}")
    scaling = next((each for each in _before_weights(body) if not isinstance(each, _SAME_SCALE)), None)
    if scaling is not None:
        raise ValueError(
            "The model may already scale its input, before its first weights: preprocess=None leaves that as it is. "
            f"Received: preprocess={preprocess!r}, {body.name!r} with {scaling.name!r} ({type(scaling).__name__})"
        )


def _before_weights(model: keras.Model) -> list[Any]:
    """The steps from the input to the first layer that has weights other than those of a normalization."""
    return list(takewhile(lambda step: isinstance(step, layers.Normalization) or not _weights(step), _flat(model)))


def _flat(model: keras.Model) -> Iterator[Any]:
    for step, _ in reversed(_steps(model.outputs[0])):
        yield from _flat(step) if _is_nested(step) else [step]


def _features(model: keras.Model) -> Any:
    """The input of the head; where that is neither a map nor vectors, the input of its last dense layer."""
    steps = _steps(model.outputs[0])
    if any(isinstance(step, EnsembleMean) for step, _ in steps):
        raise ValueError(
            f"Networks of an ensemble have no head in common: use one with ensemble=None. Received: {model.name!r}"
        )
    entrance = _entrance(model.outputs[0], steps)
    if entrance is None or len(entrance.shape) not in (2, 4):
        entrance = next((x for step, x in steps if isinstance(step, layers.Dense)), None)
    if entrance is None:
        raise ValueError(
            "No head found: it must begin with global pooling, Flatten or a dense layer. Pass a model that ends in the "
            f"feature map. Received: {model.name!r}, whose last layers are {[each.name for each, _ in steps[:3]]}"
        )
    return entrance


def _entrance(output: Any, steps: list[tuple[Any, Any]]) -> Any:
    named = list(takewhile(lambda step: step[0].name.startswith("head_"), steps))
    if named:
        # Pooling over the steps of a sequence has no weights, and may need its mask: it stays with the body.
        return next((x for _, x in reversed(named) if len(x.shape) in (2, 4)), named[-1][1])
    if len(output.shape) == 4:
        return output
    for begins_head in (_is_global_pooling, lambda step, _: isinstance(step, layers.Flatten)):
        for index, (step, x) in enumerate(steps):
            # A Flatten or pooling of raw inputs gives no learned features.
            if begins_head(step, x) and any(_weights(before) for before, _ in steps[index + 1 :]):
                return x
    return None


def _steps(tensor: Any) -> list[tuple[Any, Any]]:
    """From an output back to an input: each layer or raw operation with its (first) input tensor."""
    found: list[tuple[Any, Any]] = []
    while True:
        history = tensor._keras_history
        entering = history.operation._inbound_nodes[history.node_index].input_tensors
        if not entering:
            return found
        tensor = entering[0]
        found.append((history.operation, tensor))


def _weights(step: Any) -> list[keras.Variable]:
    """The weights of a layer; a raw operation (`x + y`, keras.ops) has none."""
    return step.weights if isinstance(step, keras.Layer) else []


def _is_nested(step: Any) -> bool:
    return isinstance(step, Functional | keras.Sequential)


def _is_global_pooling(step: Any, entering: Any) -> bool:
    if isinstance(step, Mean | Max) and len(entering.shape) == 4:
        return step.axis is not None and {axis % 4 for axis in np.atleast_1d(step.axis)} == {1, 2}
    return isinstance(step, layers.GlobalAveragePooling2D | layers.GlobalMaxPooling2D)


_NAMES = ("auto", "unit", "symmetric", "imagenet", "caffe")
_GEOMETRY = (layers.ZeroPadding2D, layers.Cropping2D, layers.Concatenate, BaseImagePreprocessingLayer)
# With these too, pixels of 0..255 remain pixels of 0..255.
_SAME_SCALE = (
    *_GEOMETRY,
    *(layers.Identity, layers.Flatten, layers.Reshape, layers.Permute, layers.UpSampling2D),
    *(layers.MaxPooling2D, layers.AveragePooling2D, layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise),
)
