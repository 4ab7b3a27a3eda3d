"""What the outputs of a classifier are, logits or probabilities, read from its last layers and its loss."""

import inspect
from collections.abc import Iterator
from typing import Any, Literal, get_args

import keras
from keras import losses
from keras.src.models.functional import Functional

Outputs = Literal["logits", "probabilities"]

_SOFTMAX = {"softmax", "softmax_v2"}  # the second is the name that tf.nn.softmax bears
_KINDS: dict[str, Outputs] = {
    **dict.fromkeys(_SOFTMAX | {"sigmoid", "probabilities"}, "probabilities"),
    **dict.fromkeys(("linear", "log_softmax", "logsoftmax"), "logits"),
}
# Layers and operations whose outputs are, in inference, values of their input or means of them.
_PASSES = {
    *("ActivityRegularization", "Cast", "ClassNames", "Dropout", "Flatten", "Identity", "InputLayer", "Reshape"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "Squeeze"),
}
_BINARY_CLASSES = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
_BINARY_FUNCTIONS = (losses.binary_crossentropy, losses.binary_focal_crossentropy)
_CATEGORICAL_CLASSES = (losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)
_CATEGORICAL_FUNCTIONS = (losses.categorical_crossentropy, losses.sparse_categorical_crossentropy)


def class_outputs(model: keras.Model, columns: int, outputs: Outputs | None = None, *, tags: bool = False) -> Outputs:
    """Find out whether a classifier returns logits or probabilities.

    The last layers tell (softmax, sigmoid or linear, also in nested models), and so does the compiled loss
    (`from_logits`). One column is the probability, or the logit, of the second of two classes.

    Args:
        model: A classifier with one class per sample, or any number of tags.
        columns: Number of columns of its output.
        outputs: "logits" or "probabilities", if known; the model is then not examined.
        tags: Whether each column is a tag, which a sample has or has not, whatever other tags it has.

    Returns:
        "logits" or "probabilities".

    Raises:
        ValueError: Neither the layers nor the loss tell, or they contradict each other; classes that are not exclusive
            (several sigmoids), or tags that are; a softmax of one column.

    Example:
        >>> class_outputs(keras.Sequential([keras.layers.Dense(2, activation="softmax")]), 2)
        'probabilities'
    """
    if outputs is not None:
        if outputs not in get_args(Outputs):
            raise ValueError(f"outputs must be 'logits' or 'probabilities'. Received: outputs={outputs!r}")
        return outputs
    last, loss = _last_activation(model), _loss(model)
    by_layers, by_loss = _KINDS.get(last), _expected_by(loss)
    received = f"Received: {columns} output columns of {model.name!r}, last activation {last!r}, loss {_name(loss)!r}"
    if by_loss:
        received += f" with from_logits={by_loss == 'logits'}"
    if tags and (last in _SOFTMAX or isinstance(loss, _CATEGORICAL_CLASSES) or loss in _CATEGORICAL_FUNCTIONS):
        raise ValueError(
            "A softmax, or a categorical loss, makes the classes exclude each other: for tags use a sigmoid per column "
            f"and BinaryCrossentropy, or leave out tags=True. {received}"
        )
    if columns == 1 and last in _SOFTMAX:
        raise ValueError(f"A softmax of one column is always 1: use a sigmoid, or two columns. {received}")
    if columns > 1 and not tags and (last == "sigmoid" or (_is_binary(loss) and by_layers != "probabilities")):
        raise ValueError(
            "Several columns with a sigmoid each are multi-label outputs, but each sample must have exactly one class: "
            "use a softmax with a categorical loss, or one sigmoid for two classes. If the columns are the logits of "
            f"one softmax, pass outputs='logits'. {received}"
        )
    if by_layers and by_loss and by_layers != by_loss:
        raise ValueError(
            f"The model returns {by_layers}, but its loss expects {by_loss}: compile with "
            f"from_logits={by_layers == 'logits'}, or change the last activation, and train again. To use the model as "
            f"it is, pass outputs={by_layers!r}. {received}"
        )
    kind = by_layers or by_loss
    if kind is None:
        raise ValueError(
            "Neither the last layer nor the loss tells whether the model returns logits or probabilities: pass "
            f"outputs='logits' or outputs='probabilities'. {received}"
        )
    return kind


def _last_activation(model: Any) -> str:
    """Activation of the outputs, in lower case; the name of a layer's class where it is not known what it computes."""
    for operation in _backwards(model):
        kind, activation = type(operation).__name__, getattr(operation, "activation", None)
        if activation is not None and not isinstance(operation, keras.Model):
            name = getattr(activation, "__name__", type(activation).__name__).lower()
            if name != "linear" or operation.weights:
                return name
        elif operation.name == "probabilities":  # as in exported models
            return "probabilities"
        elif operation.name == "head_logits":  # as in kerasdl's builders
            return "linear"
        elif kind not in _PASSES:
            return kind.lower()
    return "linear"


def _backwards(model: Any) -> Iterator[Any]:
    """The layers and operations of a model and of the models in it, from the output back to the input."""
    if isinstance(model, keras.Sequential):
        steps = reversed(model.layers)
    elif isinstance(model, Functional) and len(model.outputs) == 1:
        steps = _steps(model.outputs[0])
    else:
        yield model
        return
    for step in steps:
        yield from _backwards(step)


def _steps(tensor: Any) -> Iterator[Any]:
    while True:
        history = tensor._keras_history
        yield history.operation
        entering = history.operation._inbound_nodes[history.node_index].input_tensors
        if len(entering) != 1:
            return
        tensor = entering[0]


def _loss(model: Any) -> Any:
    """The loss that the model is compiled with: an object, a function or "crossentropy"; otherwise None."""
    compiled = only_loss(model)
    # Keras resolves this name when it sees labels, to one of its three functions.
    is_short = isinstance(compiled, str) and compiled.lower() in ("crossentropy", "ce")
    return "crossentropy" if is_short else losses.get(compiled)


def only_loss(model: Any) -> Any:
    """The loss as given to `compile`, alone or in a list or dict; None if there is none, or more than one.

    Example:
        >>> model.compile(loss=["mse"])
        >>> only_loss(model)
        'mse'
    """
    compiled = keras.tree.flatten(model.loss) if getattr(model, "compiled", False) else []
    return compiled[0] if len(compiled) == 1 else None


def only_output(model: Any, predicted: Any) -> Any:
    """Return what a model predicts if that is one array or tensor.

    Raises:
        ValueError: The outputs are a list or a dict.

    Example:
        >>> only_output(model, np.ones((2, 3))).shape
        (2, 3)
    """
    if isinstance(predicted, list | tuple | dict):
        shapes = keras.tree.map_structure(lambda each: tuple(each.shape), predicted)
        raise ValueError(
            "The model must have one output, not in a list or dict: pass keras.Model(model.inputs, output). "
            f"Received: {model.name!r} with outputs {shapes}"
        )
    return predicted


def _expected_by(loss: Any) -> Outputs | None:
    if loss is None or isinstance(loss, str):
        return "probabilities" if loss else None
    if isinstance(loss, losses.Loss):
        from_logits = getattr(loss, "from_logits", None)
    else:
        parameter = inspect.signature(loss).parameters.get("from_logits")
        from_logits = parameter.default if parameter else None
    return ("logits" if from_logits else "probabilities") if isinstance(from_logits, bool) else None


def _is_binary(loss: Any) -> bool:
    return isinstance(loss, _BINARY_CLASSES) or loss in _BINARY_FUNCTIONS


def _name(loss: Any) -> str | None:
    return loss if loss is None or isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
