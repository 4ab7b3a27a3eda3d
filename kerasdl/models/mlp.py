"""Multilayer perceptrons: fully connected layers, with what the lessons teach to do about them."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers
from kerasdl.models.normalization import Normalization, normalization_layer
from kerasdl.models.preprocess import Preprocess, preprocess_layer

# The variance that keeps the signal's size from layer to layer is a matter of the activation: Glorot and Bengio (2010)
# for those that saturate, LeCun's for selu, and for all others He et al., arXiv:1502.01852.
_GLOROT = {"linear", "tanh", "hard_tanh", "sigmoid", "hard_sigmoid", "log_sigmoid", "softsign", "softmax"}


def mlp(
    input_shape: Sequence[int],
    classes: int | None = None,
    *,
    outputs: int | None = None,
    hidden: Sequence[int] = (200, 100),
    activation: str = "relu",
    normalization: Normalization = "none",
    dropout: float | Sequence[float] = 0.0,
    input_dropout: float = 0.0,
    input_noise: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    skip: bool = False,
    preprocess: Preprocess = None,
    output_range: tuple[float, float] | None = None,
    classifier_activation: str | None = None,
    name: str = "mlp",
) -> keras.Model:
    """A multilayer perceptron (Rumelhart et al., doi:10.1038/323533a0), of logits or of numbers.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one hidden layer each), `head_…`.

    Args:
        input_shape: Of one sample, of any rank; it is flattened.
        classes: Length of the output, for a classifier.
        outputs: Length of the output, for a regression.
        hidden: Width of each hidden layer; without any the model is linear.
        activation: After each hidden layer, as Keras names it; the kernels begin at the size that suits it (He for the
            relu family, Glorot for tanh and sigmoid, LeCun for selu).
        normalization: Between each hidden layer and its activation; see `normalization_layer`.
        dropout: Share of a hidden layer's outputs left out in training (arXiv:1207.0580), one number or one a layer;
            after "selu" an AlphaDropout, which keeps mean and variance (arXiv:1706.02515).
        input_dropout: The same of the inputs.
        input_noise: Standard deviation of the noise that training adds to the inputs (after `preprocess`).
        l1: Weight of the sum of the hidden kernels' absolute values in the loss.
        l2: Weight of the sum of their squares.
        skip: Whether a hidden layer's input is added to its output (arXiv:1512.03385).
        preprocess: What the model does to pixels of 0..255 first; as for `resnet`.
        output_range: (low, high) between which a regression's outputs lie, as fastai's y_range.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, *input_shape) to float32 (batch, classes) or (batch, outputs).

    Raises:
        ValueError: A shape that is not known, or as for `dense_stack`, `output_layers` and `preprocess_layer`.

    Example:
        >>> model = kerasdl.models.mlp((28, 28, 1), 10, hidden=(512, 512), normalization="batch", dropout=0.2)
        >>> prices = kerasdl.models.mlp((13,), outputs=1, activation="selu", output_range=(0, 60))
    """
    if None in input_shape:
        raise ValueError(f"A dense layer needs inputs of known size. Received: input_shape={tuple(input_shape)}")
    inputs = keras.Input(tuple(input_shape), name="inputs")
    x = preprocess_layer(preprocess, name="stem_preprocess")(inputs) if preprocess is not None else inputs
    x = layers.Flatten(name="stem_flatten")(x) if len(input_shape) != 1 else x
    x = layers.GaussianNoise(input_noise, name="stem_noise")(x) if input_noise else x
    x = layers.Dropout(input_dropout, name="stem_dropout")(x) if input_dropout else x
    x = dense_stack(
        x,
        hidden,
        activation=activation,
        normalization=normalization,
        dropout=dropout,
        l1=l1,
        l2=l2,
        skip=skip,
    )
    x = output_layers(
        x,
        classes=classes,
        outputs=outputs,
        output_range=output_range,
        classifier_activation=classifier_activation,
    )
    return keras.Model(inputs, x, name=name)


def dense_stack(
    x: Any,
    hidden: Sequence[int],
    *,
    activation: str = "relu",
    normalization: Normalization = "none",
    dropout: float | Sequence[float] = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    skip: bool = False,
) -> Any:
    """Hidden layers on a tensor: dense, normalization, activation, dropout and, if asked, the sum with their input.

    The layers are named `stage1_dense`, `stage1_norm`, `stage1_activation`, `stage1_dropout`, `stage1_shortcut`,
    `stage1_add`, and so on; those that would do nothing are left out.

    Args:
        x: (batch, features).
        hidden: Width of each layer.
        activation: As for `mlp`.
        normalization: As for `mlp`; its offset takes the place of the bias.
        dropout: As for `mlp`.
        l1: As for `mlp`.
        l2: As for `mlp`.
        skip: As for `mlp`; where the widths differ, the input goes through a matrix.

    Returns:
        A tensor (batch, hidden[-1]).

    Raises:
        ValueError: As many rates of dropout as hidden layers are needed; or as for `normalization_layer`.

    Example:
        >>> dense_stack(keras.Input((13,)), (64, 32), dropout=(0.1, 0.2)).shape
        (None, 32)
    """
    rates = [dropout] * len(hidden) if isinstance(dropout, int | float) else list(dropout)
    if len(rates) != len(hidden):
        raise ValueError(f"One dropout a hidden layer. Received: hidden={tuple(hidden)}, dropout={tuple(rates)}")
    kernel: dict[str, Any] = {
        "kernel_initializer": _initializer(activation),
        "kernel_regularizer": keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
    }
    for stage, (width, rate) in enumerate(zip(hidden, rates, strict=True), start=1):
        before = x
        x = _hidden_layer(x, width, activation, normalization, rate, kernel, name=f"stage{stage}")
        x = _join(x, before, kernel, name=f"stage{stage}") if skip else x
    return x


def output_layers(
    x: Any,
    *,
    classes: int | None = None,
    outputs: int | None = None,
    output_range: tuple[float, float] | None = None,
    classifier_activation: str | None = None,
) -> Any:
    """The head on a tensor of features: logits for `classes`, or numbers for `outputs`; float32 under any policy.

    Args:
        x: (batch, features).
        classes: Number of logits (`head_logits`).
        outputs: Number of numbers (`head_outputs`).
        output_range: (low, high) into which a scaled sigmoid brings the numbers (`head_range`). It comes near the ends
            only for large inputs: give a range a little wider than the targets'.
        classifier_activation: What makes the logits probabilities (`head_activation`), such as "softmax".

    Returns:
        A tensor (batch, classes) or (batch, outputs).

    Raises:
        ValueError: Not exactly one of classes and outputs, an argument that belongs to the other, or a range that
            does not rise.

    Example:
        >>> stars = output_layers(keras.Input((8,)), outputs=1, output_range=(0.5, 5.5))
    """
    if (classes is None) == (outputs is None):
        raise ValueError(f"Give classes or outputs, one of the two. Received: classes={classes}, outputs={outputs}")
    if classes is not None:
        if output_range is not None:
            raise ValueError(f"output_range is for outputs, not for classes. Received: output_range={output_range}")
        return _logits(x, classes, classifier_activation)
    if classifier_activation is not None:
        raise ValueError(f"classifier_activation is for classes, not for outputs. Received: {classifier_activation!r}")
    x = layers.Dense(outputs, dtype="float32", name="head_outputs")(x)
    return x if output_range is None else _squashed(x, output_range)


def _logits(x: Any, classes: int, activation: str | None) -> Any:
    x = layers.Dense(classes, dtype="float32", name="head_logits")(x)
    return x if activation is None else layers.Activation(activation, dtype="float32", name="head_activation")(x)


def _squashed(x: Any, output_range: tuple[float, float]) -> Any:
    low, high = output_range
    if not low < high:
        raise ValueError(f"The range must rise, from (low, high). Received: output_range={output_range}")
    x = layers.Activation("sigmoid", dtype="float32", name="head_sigmoid")(x)
    return layers.Rescaling(high - low, low, dtype="float32", name="head_range")(x)


def _hidden_layer(
    x: Any,
    width: int,
    activation: str,
    normalization: Normalization,
    rate: float,
    kernel: dict[str, Any],
    *,
    name: str,
) -> Any:
    x = layers.Dense(width, use_bias=normalization == "none", name=f"{name}_dense", **kernel)(x)
    if normalization != "none":
        x = normalization_layer(normalization, shape=x.shape, name=f"{name}_norm")(x)
    x = layers.Activation(activation, name=f"{name}_activation")(x)
    dropout = layers.AlphaDropout if activation == "selu" else layers.Dropout
    return dropout(rate, name=f"{name}_dropout")(x) if rate else x


def _join(x: Any, before: Any, kernel: dict[str, Any], *, name: str) -> Any:
    if before.shape[-1] != x.shape[-1]:
        before = layers.Dense(x.shape[-1], use_bias=False, name=f"{name}_shortcut", **kernel)(before)
    return layers.Add(name=f"{name}_add")([x, before])


def _initializer(activation: str) -> str:
    return "lecun_normal" if activation == "selu" else "glorot_uniform" if activation in _GLOROT else "he_normal"
