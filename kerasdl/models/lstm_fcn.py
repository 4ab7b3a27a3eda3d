"""The LSTM beside convolutions of Karim et al., arXiv:1709.05206."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.models.convolution_1d import conv_norm, mean_of_steps
from kerasdl.models.heads import output_layers
from kerasdl.models.preprocess import Statistics
from kerasdl.models.sequence_inputs import sequence_inputs


@known_arguments()
def lstm_fcn(
    input_shape: tuple[int | None, int],
    classes: int,
    *,
    widths: Sequence[int] = (128, 256, 128),
    kernels: Sequence[int] = (8, 5, 3),
    units: int = 8,
    dropout: float = 0.8,
    preprocess: Statistics | None = None,
    classifier_activation: str | None = None,
    name: str = "lstm_fcn",
) -> keras.Model:
    """LSTM-FCN: an LSTM and convolutions side by side over sequences padded on the right with NaN, which is masked.

    Karim et al., arXiv:1709.05206. The logits see the mean of the convolutions over the steps, as in the fully
    convolutional network of Wang et al., arXiv:1611.06455, beside the last output of the LSTM.

    The paper transposes what its LSTM reads ("dimension shuffle"): one step for each channel, with the values of all
    steps as its features. That takes sequences of one length only, and padding would be a feature; so this LSTM reads
    the steps one by one.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per convolution; the LSTM reads the inputs, as
    the first does, and is in `stage1_…`), `head_…`.

    Args:
        input_shape: (length, channels); length may be None.
        classes: Number of logits.
        widths: Filters of each convolution.
        kernels: Kernel length of each convolution, in steps.
        units: Width of the LSTM.
        dropout: Dropout rate of the LSTM's output.
        preprocess: (mean, std), each one number or one per channel, to standardize the inputs with, such as the
            `statistics` of `data.sequences`.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, length, channels) to float32 (batch, classes). Padding affects only rounding, and in
        training takes no part in the statistics of the normalization.

    Raises:
        ValueError: No widths, another number of kernels, or a standard deviation that is not positive.

    Example:
        >>> model = kerasdl.models.lstm_fcn((None, 6), 4)
        >>> model.output_shape
        (None, 4)
    """
    if not widths or len(widths) != len(kernels):
        raise ValueError(
            "widths and kernels need one number per convolution each. "
            f"Received: widths={tuple(widths)}, kernels={tuple(kernels)}"
        )
    inputs, x = sequence_inputs(input_shape, preprocess)
    remembered = layers.LSTM(units, name="stage1_lstm")(x)
    if dropout:
        remembered = layers.Dropout(dropout, name="stage1_dropout")(remembered)
    for stage, (width, kernel) in enumerate(zip(widths, kernels, strict=True), start=1):
        x = conv_norm(x, width, kernel, name=f"stage{stage}")
        x = layers.Activation("relu", name=f"stage{stage}_relu")(x)
    # Not of the head: what enters a head is one tensor.
    x = mean_of_steps(x, name=f"stage{len(widths)}_pool")
    x = layers.Concatenate(dtype="float32", name=f"stage{len(widths)}_concat")([x, remembered])
    x = output_layers(x, classes=classes, classifier_activation=classifier_activation)
    return keras.Model(inputs, x, name=name)
