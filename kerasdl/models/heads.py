"""Heads: from features to float32 logits or numbers. The only place where a builder's output layers are made."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
from keras import layers
from kerasdl.layers import EnsembleMean, SortedQuantiles
from kerasdl.models.normalization import normalization_layer

Head = Literal["linear", "fastai"]


def linear_head(x: Any, classes: int, *, classifier_activation: str | None = None) -> Any:
    """Global average pooling (Lin et al., arXiv:1312.4400) and one dense layer.

    Args:
        x: Features: a map (batch, height, width, channels), or vectors (batch, channels), which are not pooled.
        classes: Number of logits (`head_logits`).
        classifier_activation: None for logits, or an activation such as "softmax" (`head_activation`).

    Returns:
        A float32 tensor (batch, classes).

    Example:
        >>> linear_head(keras.Input((7, 7, 512)), 10).shape
        (None, 10)
    """
    x = layers.GlobalAveragePooling2D(name="head_pool")(x) if len(x.shape) == 4 else x
    return output_layers(x, classes=classes, classifier_activation=classifier_activation)


def fastai_head(x: Any, classes: int, *, classifier_activation: str | None = None) -> Any:
    """The head of fastai's `vision_learner` (Howard and Gugger, arXiv:2002.04688).

    Concatenated global maximum and average pooling; batch normalization, dropout of 0.25, a dense layer of 512, ReLU;
    batch normalization, dropout of 0.5, logits. The dense layers have no bias.

    Args:
        x: As for `linear_head`.
        classes: Number of logits (`head_logits`).
        classifier_activation: As for `linear_head`.

    Returns:
        A float32 tensor (batch, classes).

    Example:
        >>> fastai_head(keras.Input((7, 7, 512)), 10).shape
        (None, 10)
    """
    if len(x.shape) == 4:
        highest = layers.GlobalMaxPooling2D(name="head_max_pool")(x)
        mean = layers.GlobalAveragePooling2D(name="head_average_pool")(x)
        x = layers.Concatenate(name="head_concat")([highest, mean])
    x = normalization_layer("batch", shape=x.shape, name="head_norm1")(x)
    x = layers.Dropout(0.25, name="head_dropout1")(x)
    x = layers.Dense(512, use_bias=False, kernel_initializer="he_normal", name="head_dense")(x)
    x = layers.Activation("relu", name="head_relu")(x)
    x = normalization_layer("batch", shape=x.shape, name="head_norm2")(x)
    x = layers.Dropout(0.5, name="head_dropout2")(x)
    return _logits(x, classes, classifier_activation, use_bias=False, kernel_initializer="he_normal")


def pooling_head(
    x: Any, classes: int, hidden: Sequence[int], *, dropout: float, classifier_activation: str | None = None
) -> Any:
    """The head of ULMFiT's classifier (Howard and Ruder, arXiv:1801.06146), with fastai's rates.

    Each layer is batch normalization, dropout and a dense layer without bias; all but the last have a ReLU.

    Args:
        x: Pooled features (batch, features).
        classes: Number of logits (`head_logits`).
        hidden: Width of each hidden layer; each has a dropout of 0.1 behind it.
        dropout: Dropout rate of the features.
        classifier_activation: As for `linear_head`.

    Returns:
        A float32 tensor (batch, classes).

    Example:
        >>> pooling_head(keras.Input((1200,)), 2, [50], dropout=0.2).shape
        (None, 2)
    """
    for number, width in enumerate(hidden, start=1):
        x = _normalized_and_dropped(x, number, dropout)
        x = layers.Dense(width, use_bias=False, kernel_initializer="he_normal", name=f"head_dense{number}")(x)
        x = layers.Activation("relu", name=f"head_relu{number}")(x)
        dropout = 0.1
    x = _normalized_and_dropped(x, len(hidden) + 1, dropout)
    return _logits(x, classes, classifier_activation, use_bias=False, kernel_initializer="he_normal")


def _normalized_and_dropped(x: Any, number: int, dropout: float) -> Any:
    x = normalization_layer("batch", shape=x.shape, name=f"head_norm{number}")(x)
    return layers.Dropout(dropout, name=f"head_dropout{number}")(x)


def output_layers(
    x: Any,
    *,
    classes: int | None = None,
    outputs: int | None = None,
    output_range: tuple[float, float] | None = None,
    classifier_activation: str | None = None,
    ensemble: int | None = None,
    quantiles: Sequence[float] | None = None,
) -> Any:
    """The last layers of a classifier (`classes`) or a regression (`outputs`); float32 under any policy.

    Args:
        x: (batch, features), or (batch, ensemble, features).
        classes: Number of logits (`head_logits`).
        outputs: Number of regression outputs (`head_outputs`).
        output_range: (low, high) of a scaled sigmoid on the outputs (`head_range`). It comes near its ends only for
            large inputs: choose a range slightly wider than that of the targets.
        classifier_activation: None for logits, or an activation such as "softmax" (`head_activation`).
        ensemble: Number of members, each with a dense layer of its own (`head_members`), before their mean.
        quantiles: Which quantiles of one target the `outputs` are (`layers.SortedQuantiles`).

    Returns:
        A tensor (batch, classes) or (batch, outputs).

    Raises:
        ValueError: Not exactly one of `classes` and `outputs`; an argument that belongs to the other one; a range whose
            low is not below its high; a range for an ensemble or for quantiles; another number of quantiles than of
            `outputs`.

    Example:
        >>> stars = output_layers(keras.Input((8,)), outputs=1, output_range=(0.5, 5.5))
    """
    if (classes is None) == (outputs is None):
        raise ValueError(f"Pass either classes or outputs. Received: classes={classes}, outputs={outputs}")
    if quantiles is not None and (output_range is not None or outputs != len(quantiles)):
        raise ValueError(
            "Quantiles need an output each, and no output_range. "
            f"Received: quantiles={quantiles}, outputs={outputs}, output_range={output_range}"
        )
    if classes is not None:
        if output_range is not None:
            raise ValueError(f"output_range needs outputs, not classes. Received: output_range={output_range}")
        return _logits(x, classes, classifier_activation, ensemble=ensemble)
    if classifier_activation is not None:
        raise ValueError(
            "classifier_activation needs classes, not outputs. "
            f"Received: classifier_activation={classifier_activation!r}"
        )
    if ensemble is not None and output_range is not None:
        raise ValueError(
            "The members of an ensemble have no output_range: leave one of them out. "
            f"Received: output_range={output_range}, ensemble={ensemble}"
        )
    if ensemble is not None and outputs is not None:
        x = _members(x, outputs)
        return (SortedQuantiles(quantiles, name="head_outputs") if quantiles else EnsembleMean(name="head_outputs"))(x)
    x = layers.Dense(outputs, dtype="float32", name="head_values" if quantiles else "head_outputs")(x)
    if quantiles:
        return SortedQuantiles(quantiles, name="head_outputs")(x)
    return x if output_range is None else _scaled_sigmoid(x, output_range)


def _logits(x: Any, classes: int, activation: str | None, *, ensemble: int | None = None, **options: Any) -> Any:
    if ensemble is not None:
        x = EnsembleMean(logits=True, name="head_logits")(_members(x, classes))
    else:
        x = layers.Dense(classes, dtype="float32", name="head_logits", **options)(x)
    return x if activation is None else layers.Activation(activation, dtype="float32", name="head_activation")(x)


def _members(x: Any, values: int) -> Any:
    """A dense layer for each member of an ensemble, (batch, members, features) to (batch, members, values)."""
    # Keras's initializers would take the members for inputs.
    uniform = keras.initializers.RandomUniform(-(x.shape[-1] ** -0.5), x.shape[-1] ** -0.5)
    options: dict[str, Any] = {"kernel_initializer": uniform, "dtype": "float32", "name": "head_members"}
    shape = (x.shape[1], values)
    return layers.EinsumDense("bmi,mio->bmo", output_shape=shape, bias_axes="mo", **options)(x)


def _scaled_sigmoid(x: Any, output_range: tuple[float, float]) -> Any:
    low, high = output_range
    if not low < high:
        raise ValueError(f"output_range must be (low, high) with low < high. Received: output_range={output_range}")
    x = layers.Activation("sigmoid", dtype="float32", name="head_sigmoid")(x)
    return layers.Rescaling(high - low, low, dtype="float32", name="head_range")(x)


HEADS: dict[str, Callable[..., Any]] = {"linear": linear_head, "fastai": fastai_head}
