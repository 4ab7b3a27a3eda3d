"""Building blocks of the convolutional networks: image inputs, convolution with normalization, activation, outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import keras
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.layers import Conv2D
from kerasdl.models.heads import HEADS, Head
from kerasdl.models.normalization import Normalization, normalization_layer
from kerasdl.models.preprocess import Preprocess, fitted_to, preprocess_layer

ImageShape = tuple[int | None, int | None, int]
Pooling = Literal["avg", "max"] | None
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Style:
    """Activation and normalization of all convolutions of a network.

    Attributes:
        activation: Keras name of the activation; also part of the layer names.
        normalization: As for `normalization_layer`; with "none" the convolutions have biases.
    """

    activation: str = "relu"
    normalization: Normalization = "batch"

    def conv_norm(
        self,
        x: Any,
        filters: int,
        *,
        kernel_size: int = 3,
        strides: int = 1,
        name: str,
        suffix: str = "",
        zero_init: bool = False,
    ) -> Any:
        """Convolution, then normalization, padded by kernel_size // 2 on every side.

        Args:
            x: (batch, height, width, channels).
            filters: Number of output channels.
            kernel_size: Side of the kernel, odd.
            strides: Stride of rows and columns.
            name: Prefix of the layer names: `NAME_pad`, `NAME_conv`, `NAME_norm`.
            suffix: Suffix of the layer names.
            zero_init: Whether the output starts at 0: the normalization's gain (Goyal et al., arXiv:1706.02677) or,
                without normalization, the kernel (Zhang et al., arXiv:1901.09321) is initialized with zeros.

        Returns:
            A tensor (batch, ceil(height / strides), ceil(width / strides), filters).
        """
        bare = self.normalization == "none"
        is_last = all(size is not None and size <= strides for size in x.shape[1:3])
        # With stride 2 Keras's "same" pads one side only, which shifts the image by a pixel.
        if strides > 1 and kernel_size > 1:
            x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad{suffix}")(x)
        x = (Conv2D if is_last else layers.Conv2D)(
            filters,
            kernel_size,
            strides=strides,
            padding="valid" if strides > 1 else "same",
            use_bias=bare,
            kernel_initializer=keras.initializers.Zeros() if bare and zero_init else _he_fan_out(),
            name=f"{name}_conv{suffix}",
        )(x)
        if bare:
            return x
        gain = "zeros" if zero_init else "ones"
        norm = f"{name}_norm{suffix}"
        return normalization_layer(self.normalization, shape=x.shape, name=norm, gamma_initializer=gain)(x)

    def activate(self, x: Any, *, name: str, suffix: str = "") -> Any:
        """Apply the activation, in a layer named NAME_ACTIVATION, such as `stem_relu`."""
        return layers.Activation(self.activation, name=f"{name}_{self.activation}{suffix}")(x)


def image_inputs(input_shape: ImageShape, preprocess: Preprocess, *, smallest: int) -> tuple[Any, Any]:
    """The input tensor of an image network, and the same after preprocessing.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        preprocess: As for `preprocess_layer`, or None.
        smallest: The smallest side that the network accepts; below it would halve a single pixel.

    Returns:
        (inputs, inputs after `stem_preprocess`).

    Raises:
        BadInput: A side below `smallest`.
        ValueError: An invalid shape; or as for `preprocess_layer` and `fitted_to`.

    Example:
        >>> inputs, x = image_inputs((32, 32, 3), "imagenet", smallest=5)
    """
    if len(input_shape) != 3 or not input_shape[-1]:
        raise ValueError(f"input_shape must be (height, width, channels). Received: input_shape={tuple(input_shape)}")
    if any(size is not None and size < smallest for size in input_shape[:2]):
        raise BadInput(
            f"Images of {input_shape[0]} x {input_shape[1]} are too small: the smallest side for this network is "
            f"{smallest}. Use larger images, stem='small' or fewer stages. "
            f"Received: input_shape={tuple(input_shape)}"
        )
    inputs = keras.Input(input_shape, name="images")
    preprocess = fitted_to(preprocess, input_shape[-1])
    return inputs, inputs if preprocess is None else preprocess_layer(preprocess, name="stem_preprocess")(inputs)


def image_outputs(
    x: Any,
    classes: int,
    *,
    head: Head = "linear",
    include_top: bool = True,
    pooling: Pooling = None,
    classifier_activation: str | None = None,
) -> Any:
    """The output tensor of an image network: logits from a head, or features; float32 under any policy.

    Args:
        x: (batch, height, width, channels).
        classes: Number of logits; ignored if `include_top` is False, as in keras.applications.
        head: "linear" or "fastai"; see `heads`.
        include_top: Whether to add a head.
        pooling: Without a head: None for the feature map, "avg" or "max" for its mean or maximum.
        classifier_activation: None for logits, or an activation such as "softmax".

    Returns:
        A tensor (batch, classes), (batch, channels) or (batch, height, width, channels).

    Raises:
        ValueError: An unknown head or pooling, or one that does not go with `include_top`.

    Example:
        >>> image_outputs(keras.Input((7, 7, 512)), 10, include_top=False, pooling="avg").shape
        (None, 512)
    """
    if include_top:
        if pooling is not None:
            raise ValueError(f"pooling needs include_top=False: a head has its own. Received: pooling={pooling!r}")
        return choose("head", head, HEADS)(x, classes, classifier_activation=classifier_activation)
    if classifier_activation is not None:
        raise ValueError(
            f"classifier_activation needs include_top=True. Received: classifier_activation={classifier_activation!r}"
        )
    if pooling is None:
        return layers.Activation("linear", dtype="float32", name="head_features")(x)
    return choose("pooling", pooling, _POOLINGS)(dtype="float32", name="head_pool")(x)


def choose(argument: str, value: str, choices: Mapping[str, Choice]) -> Choice:
    """Look up a choice by name; an unknown name raises an error that lists the choices."""
    if value not in choices:
        raise ValueError(f"{argument} must be one of {list(choices)}. Received: {argument}={value!r}")
    return choices[value]


def _he_fan_out() -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal")


_POOLINGS: dict[str, Callable[..., keras.layers.Layer]] = {
    "avg": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
}
