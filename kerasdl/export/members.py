"""The predictions of each member of an ensemble."""

from collections.abc import Iterator
from typing import Any

import keras
from kerasdl.errors import BadInput
from kerasdl.layers import ClassNames, EnsembleMean, SortedQuantiles


def members(model: keras.Model) -> keras.Model:
    """A model of what each member of an ensemble predicts; how far they differ tells how sure the ensemble is.

    Args:
        model: A network with members, such as `models.tabular(ensemble=8)`, or the model of raw columns that
            `table_model` made of it; new or loaded.

    Returns:
        A model with the inputs and weights of `model`. Output: (batch, members, values), for a network the logits or
        standardized numbers of each member, for an exported model probabilities or numbers in the user's units.

    Raises:
        BadInput: The model has no members.

    Example:
        >>> network = kerasdl.models.tabular([3], 4, outputs=1, ensemble=8)
        >>> kerasdl.export.members(network).output_shape
        (None, 8, 1)
    """
    steps = list(_steps(model.outputs[0]))
    for place, (step, inputs) in enumerate(steps):
        if isinstance(step, EnsembleMean | SortedQuantiles) and len(inputs.shape) == 3:
            x = inputs
        elif isinstance(step, keras.Model):
            x = members(step)(inputs)
        else:
            continue
        for after, _ in reversed(steps[:place]):
            x = x if isinstance(after, ClassNames) else after(x)
        return keras.Model(model.input, x, name=f"{model.name}_members")
    raise BadInput(f"The model has no members: build it with ensemble=8. Received: {model.name!r}")


def _steps(tensor: Any) -> Iterator[tuple[Any, Any]]:
    """From an output back: each layer with its inputs, down to the first one with several."""
    while True:
        history = tensor._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        if not node.input_tensors:
            return
        yield history.operation, node.arguments.args[0]
        if len(node.input_tensors) > 1:
            return
        (tensor,) = node.input_tensors
