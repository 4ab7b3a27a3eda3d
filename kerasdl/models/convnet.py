"""The plain convolutional network: convolution and pooling, as in the first lessons."""

from collections.abc import Sequence

import keras
from keras import layers
from kerasdl.models.convolution import ImageShape, Pooling, Style, image_inputs, image_outputs
from kerasdl.models.heads import Head
from kerasdl.models.normalization import Normalization
from kerasdl.models.preprocess import Preprocess


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
    """Convolutions and max pooling, stage by stage (LeCun et al., doi:10.1109/5.726791), then a head.

    Layers are named by group: `stage1_…` to `stageN_…`, `head_…`. With two or more convolutions a stage it is of the
    build of VGG (Simonyan and Zisserman, arXiv:1409.1556).

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Length of the output; without meaning where include_top is False.
        depths: Convolutions in each stage; each is followed by normalization and activation, the last by max pooling,
            which halves the size.
        widths: Channels of each stage.
        kernel_size: Side of the kernels, odd.
        activation: As Keras names it.
        normalization: As for `resnet`; "none" is the network of the lessons, whose convolutions have biases.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).
        include_top: Whether there is a head; without it the model puts out features.
        pooling: Of the features: None (a map), "avg" or "max" (vectors).
        preprocess: What the model does to pixels of 0..255 first; as for `resnet`, without "auto".
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, height, width, channels) to float32 (batch, classes), or to float32 features.

    Raises:
        ValueError: `depths` and `widths` differ in length, an even kernel, an image too small, an option that is none.

    Example:
        >>> model = kerasdl.models.convnet((28, 28, 1), 10, widths=(16, 32), preprocess="unit")
        >>> [layer.name for layer in model.layers][2:6]
        ['stage1_conv1', 'stage1_norm1', 'stage1_relu1', 'stage1_pool']
    """
    if len(depths) != len(widths) or kernel_size % 2 == 0:
        raise ValueError(
            "One width a stage, and a kernel with a middle. "
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
