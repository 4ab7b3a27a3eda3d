"""Layer groups, as in fast.ai's lessons: stem, stages and head, frozen and unfrozen together.

Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", arXiv:1801.06146.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import keras
from kerasdl.arguments import known_arguments
from kerasdl.families import flat_layers, recognize
from kerasdl.foreign_names import pair_of_rates

__all__ = [
    "discriminative",
    "freeze_to",
    "frozen",
    "group_names",
    "layer_groups",
    "optimizer_lacks",
    "retrace",
    "unfreeze",
]

BatchNorm = Literal["freeze", "statistics", "train"]

# Layer names of kerasdl builders. For other models the user gives the groups.
_BUILDER_GROUP = re.compile(r"(stem|stage\d+|head)_")


def layer_groups(model: keras.Model, groups: Sequence[str] | None = None) -> dict[str, list[keras.layers.Layer]]:
    """Layers with weights, by group, from input to output.

    Args:
        model: A built model. The layers of a nested model, such as a backbone of keras.applications, are listed one by
            one.
        groups: One regular expression per group, from input to output, matched at the start of layer names, or of
            MODEL/LAYER for layers of a nested model ("resnet50/" matches all of them). By default the groups of a
            kerasdl builder, the part of the layer name before the first underscore; or of any network of
            keras.applications, split where the resolution is halved.

    Returns:
        Layers by group name (or expression), in order.

    Raises:
        ValueError: A layer with weights is in no group or in several, a group has no layer or is no expression.

    Example:
        >>> list(layer_groups(kerasdl.models.resnet18((64, 64, 3), 2)))
        ['stem', 'stage1', 'stage2', 'stage3', 'stage4', 'head']
        >>> layer_groups(keras.applications.ResNet50(), ["conv1", "conv[23]", "conv[45]", "predictions"])
    """
    patterns = _known_groups(model) if groups is None else {pattern: pattern for pattern in groups}
    found: dict[str, list[keras.layers.Layer]] = {name: [] for name in patterns}
    expressions = {name: _compiled(pattern) for name, pattern in patterns.items()}
    for path, layer in _holders(model):
        matching = [name for name, each in expressions.items() if each.match(layer.name) or each.match(path)]
        if len(matching) != 1:
            raise ValueError(
                f"Layer {path!r} of model {model.name!r} matches {len(matching)} groups: every layer with "
                f"weights must match exactly one. Received: groups={list(patterns)}"
            )
        found[matching[0]].append(layer)
    for name, layers in found.items():
        if not layers:
            raise ValueError(f"Group {name!r} matches no layer of {model.name!r}. Received: groups={list(patterns)}")
    return found


def freeze_to(model: keras.Model, n: int, *, groups: Sequence[str] | None = None) -> None:
    """Freeze every layer group before the n-th and unfreeze the rest, like fastai's `freeze_to`.

    Takes effect at the next `fit` without compiling, because the traced train function is dropped. Warns if the
    optimizer was built while layers that are now unfrozen were frozen, because it has no state for them.

    Args:
        model: A built model.
        n: Index of the first group to train; negative counts from the end (-1: train the last group only).
        groups: As for `layer_groups`.

    Raises:
        ValueError: `n` is out of range; or as for `layer_groups`.

    Warns:
        UserWarning: The model must be compiled again before it trains.

    Example:
        >>> kerasdl.groups.freeze_to(model, -1)   # train the head alone
    """
    found = list(layer_groups(model, groups).values())
    if not -len(found) <= n < len(found):
        raise ValueError(f"The model has {len(found)} groups. Received: n={n}")
    for index, layers in enumerate(found):
        for layer in layers:
            layer.trainable = index >= n % len(found)
    retrace(model)
    if optimizer_lacks(model):
        warnings.warn(
            f"Compile {model.name!r} again before fit: its optimizer was built while layers now unfrozen were frozen.",
            stacklevel=2,
        )


def unfreeze(model: keras.Model, *, groups: Sequence[str] | None = None) -> None:
    """Unfreeze every layer group: `freeze_to(model, 0)`.

    Args:
        model: A built model.
        groups: As for `layer_groups`.

    Example:
        >>> kerasdl.groups.unfreeze(model)
    """
    freeze_to(model, 0, groups=groups)


@known_arguments()
def discriminative(
    model: keras.Model,
    *,
    factor: float = 2.6,
    rates: tuple[float, float] | None = None,
    groups: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Parameter groups for discriminative learning rates: lower learning rates for earlier layer groups.

    Howard and Ruder, arXiv:1801.06146, who found a factor of 2.6 to work well. The last group has the learning rate of
    the optimizer.

    Args:
        model: A built model.
        factor: Learning rate of a group divided by that of the previous group.
        rates: Instead of `factor`, the learning rates of the first and last group; those between are evenly spaced on a
            logarithmic scale. Only their ratio is used: the optimizer or callback sets the learning rate of the last
            group.
        groups: As for `layer_groups`.

    Returns:
        One {"match": …, "lr": multiplier} per layer group, for `groups` of a kerasdl optimizer.

    Raises:
        ValueError: A factor or learning rate is not positive; or as for `layer_groups`.
        TypeError: `rates` is not a pair.

    Example:
        >>> optimizer = kerasdl.optimizers.AdamW(1e-3, groups=kerasdl.groups.discriminative(model, factor=2.6))
        >>> slice_of_rates = kerasdl.groups.discriminative(model, rates=(1e-5, 1e-3))
    """
    if rates is not None and (isinstance(rates, slice) or len(rates) != 2):
        raise TypeError(
            "rates must be a pair, the learning rates of the first and the last group, such as "
            f"rates={pair_of_rates(rates)}. Received: rates={rates!r}"
        )
    if not factor > 0 or (rates is not None and not all(rate > 0 for rate in rates)):
        raise ValueError(f"factor and rates must be positive. Received: factor={factor}, rates={rates}")
    found = layer_groups(model, groups)
    depth = len(found) - 1
    if rates is not None:
        factor = (rates[1] / rates[0]) ** (1 / max(1, depth))
    patterns = list(_known_groups(model).values() if groups is None else groups)
    return [{"match": pattern, "lr": factor ** (index - depth)} for index, pattern in enumerate(patterns)]


