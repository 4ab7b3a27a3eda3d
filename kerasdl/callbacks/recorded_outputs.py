"""The outputs of layers, those inside nested models too, while a model is called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from kerasdl.families import flat_layers

_ACTIVATIONS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU)
_NOT_HIDDEN = (keras.activations.linear, keras.activations.softmax)


def chosen_layers(model: keras.Model, patterns: Sequence[str] | None = None) -> dict[str, keras.layers.Layer]:
    """Layers by path, from input to output.

    Args:
        model: A built model.
        patterns: Regular expressions, matched at the start of layer names, or of MODEL/LAYER for layers inside a model
            or layer. By default the layers that apply an activation function, and the last one with weights.

    Raises:
        ValueError: A pattern matches no layer or is no expression.

    Example:
        >>> list(chosen_layers(model, ["stage1_activation", "head_"]))
        ['stage1_activation', 'head_outputs']
    """
    layers = dict(_all_layers(model))
    if patterns is None:
        last = [path for path, layer in layers.items() if layer.weights][-1:]
        return {path: layer for path, layer in layers.items() if path in last or _activates(layer)}
    found: set[str] = set()
    for pattern in patterns:
        try:
            matching = {
                path for path, layer in layers.items() if re.match(pattern, layer.name) or re.match(pattern, path)
            }
        except re.error as error:
            raise ValueError(f"Not a valid regular expression ({error}). Received: {pattern!r}") from error
        if not matching:
            raise ValueError(
                f"{pattern!r} matches no layer of {model.name!r}; it has such as {list(layers)[:5]}. "
                f"Received: layers={list(patterns)}"
            )
        found |= matching
    return {path: layer for path, layer in layers.items() if path in found}


@contextmanager
def recorded_outputs(layers: Mapping[str, keras.layers.Layer]) -> Iterator[dict[str, list[tf.Tensor]]]:
    """Return a context that adds to a dictionary what each layer returns, call by call.

    Args:
        layers: By the names that they have in the dictionary.

    Example:
        >>> with recorded_outputs({"head": model.layers[-1]}) as found:
        ...     outputs = model(x)
        >>> found["head"][0] is outputs
        True
    """
    found: dict[str, list[tf.Tensor]] = {name: [] for name in layers}

    def recording(call: Any, to: list[tf.Tensor]) -> Any:
        def call_and_record(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            to.append(tf.nest.flatten(outputs)[0])
            return outputs

        return call_and_record

    own = {name: vars(layer).get("call") for name, layer in layers.items()}
    try:
        for name, layer in layers.items():
            # Not by setattr, with which Keras tracks what a layer holds.
            vars(layer)["call"] = recording(layer.call, found[name])
        yield found
    finally:
        for name, layer in layers.items():
            vars(layer).pop("call", None)
            if own[name] is not None:
                vars(layer)["call"] = own[name]


def is_at_hand(tensor: tf.Tensor) -> bool:
    """Whether a tensor can be read here; one from inside a loop over time steps cannot.

    Example:
        >>> is_at_hand(tf.zeros(3))
        True
    """
    if tf.executing_eagerly():
        return not tf.is_symbolic_tensor(tensor)
    return tf.is_symbolic_tensor(tensor) and tensor.graph is tf.compat.v1.get_default_graph()


def _all_layers(model: keras.Model) -> Iterator[tuple[str, keras.layers.Layer]]:
    """All layers and their paths, those inside other layers too."""
    for path, layer in flat_layers(model):
        yield from _with_inner(path, layer)


def _with_inner(path: str, layer: keras.layers.Layer) -> Iterator[tuple[str, keras.layers.Layer]]:
    yield path, layer
    # Of its cell only the first step could be seen.
    if not isinstance(layer, keras.layers.RNN):
        for inner in layer._flatten_layers(recursive=False, include_self=False):
            yield from _with_inner(f"{path}/{inner.name}", inner)


def _activates(layer: keras.layers.Layer) -> bool:
    activation = getattr(layer, "activation", None)
    return isinstance(layer, _ACTIVATIONS) or (callable(activation) and activation not in _NOT_HIDDEN)
