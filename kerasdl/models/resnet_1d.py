"""The residual network for sequences of Wang, Yan and Oates, arXiv:1611.06455."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.models.convolution_1d import conv_norm, mean_of_steps
from kerasdl.models.heads import output_layers
from kerasdl.models.normalization import normalization_layer
from kerasdl.models.preprocess import Statistics
from kerasdl.models.sequence_inputs import sequence_inputs


@known_arguments()
def resnet_1d(
    input_shape: tuple[int | None, int],
    classes: int,
    *,
    widths: Sequence[int] = (64, 128, 128),
    kernels: Sequence[int] = (8, 5, 3),
    dropout: float = 0.0,
    ensemble: int | None = None,
    preprocess: Statistics | None = None,
    classifier_activation: str | None = None,
    name: str = "resnet_1d",
) -> keras.Model:
    """ResNet over sequences padded on the right with NaN, which is masked (Wang, Yan and Oates, arXiv:1611.06455).

    Each block has one convolution per kernel, each with batch normalization, and a shortcut; the head is the mean over
    the steps. Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per block), `head_…`.

    With `ensemble` it is several networks in one, from different random weights, that are trained at once, each by its
    own loss (`layers.EnsembleMean`); their mean probability is more accurate than one of them, above all with few
    sequences (Hansen and Salamon, doi:10.1109/34.58871; Fawaz et al., arXiv:1909.04939).

    Args:
        input_shape: (length, channels); length may be None.
        classes: Number of logits.
        widths: Filters of each block.
        kernels: Kernel length of each convolution of a block, in steps.
        dropout: Dropout rate before the logits.
        ensemble: Number of networks; None for one.
        preprocess: (mean, std), each one number or one per channel, to standardize the inputs with, such as the
            `statistics` of `data.sequences`.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, length, channels) to float32 (batch, classes). Padding affects only rounding, and in
        training takes no part in the statistics of the normalization.

    Raises:
        ValueError: No widths, no kernels, an ensemble of none, or a standard deviation that is not positive.

    Example:
        >>> model = kerasdl.models.resnet_1d((150, 1), 2)
        >>> model.output_shape
        (None, 2)
    """
    if not widths or not kernels or (ensemble is not None and ensemble < 1):
        raise ValueError(
            "widths needs one number per block, kernels one per convolution of a block, and an ensemble one network. "
            f"Received: widths={tuple(widths)}, kernels={tuple(kernels)}, ensemble={ensemble}"
        )
    inputs, x = sequence_inputs(input_shape, preprocess)
    if ensemble is None:
        x = _features(x, widths, kernels)
    else:
        several = [_features(x, widths, kernels, f"_member{number}") for number in range(1, ensemble + 1)]
        several = [layers.Reshape((1, -1), name=f"head_member{n}")(each) for n, each in enumerate(several, start=1)]
        x = layers.Concatenate(axis=1, name="head_concat")(several) if len(several) > 1 else several[0]
    if dropout:
        x = layers.Dropout(dropout, name="head_dropout")(x)
    x = output_layers(x, classes=classes, classifier_activation=classifier_activation, ensemble=ensemble)
    return keras.Model(inputs, x, name=name)


def _features(x: Any, widths: Sequence[int], kernels: Sequence[int], member: str = "") -> Any:
    for stage, width in enumerate(widths, start=1):
        x = _block(x, width, kernels, name=f"stage{stage}{member}")
    return mean_of_steps(x, name=f"head_pool{member}")


def _block(x: Any, width: int, kernels: Sequence[int], *, name: str) -> Any:
    before = x
    for number, kernel in enumerate(kernels, start=1):
        x = conv_norm(x, width, kernel, name=name, suffix=str(number))
        if number < len(kernels):
            x = layers.Activation("relu", name=f"{name}_relu{number}")(x)
    if before.shape[-1] == width:
        before = normalization_layer("batch", shape=before.shape, name=f"{name}_norm_shortcut")(before)
    else:
        before = conv_norm(before, width, 1, name=name, suffix="_shortcut")
    return layers.Activation("relu", name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, before]))
