"""Multilayer perceptrons: fully connected layers with normalization, regularization and skip connections."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import EnsembleDense
from kerasdl.models.heads import output_layers
from kerasdl.models.normalization import Normalization, normalization_layer
from kerasdl.models.preprocess import Preprocess, preprocess_layer

# The initial variance that preserves the signal's scale depends on the activation: Glorot and Bengio (2010) for
# saturating ones, LeCun for selu, He et al. (arXiv:1502.01852) for all others.
_GLOROT = {"linear", "tanh", "hard_tanh", "sigmoid", "hard_sigmoid", "log_sigmoid", "softsign", "softmax"}


@known_arguments()
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
    """A multilayer perceptron (Rumelhart et al., doi:10.1038/323533a0) for classification or regression.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per hidden layer), `head_…`.

    Args:
        input_shape: Shape of one sample, of any rank; it is flattened.
        classes: Number of logits, for a classifier.
        outputs: Number of outputs, for a regression.
        hidden: Width of each hidden layer; an empty sequence gives a linear model.
        activation: Keras name of the hidden layers' activation. It also chooses the kernel initializer: He for the relu
            family, Glorot for tanh and sigmoid, LeCun for selu.
        normalization: Between each hidden layer and its activation; see `normalization_layer`.
        dropout: Dropout rate of the hidden layers (arXiv:1207.0580), one number or one per layer. After "selu" it is an
            AlphaDropout, which preserves mean and variance (arXiv:1706.02515).
        input_dropout: Dropout rate of the inputs.
        input_noise: Standard deviation of the Gaussian noise added to the inputs in training (after `preprocess`).
        l1: L1 penalty on the hidden kernels.
        l2: L2 penalty on the hidden kernels.
        skip: Whether to add each hidden layer's input to its output (arXiv:1512.03385).
        preprocess: Scaling of pixels of 0..255 inside the model; as for `resnet`.
        output_range: (low, high) of a regression's outputs, as fastai's y_range.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: `(batch, *input_shape)` to float32 (batch, classes) or (batch, outputs).

    Raises:
        ValueError: `input_shape` holds None; or as for `dense_stack`, `output_layers` and `preprocess_layer`.

    Example:
        >>> model = kerasdl.models.mlp((28, 28, 1), 10, hidden=(512, 512), normalization="batch", dropout=0.2)
        >>> prices = kerasdl.models.mlp((13,), outputs=1, activation="selu", output_range=(0, 60))
    """
    if None in input_shape:
        raise ValueError(f"A dense layer needs a fully known input_shape. Received: input_shape={tuple(input_shape)}")
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
    ensemble: int | None = None,
) -> Any:
    """Apply hidden layers to a tensor: dense, normalization, activation, dropout; with `skip`, add the input.

    The layers are named `stage1_dense`, `stage1_norm`, `stage1_activation`, `stage1_dropout`, `stage1_shortcut`,
    `stage1_add`, and so on. Layers without effect are omitted.

    Args:
        x: (batch, features).
        hidden: Width of each layer.
        activation: As for `mlp`.
        normalization: As for `mlp`; its offset replaces the dense layers' bias.
        dropout: As for `mlp`.
        l1: As for `mlp`.
        l2: As for `mlp`.
        skip: As for `mlp`; where the widths differ, the input is projected by a kernel without bias.
        ensemble: Number of members of an ensemble that share the kernels (`EnsembleDense`).

    Returns:
        A tensor (batch, hidden[-1]), or (batch, ensemble, hidden[-1]).

    Raises:
        ValueError: `dropout` and `hidden` differ in length; an ensemble without hidden layers, or with `skip`; or as
            for `normalization_layer`.

    Example:
        >>> dense_stack(keras.Input((13,)), (64, 32), dropout=(0.1, 0.2)).shape
        (None, 32)
    """
    rates = [dropout] * len(hidden) if isinstance(dropout, int | float) else list(dropout)
    if len(rates) != len(hidden):
        raise ValueError(
            f"dropout must have one rate per hidden layer. Received: hidden={tuple(hidden)}, dropout={tuple(rates)}"
        )
    if ensemble is not None and (skip or not hidden):
        raise ValueError(
            "An ensemble needs at least one hidden layer, and none is skipped. "
            f"Received: ensemble={ensemble}, hidden={tuple(hidden)}, skip={skip}"
        )
    kernel: dict[str, Any] = {
        "kernel_initializer": _initializer(activation),
        "kernel_regularizer": keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
    }
    for stage, (width, rate) in enumerate(zip(hidden, rates, strict=True), start=1):
        before = x
        dense: dict[str, Any] = {"name": f"stage{stage}_dense", "use_bias": normalization == "none", **kernel}
        if ensemble is None:
            x = layers.Dense(width, **dense)(x)
        else:
            x = EnsembleDense(width, ensemble, random_signs=stage == 1, **dense)(x)
        x = _normalized_and_active(x, activation, normalization, rate, name=f"stage{stage}")
        x = _join(x, before, kernel, name=f"stage{stage}") if skip else x
    return x


def _normalized_and_active(x: Any, activation: str, normalization: Normalization, rate: float, *, name: str) -> Any:
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