def group_names(model: keras.Model) -> dict[str, str]:
    """Names of layer groups by the regular expressions that `discriminative` gives them; empty if it cannot infer any.

    Args:
        model: A built model.

    Example:
        >>> group_names(model)
        {'stage1_': 'stage1', 'stage2_': 'stage2', 'head_': 'head'}
    """
    try:
        return {pattern: name for name, pattern in _known_groups(model).items()}
    except ValueError:
        return {}


@contextmanager
def frozen(layers: Sequence[keras.layers.Layer], *, batch_norm: BatchNorm = "freeze") -> Iterator[None]:
    """Return a context in which layers are frozen; afterwards they are as trainable as before.

    Args:
        layers: The layers to freeze.
        batch_norm: Behavior of BatchNormalization among them: "freeze" (inference mode: update nothing), "statistics"
            (update the statistics, but not gain and bias) or "train" (update everything).

    Example:
        >>> with kerasdl.groups.frozen(model.layers[:-1]):
        ...     print(len(model.trainable_variables))
    """
    found = [(variable, variable.trainable) for layer in layers for variable in layer.weights]
    flags = [(each, each.trainable) for layer in layers for each in layer._flatten_layers()]
    for layer in layers:
        layer.trainable = False
    for layer, trainable in flags:
        if batch_norm != "freeze" and isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = trainable
            for variable in layer.trainable_variables if batch_norm == "statistics" else ():
                variable.trainable = False
    try:
        yield
    finally:
        for layer, trainable in flags:
            layer.trainable = trainable
        for variable, trainable in found:
            variable.trainable = trainable


def retrace(model: keras.Model) -> None:
    """Drop the traced train function, which would still train what was trainable when it was traced.

    Example:
        >>> model.get_layer("stage1_dense").trainable = False
        >>> kerasdl.groups.retrace(model)
    """
    if model.compiled:
        model.train_function = None


def optimizer_lacks(model: keras.Model) -> list[keras.Variable]:
    """Trainable variables for which a built optimizer has no state; empty if it is not built yet.

    Example:
        >>> kerasdl.groups.optimizer_lacks(model)
        []
    """
    optimizer = model.optimizer if model.compiled else None
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if optimizer is None or not optimizer.built:
        return []
    known = {id(variable) for variable in optimizer._trainable_variables}
    return [variable for variable in model.trainable_variables if id(variable) not in known]


def _holders(model: keras.Model) -> list[tuple[str, keras.layers.Layer]]:
    """Layers with weights and their paths, those of nested models one by one."""
    return [(path, layer) for path, layer in flat_layers(model) if layer.weights]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"Not a valid regular expression ({error}). Received: group {pattern!r}") from error


def _known_groups(model: keras.Model) -> dict[str, str]:
    """Regular expression by group, inferred from layer names."""
    names = [layer.name for _, layer in _holders(model)]
    ours = [match[1] for match in map(_BUILDER_GROUP.match, names) if match]
    if len(ours) == len(names):
        # A tied embedding is the first layer of a language model, and the last: it belongs to the head.
        return {group: f"{group}_" for group in sorted(dict.fromkeys(ours), key="head".__eq__)}
    if known := recognize(model):
        family, patterns = known
        met = {group for group, each in patterns.items() if any(re.match(each, name) for name in names)}
        if met >= set(family.stages):
            return {group: each for group, each in patterns.items() if group in met}
    unknown = next(name for name in names if not _BUILDER_GROUP.match(name))
    raise ValueError(
        f"Cannot infer layer groups from layer names of model {model.name!r}. Give one regular expression per group, "
        f"such as groups=['conv[1-3]', 'conv[45]', 'predictions']. Received: layer {unknown!r}"
    )
