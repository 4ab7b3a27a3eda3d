"""SortedQuantiles: quantiles that do not cross, of one network or of the members of an ensemble."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class SortedQuantiles(keras.layers.Layer):
    """Puts the quantiles of each sample in order, and averages those of the members of an ensemble.

    Quantiles are trained apart, and those of a sample may cross; in order they are nearer to the true ones
    (Chernozhukov, Fernández-Val and Galichon, arXiv:0704.3649). In training the outputs stay as they are, those of each
    member, so that `losses.Pinball` is the mean loss of the members: the loss of their mean would only train them
    together, and what is between the two depends on the targets, other than for squared errors.

    Args:
        quantiles: Which ones, between 0 and 1, increasing.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, quantiles), or (batch, members, quantiles). Output (batch, quantiles), float32 under any policy;
        in training as the input.

    Raises:
        ValueError: The quantiles do not increase, or do not lie between 0 and 1; inputs of another number of them.

    Example:
        >>> kerasdl.layers.SortedQuantiles([0.1, 0.9])(np.array([[[3.0, 1.0], [2.0, 6.0]]])).numpy().tolist()
        [[1.5, 4.5]]
    """

    def __init__(self, quantiles: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.quantiles = [float(each) for each in quantiles]
        edges = [0.0, *self.quantiles, 1.0]
        if len(edges) < 3 or any(low >= high for low, high in pairwise(edges)):
            raise ValueError(f"quantiles must increase, between 0 and 1. Received: quantiles={quantiles}")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if input_shape[-1] != len(self.quantiles):
            raise ValueError(f"{len(self.quantiles)} quantiles are expected. Received: inputs of {input_shape}")

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            return inputs
        found = ops.sort(inputs, axis=-1)
        return ops.mean(found, axis=1) if len(inputs.shape) == 3 else found

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantiles": self.quantiles}
