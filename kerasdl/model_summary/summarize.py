"""Summarize a model: groups, weights, multiply-adds, and what will speed up its training."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
from keras.src.models.functional import Functional
from kerasdl.arguments import known_arguments
from kerasdl.errors import BadInput
from kerasdl.groups import layer_groups
from kerasdl.model_summary.acceleration import Machine, acceleration
from kerasdl.model_summary.calls import Call, calls
from kerasdl.model_summary.table import Row, Summary

Shape = tuple[int | None, ...]
_OTHERS = "(others)"


@known_arguments()
def summary(
    model: keras.Model,
    *,
    input_shape: Sequence[int | None] | Mapping[str, Sequence[int | None]] | None = None,
    groups: Sequence[str] | None = None,
) -> Summary:
    """Say what will happen before a training begins: what is frozen, what a sample costs, what will apply.

    Multiply-adds are those of matrix products and convolutions in one forward pass of one sample; not of biases,
    normalization, activations, pooling and additions. A layer that is called several times counts each time.

    Args:
        model: A built model, compiled or not.
        input_shape: Shape of a sample, without the batch, where the model leaves sizes open: of images of any size, or
            of sequences of any length. For several inputs, shapes by the name of an input. A subclassed model does not
            know its own.
        groups: As for `groups.layer_groups`. By default those of the model, or if they are not known, a row for each
            layer with weights.

    Returns:
        The numbers, by layer group; printed, they are a table.

    Raises:
        BadInput: The model is not built, or the shape does not fit it.
        ValueError: As for `groups.layer_groups`, if groups are given.

    Example:
        >>> print(kerasdl.summary(kerasdl.models.mlp((8,), outputs=1, hidden=(4,), normalization="none")))
        mlp, input (8,)
        <BLANKLINE>
                output  parameters  trained  multiply-adds
        stage1  (4,)            36     100%             32
        head    (1,)             5     100%              4
        --------------------------------------------------
        total                   41     100%             36
        ...
    """
    # `build` marks a subclassed model as built, and leaves its layers without weights.
    if unbuilt := [each.name for each in model._flatten_layers() if not each.built]:
        raise BadInput(
            f"Model {model.name!r} is not built, so it has no weights yet: call it on a batch. "
            f"Received: {type(model).__name__}, layers without weights: {', '.join(unbuilt)}"
        )
    inputs = _inputs(model, input_shape)
    found = calls(model, inputs) if inputs else []
    # With sizes left open, a few numbers would still be known, and mislead.
    samples = 0 if not inputs or any(None in each.shape for each in inputs) else inputs[0].shape[0]
    rows = _rows(model, _members(model, groups), found, samples)
    shapes = {each.name: tuple(each.shape[1:]) for each in inputs}
    return Summary(model.name, shapes, tuple(rows), acceleration(model, Machine.here()))


def _inputs(model: keras.Model, given: Any) -> list[keras.KerasTensor]:
    """What describes one sample of each input; nothing if a subclassed model does not know."""
    graph = getattr(model, "_functional", None) or model
    if not isinstance(graph, Functional):
        if isinstance(given, Mapping):
            raise BadInput(f"A subclassed model takes the shape of its one input. Received: input_shape={given!r}")
        return [] if given is None else [keras.KerasTensor((1, *given), name="input")]
    own = {each.name: each for each in graph.inputs}
    if given is not None and not isinstance(given, Mapping):
        if len(own) > 1:
            raise BadInput(f"Give a shape by name for inputs {list(own)}. Received: input_shape={given!r}")
        given = dict.fromkeys(own, given)
    if unknown := set(given or ()) - set(own):
        raise BadInput(f"The model has inputs {list(own)}. Received: input_shape of {sorted(unknown)}")
    return [_input(each, (given or {}).get(each.name)) for each in graph.inputs]


def _input(own: keras.KerasTensor, given: Sequence[int | None] | None) -> keras.KerasTensor:
    batch, *sizes = own.shape
    shape = tuple(sizes if given is None else given)
    fits = len(shape) == len(sizes) and all(size in (None, asked) for size, asked in zip(sizes, shape, strict=True))
    if not fits:
        raise BadInput(
            f"Input {own.name!r} takes samples of shape {tuple(sizes)}, where None is any size. "
            f"Received: input_shape={shape}"
        )
    # A layer with a state has a batch size of its own.
    return keras.KerasTensor((batch or 1, *shape), own.dtype, name=own.name)


def _members(model: keras.Model, groups: Sequence[str] | None) -> dict[str, list[keras.Layer]]:
    """The layers of each row."""
    try:
        return layer_groups(model, groups)
    except ValueError:
        if groups is not None:
            raise
    return {layer.name: [layer] for layer in model.layers if layer.weights}


def _rows(model: keras.Model, members: dict[str, list[keras.Layer]], found: list[Call], samples: int) -> list[Row]:
    """One row for each of `members`, and one for what is in none; the calls are of a batch of `samples`."""
    row_of: dict[int, str] = {}
    for name, layers in members.items():
        for layer in layers:
            row_of |= {id(each): name for each in layer._flatten_layers() if id(each) not in row_of}
    weights: dict[str, dict[int, Any]] = {
        name: {id(weight): weight for layer in layers for weight in layer.weights} for name, layers in members.items()
    }
    listed = {key for several in weights.values() for key in several}
    weights[_OTHERS] = {id(weight): weight for weight in model.weights if id(weight) not in listed}
    frozen = {id(weight) for each in model._flatten_layers() if not each.trainable for weight in each.weights}
    rows = []
    for name, several in weights.items():
        own = [call for call in found if row_of.get(id(call.layer), _OTHERS) == name]
        rows.append(_row(name, list(several.values()), frozen, own, samples))
    *known, others = rows
    return rows if others.parameters or others.multiply_adds or others.uncounted else known


def _row(name: str, weights: list[Any], frozen: set[int], own: list[Call], samples: int) -> Row:
    counted = sum(call.multiply_adds or 0 for call in own) // samples if samples else None
    uncounted = dict.fromkeys(call.layer.name for call in own if samples and call.multiply_adds is None)
    return Row(
        name,
        tuple(own[-1].output_shape[1:]) if own else None,
        _size(weights),
        _size(each for each in weights if each.trainable and id(each) not in frozen),
        _size(each for each in weights if id(each) in frozen),
        counted,
        tuple(uncounted),
    )


def _size(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
