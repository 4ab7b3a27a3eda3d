"""Multiply-adds of one call of a layer, by its type and the shapes of its inputs and outputs.

Counted are matrix products and convolutions, as in the tables of papers; not biases, normalization, activations,
pooling and additions.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers
from kerasdl.layers import (
    EnsembleDense,
    EntityEmbeddings,
    NaiveBayes,
    NGrams,
    PiecewiseLinearEmbeddings,
    RidgeForecast,
)

# The batch, then the sizes of a sample.
Shape = tuple[int, ...]
Rule = Callable[[Any, Mapping[str, Any], Shape], int | None]


def count(layer: Any, given: Mapping[str, Any], output: tuple[int | None, ...]) -> int | None:
    """Multiply-adds of one call of a layer.

    Args:
        layer: A built layer, or an operation of `keras.ops`.
        given: Its arguments by name; tensors, or what describes them. The first one is the input.
        output: Shape of its first output.

    Returns:
        The number for the whole batch; None if a size is not known, or if there is no rule for a layer with weights.

    Example:
        >>> dense = keras.layers.Dense(3)
        >>> dense.build((None, 8))
        >>> count(dense, {"inputs": keras.KerasTensor((1, 8))}, (1, 3))
        24
    """
    rule = rule_of(layer)
    has_weights = bool(getattr(layer, "weights", None))
    if rule is _nothing or (rule is None and not has_weights and type(layer).__name__ not in _PRODUCTS):
        return 0
    if rule is None or None in (*sizes_of(list(given.values())), *output):
        return None
    return rule(layer, given, output)  # type: ignore[arg-type]


def sizes_of(tensors: Any) -> list[int | None]:
    """All sizes of the tensors in a structure of them.

    Example:
        >>> sizes_of([keras.KerasTensor((1, 8)), {"mask": keras.KerasTensor((1, None))}])
        [1, 8, 1, None]
    """
    return [size for each in keras.tree.flatten(tensors) for size in getattr(each, "shape", None) or ()]


def rule_of(layer: Any) -> Rule | None:
    """The rule for the type of a layer, or for the nearest of its bases that has one.

    Example:
        >>> rule_of(keras.layers.Activation("relu")) is None
        True
    """
    return next((_RULES[kind] for kind in type(layer).__mro__ if kind in _RULES), _RULES.get(type(layer).__name__))


def _nothing(*_: Any) -> int:
    return 0


def _input(given: Mapping[str, Any]) -> Shape:
    return tuple(next(iter(given.values())).shape)


def _dense(_: Any, given: Mapping[str, Any], output: Shape) -> int:
    return math.prod(output) * _input(given)[-1]


def _intervals(layer: Any, given: Mapping[str, Any], _: Shape) -> int:
    return _input(given)[0] * math.prod(layer.kernel.shape)


def _einsum_dense(layer: Any, _: Any, output: Shape) -> int:
    operands, result = layer.equation.split("->")
    sizes = zip(operands.split(",")[1], layer.kernel.shape, strict=True)
    return math.prod(output) * math.prod(size for letter, size in sizes if letter not in result)


def _positions(layer: Any, shape: Shape) -> int:
    """How many times a convolution multiplies its kernels: once per place, of all samples."""
    return math.prod(shape) // shape[-1 if layer.data_format == "channels_last" else 1]


def _convolution(layer: Any, _: Any, output: Shape) -> int:
    return _positions(layer, output) * math.prod(layer.kernel.shape)


def _transposed(layer: Any, given: Mapping[str, Any], _: Shape) -> int:
    return _positions(layer, _input(given)) * math.prod(layer.kernel.shape)


def _separable(layer: Any, _: Any, output: Shape) -> int:
    kernels = layer.depthwise_kernel, layer.pointwise_kernel
    return _positions(layer, output) * sum(math.prod(kernel.shape) for kernel in kernels)


def _recurrent(layer: Any, given: Mapping[str, Any], _: Shape) -> int | None:
    cells = layer.cell.cells if isinstance(layer.cell, layers.StackedRNNCells) else [layer.cell]
    if not all(isinstance(cell, layers.LSTMCell | layers.GRUCell | layers.SimpleRNNCell) for cell in cells):
        return None
    kernels = [kernel for cell in cells for kernel in (cell.kernel, cell.recurrent_kernel)]
    return math.prod(_input(given)[:2]) * sum(math.prod(kernel.shape) for kernel in kernels)


def _embedding(layer: Any, given: Mapping[str, Any], output: Shape) -> int:
    # Rows of a table are looked up; in reverse the table is the kernel of the logits.
    return math.prod(output) * layer.output_dim if given.get("reverse") else 0


def _heads(layer: Any, given: Mapping[str, Any], _: Shape) -> int | None:
    """Projections; and for each head, scores of all pairs, and sums weighted by them."""
    query, value = given["query"].shape, given["value"].shape
    if len(query) != 3:
        return None  # attention along some of several axes
    key = value if given.get("key") is None else given["key"].shape
    kernels = {each.name: tuple(each.kernel.shape) for each in layer._flatten_layers() if hasattr(each, "kernel")}
    places = {"key": math.prod(key[:2]), "value": math.prod(value[:2])}
    projected = sum(places.get(name, math.prod(query[:2])) * math.prod(shape) for name, shape in kernels.items())
    of_a_pair = math.prod(kernels["query"][1:]) + math.prod(kernels["attention_output"][:-1])
    return projected + math.prod(query[:2]) * value[1] * of_a_pair


def _attention(_: Any, given: Mapping[str, Any], __: Shape) -> int:
    query, value, *_ = (each.shape for each in given["inputs"])
    return math.prod(query[:-1]) * value[-2] * (query[-1] + value[-1])


def _dot(layer: Any, given: Mapping[str, Any], output: Shape) -> int:
    axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    return math.prod(output) * given["inputs"][0].shape[axis]


def _naive_bayes(layer: Any, given: Mapping[str, Any], _: Shape) -> int:
    return math.prod(_input(given)) * layer.classes


def _ridge_forecast(layer: Any, _: Any, output: Shape) -> int:
    return output[0] * math.prod(layer.kernel.shape)


def _table() -> dict[Any, Rule]:
    kinds: dict[Rule, tuple[Any, ...]] = {
        _nothing: (
            *(layers.BatchNormalization, layers.GroupNormalization, layers.LayerNormalization),
            *(layers.RMSNormalization, layers.Normalization, layers.PReLU, EntityEmbeddings, NGrams),
            "LayerScale",  # of ConvNeXt
        ),
        _dense: (layers.Dense, EnsembleDense, "Matmul"),
        _intervals: (PiecewiseLinearEmbeddings,),
        _einsum_dense: (layers.EinsumDense,),
        _convolution: (
            *(layers.Conv1D, layers.Conv2D, layers.Conv3D),
            *(layers.DepthwiseConv1D, layers.DepthwiseConv2D),
        ),
        _transposed: (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose),
        _separable: (layers.SeparableConv1D, layers.SeparableConv2D),
        _recurrent: (layers.RNN,),
        _embedding: (layers.Embedding,),
        _heads: (layers.MultiHeadAttention, layers.GroupQueryAttention),
        _attention: (layers.Attention, layers.AdditiveAttention),
        _dot: (layers.Dot,),
        _naive_bayes: (NaiveBayes,),
        _ridge_forecast: (RidgeForecast,),
    }
    return {kind: rule for rule, several in kinds.items() for kind in several}


_RULES = _table()
# Operations of keras.ops between layers, whose names are their classes'. Without weights they would be forgotten.
_PRODUCTS = {
    *("Conv", "ConvTranspose", "DepthwiseConv", "SeparableConv", "DotProductAttention"),
    *("Dot", "Einsum", "Inner", "Outer", "Tensordot", "Vdot"),
}
