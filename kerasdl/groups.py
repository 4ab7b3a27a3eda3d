"""Layer groups, as in fast.ai's lessons: stem, stages and head, frozen and unfrozen together.

Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", arXiv:1801.06146.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import keras
from keras.src.models.functional import Functional

BatchNorm = Literal["freeze", "statistics", "train"]

# Layer names of kerasdl builders. For other models the user gives the groups.
_BUILDER_GROUP = re.compile(r"(stem|stage\d+|head)_")

# Groups of keras.applications families, split where the resolution is halved, like the stages of kerasdl builders. A
# family is recognized by layer names, and only if every layer with weights is in a group; the head is the original one
# or that of `replace_head`.
_FAMILIES: tuple[dict[str, str], ...] = (
    # ResNet50, 101 and 152 in both versions, DenseNet121, 169 and 201.
    {
        "stem": "conv1_",
        "stage1": "(conv|pool)2_",
        "stage2": "(conv|pool)3_",
        "stage3": "(conv|pool)4_",
        "stage4": "conv5_|(post_)?bn(/|$)",
    },
    # VGG16 and 19.
    {f"stage{stage}": f"block{stage}_conv" for stage in range(1, 6)},
    # MobileNetV2.
    {
        "stem": "(bn_)?Conv1(/|$)|expanded_conv_",
        "stage1": "block_[12]_",
        "stage2": "block_[345]_",
        "stage3": "block_([6-9]|1[012])_",
        "stage4": "block_1[3-6]_|Conv_1",
    },
    # EfficientNetB0 to B7, and V2.
    {
        "stem": "normalization|stem_",
        "stage1": "block[12][a-z]",
        "stage2": "block3[a-z]",
        "stage3": "block[45][a-z]",
        "stage4": "block[67][a-z]|top_",
    },
)
_HEAD = "head_|predictions(/|$)|fc[12](/|$)"


def layer_groups(model: keras.Model, groups: Sequence[str] | None = None) -> dict[str, list[keras.layers.Layer]]:
    """Layers with weights, by group, from input to output.

    Args:
        model: A built model. The layers of a nested model, such as a backbone of keras.applications, are listed one by
            one.
        groups: One regular expression per group, from input to output, matched at the start of layer names, or of
            MODEL/LAYER for layers of a nested model ("resnet50/" matches all of them). By default the groups of a
            kerasdl builder, the part of the layer name before the first underscore; or of a backbone of
            keras.applications (ResNet, DenseNet, VGG, MobileNetV2, EfficientNet), split where the resolution is halved.

    Returns:
        Layers by group name (or expression), in order.

    Raises:
        ValueError: A layer with weights is in no group or in several, or a group has no layer.

    Example:
        >>> list(layer_groups(kerasdl.models.resnet18((64, 64, 3), 2)))
        ['stem', 'stage1', 'stage2', 'stage3', 'stage4', 'head']
        >>> layer_groups(keras.applications.ResNet50(), ["conv1", "conv[23]", "conv[45]", "predictions"])
    """
    holders = list(_holders(model))
    patterns = _known_groups(model, holders) if groups is None else {pattern: pattern for pattern in groups}
    found: dict[str, list[keras.layers.Layer]] = {name: [] for name in patterns}
    for path, layer in holders:
        matching = [name for name, each in patterns.items() if re.match(each, layer.name) or re.match(each, path)]
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

    Example:
        >>> optimizer = kerasdl.optimizers.AdamW(1e-3, groups=kerasdl.groups.discriminative(model, factor=2.6))
        >>> slice_of_rates = kerasdl.groups.discriminative(model, rates=(1e-5, 1e-3))
    """
    if not factor > 0 or (rates is not None and not all(rate > 0 for rate in rates)):
        raise ValueError(f"factor and rates must be positive. Received: factor={factor}, rates={rates}")
    found = layer_groups(model, groups)
    depth = len(found) - 1
    if rates is not None:
        factor = (rates[1] / rates[0]) ** (1 / max(1, depth))
    patterns = list(_known_groups(model, list(_holders(model))).values() if groups is None else groups)
    return [{"match": pattern, "lr": factor ** (index - depth)} for index, pattern in enumerate(patterns)]


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
    """Drop the traced train function, which would still train what was trainable when it was traced."""
    if model.compiled:
        model.train_function = None


def optimizer_lacks(model: keras.Model) -> list[keras.Variable]:
    """Trainable variables for which a built optimizer has no state; empty if it is not built yet."""
    optimizer = model.optimizer if model.compiled else None
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if optimizer is None or not optimizer.built:
        return []
    known = {id(variable) for variable in optimizer._trainable_variables}
    return [variable for variable in model.trainable_variables if id(variable) not in known]


def _holders(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """Layers with weights and their paths, those of nested models one by one."""
    for layer in model.layers:
        if isinstance(layer, keras.Sequential | Functional):
            yield from _holders(layer, f"{prefix}{layer.name}/")
        elif layer.weights:
            yield f"{prefix}{layer.name}", layer


def _known_groups(model: keras.Model, holders: list[tuple[str, keras.layers.Layer]]) -> dict[str, str]:
    """Regular expression by group name, inferred from layer names."""
    names = [layer.name for _, layer in holders]
    ours = [match[1] for match in map(_BUILDER_GROUP.match, names) if match]
    if len(ours) == len(names):
        return {group: f"{group}_" for group in dict.fromkeys(ours)}
    for family in _FAMILIES:
        patterns = {**family, "head": _HEAD}
        met = [[group for group, each in patterns.items() if re.match(each, name)] for name in names]
        if all(met) and {groups[0] for groups in met} >= set(family):
            return {group: each for group, each in patterns.items() if [group] in met}
    unknown = next(name for name in names if not _BUILDER_GROUP.match(name))
    raise ValueError(
        f"Cannot infer layer groups from layer names of model {model.name!r}. Give one regular expression per group, "
        f"such as groups=['conv[1-3]', 'conv[45]', 'predictions']. Received: layer {unknown!r}"
    )
