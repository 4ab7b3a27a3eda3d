"""FitImage: resizing of raw images, the same in pipelines and exported models."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class FitImage(keras.layers.Layer):
    """Center-crops images to the target's aspect ratio, resizes (bilinear, antialiased) and rounds to 0..255.

    Pipelines and exported models share this layer, so that an exported model computes exactly the pixels of validation.
    `keras.layers.Resizing` is not suitable: for uint8 images Keras 3.15 returns uint8 when called eagerly, float32 in
    `predict`, and bfloat16 in tf.data under a bfloat16 policy.

    Args:
        height: Target height in pixels.
        width: Target width in pixels.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input ([batch,] any height, any width, channels), values 0..255, of any dtype; output ([batch,] height, width,
        channels), float32 integers.

    Example:
        >>> kerasdl.layers.FitImage(64, 64)(np.zeros((1, 100, 80, 3), "uint8")).shape
        TensorShape([1, 64, 64, 3])
    """

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        # float32 under any policy: bfloat16 cannot represent all integers up to 255.
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.height, self.width = height, width

    def call(self, inputs: Any) -> Any:
        images = ops.image.resize(
            ops.cast(inputs, "float32"), (self.height, self.width), antialias=True, crop_to_aspect_ratio=True
        )
        return ops.round(images)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-3], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}
