"""Layer groups, as fast.ai's lessons have them: stem, stages, head; frozen and thawed together.

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

# The names that our builders give, in order of depth; anything else is the user's to say.
_BUILDER_GROUP = re.compile(r"(stem|stage\d+|head)_")

# Where families of keras.applications are split: at each halving of the image, as our builders' stages are. A family is
# known by its names alone, and only if every layer with weights has its place; the head is theirs or `replace_head`'s.
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
    """The layers that hold weights, by group, from the input's end to the output's.

    Args:
        model: A built model; the layers of a model inside it, such as a backbone of keras.applications, count alone.
        groups: One regular expression a group, first to last, matched against the start of layer names, or of
            MODEL/LAYER for layers of a model inside ("resnet50/" is all of one). By default the groups of a kerasdl
            builder, the part of a layer's name before its first underscore; or of a backbone of keras.applications
            (ResNet, DenseNet, VGG, MobileNetV2, EfficientNet), split where the image is halved.

    Returns:
        Group name (or expression) to layers, in order.

    Raises:
        ValueError: A layer with weights falls in no group or in two, or a group has no layer.

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
    """Freezes every layer group before the n-th and thaws the rest, as fastai's `freeze_to`.

    Takes effect at the next `fit` without a compile, for a train function traced earlier is dropped. Where the
    optimizer was built while layers now thawed were frozen it holds no state for them: a warning then says so.

    Args:
        model: A built model.
        n: Index of the first group that trains; negative counts from the end (-1: only the last group trains).
        groups: As for `layer_groups`.

    Raises:
        ValueError: No such group; or as for `layer_groups`.

    Warns:
        UserWarning: The model must be compiled anew before it trains.

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
            f"Compile {model.name!r} again before fit: its optimizer was built while layers now thawed were frozen.",
            stacklevel=2,
        )


def unfreeze(model: keras.Model, *, groups: Sequence[str] | None = None) -> None:
    """Thaws every layer group; otherwise as `freeze_to(model, 0)`.

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
    """Parameter groups for our optimizers by which each layer group learns slower than the one after it.

    Howard and Ruder, arXiv:1801.06146, who found 2.6 to work well. The last group has the optimizer's own rate.

    Args:
        model: A built model.
        factor: How many times the rate of a group is that of the group before it.
        rates: Instead of `factor`, the first and last group's rates; those between lie evenly on a logarithmic scale,
            and only the ratio of the two enters, for the optimizer or callback brings the last.
        groups: As for `layer_groups`.

    Returns:
        One {"match": …, "lr": multiplier} a layer group, for `optimizers.AdamW(groups=…)` and its kin.

    Raises:
        ValueError: A factor or rate that is not positive; or as for `layer_groups`.

    Example:
        >>> optimizer = kerasdl.optimizers.AdamW(1e-3, groups=kerasdl.groups.discriminative(model, factor=2.6))
        >>> slice_of_rates = kerasdl.groups.discriminative(model, rates=(1e-5, 1e-3))
    """
    if not factor > 0 or (rates is not None and not all(rate > 0 for rate in rates)):
        raise ValueError(f"Factor and rates must be positive. Received: factor={factor}, rates={rates}")
    found = layer_groups(model, groups)
    depth = len(found) - 1
    if rates is not None:
        factor = (rates[1] / rates[0]) ** (1 / max(1, depth))
    patterns = list(_known_groups(model, list(_holders(model))).values() if groups is None else groups)
    return [{"match": pattern, "lr": factor ** (index - depth)} for index, pattern in enumerate(patterns)]


@contextmanager
def frozen(layers: Sequence[keras.layers.Layer], *, batch_norm: BatchNorm = "freeze") -> Iterator[None]:
    """Freezes layers for a while; afterwards they are as trainable as they were.

    Args:
        layers: What to freeze.
        batch_norm: What their BatchNormalization does: "freeze" (inference mode: neither statistics nor gain and bias
            move), "statistics" (these follow the data, gain and bias stay) or "train" (everything moves).

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
    """Drops a train function traced earlier, which would go on training what was trainable then."""
    if model.compiled:
        model.train_function = None


def optimizer_lacks(model: keras.Model) -> list[keras.Variable]:
    """The trainable variables that a built optimizer does not know; none where it is not built yet."""
    optimizer = model.optimizer if model.compiled else None
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if optimizer is None or not optimizer.built:
        return []
    known = {id(variable) for variable in optimizer._trainable_variables}
    return [variable for variable in model.trainable_variables if id(variable) not in known]


def _holders(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """The layers that hold weights, by path, those of models inside one by one."""
    for layer in model.layers:
        if isinstance(layer, keras.Sequential | Functional):
            yield from _holders(layer, f"{prefix}{layer.name}/")
        elif layer.weights:
            yield f"{prefix}{layer.name}", layer


def _known_groups(model: keras.Model, holders: list[tuple[str, keras.layers.Layer]]) -> dict[str, str]:
    """Group name to regular expression, where the layers' names tell the groups."""
    names = [layer.name for _, layer in holders]
    ours = [match[1] for match in map(_BUILDER_GROUP.match, names) if match]
    if len(ours) == len(names):
        return {group: f"{group}_" for group in dict.fromkeys(ours)}
    for family in _FAMILIES:
        patterns = {**family, "head": _HEAD}
        met = [[group for group, each in patterns.items() if re.match(each, name)] for name in names]
        if all(met) and {groups[0] for groups in met} >= set(family):
            return {group: each for group, each in patterns.items() if [group] in met}
    strange = next(name for name in names if not _BUILDER_GROUP.match(name))
    raise ValueError(
        f"The layer names of model {model.name!r} do not tell its groups. Name them: one regular expression a "
        f"group, such as groups=['conv[1-3]', 'conv[45]', 'predictions']. Received: layer {strange!r}"
    )
