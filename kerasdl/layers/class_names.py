"""ClassNames: names that travel inside the model."""

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasdl")
class ClassNames(keras.layers.Layer):
    """Passes its input on unchanged and carries the names of its columns, classes mostly, into the saved model.

    Args:
        names: One name a class, in the order of the last axis of the input.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: The last axis of the input is not as long as `names`.

    Example:
        >>> outputs = kerasdl.layers.ClassNames(["cat", "dog"], name="class_names")(probabilities)
        >>> model.get_layer("class_names").names
        ('cat', 'dog')
    """

    def __init__(self, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = tuple(names)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.names):
            raise ValueError(
                f"ClassNames needs one name a class. Received: {len(self.names)} names for inputs of {input_shape}"
            )

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "names": list(self.names)}
