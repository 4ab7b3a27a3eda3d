"""A plain convolutional network: convolution and pooling."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.models.convolution import ImageShape, Pooling, Style, image_inputs, image_outputs
from kerasdl.models.heads import Head
from kerasdl.models.normalization import Normalization
from kerasdl.models.preprocess import Preprocess


@known_arguments()
def convnet(
    input_shape: ImageShape,
    classes: int = 1000,
    *,
    depths: Sequence[int] = (1, 1, 1),
    widths: Sequence[int] = (32, 64, 128),
    kernel_size: int = 3,
    activation: str = "relu",
    normalization: Normalization = "batch",
    head: Head = "linear",
    include_top: bool = True,
    pooling: Pooling = None,
    preprocess: Preprocess = None,
    classifier_activation: str | None = None,
    name: str = "convnet",
) -> keras.Model:
    """Stages of convolutions and max pooling (LeCun et al., doi:10.1109/5.726791), then a head.

    Layers are named by group: `stage1_…` to `stageN_…`, `head_…`. With two or more convolutions per stage it resembles
    VGG (Simonyan and Zisserman, arXiv:1409.1556).

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits; ignored if `include_top` is False.
        depths: Number of convolutions per stage, each followed by normalization and activation; max pooling at the end
            of the stage halves the size.
        widths: Number of channels per stage.
        kernel_size: Side of the kernels, odd.
        activation: Keras name of the activation.
        normalization: As for `resnet`; with "none" the convolutions have biases.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).
        include_top: Whether to add a head; without it the model outputs features.
        pooling: Without a head: None for the feature map, "avg" or "max" for vectors.
        preprocess: Scaling of pixels of 0..255 inside the model; as for `resnet`, without "auto".
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, height, width, channels) to float32 (batch, classes), or to float32 features.

    Raises:
        ValueError: `depths` and `widths` differ in length; an even kernel_size; images too small; an unknown option.

    Example:
        >>> model = kerasdl.models.convnet((28, 28, 1), 10, depths=(1, 2), widths=(16, 32), preprocess="unit")
        >>> [layer.name for layer in model.layers][2:6]
        ['stage1_conv1', 'stage1_norm1', 'stage1_relu1', 'stage1_pool']
    """
    if len(depths) != len(widths) or kernel_size % 2 == 0:
        raise ValueError(
            "depths and widths must have one entry per stage, and kernel_size must be odd. "
            f"Received: depths={tuple(depths)}, widths={tuple(widths)}, kernel_size={kernel_size}"
        )
    style = Style(activation, normalization)
    inputs, x = image_inputs(input_shape, preprocess, smallest=2 ** len(depths))
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True), start=1):
        for index in range(1, depth + 1):
            x = style.conv_norm(x, width, kernel_size=kernel_size, name=f"stage{stage}", suffix=str(index))
            x = style.activate(x, name=f"stage{stage}", suffix=str(index))
        x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    outputs = image_outputs(
        x,
        classes,
        head=head,
        include_top=include_top,
        pooling=pooling,
        classifier_activation=classifier_activation,
    )
    return keras.Model(inputs, outputs, name=name)
