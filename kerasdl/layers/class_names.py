"""ClassNames: names saved with the model."""

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasdl")
class ClassNames(keras.layers.Layer):
    """Identity layer that saves the names of its input's columns, such as class names, with the model.

    Args:
        names: One name per column, in the order of the last axis of the input.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: The last axis of the input and `names` differ in length.

    Example:
        >>> named = keras.Sequential([model, kerasdl.layers.ClassNames(["income"], name="class_names")])
        >>> named.get_layer("class_names").names
        ('income',)
    """

    def __init__(self, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = tuple(names)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.names):
            raise ValueError(
                "ClassNames needs one name per column of its input. "
                f"Received: {len(self.names)} names for inputs of {input_shape}"
            )

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "names": list(self.names)}
