"""EnsembleMean: one prediction of all members of an ensemble, each of which is trained by a loss of its own."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class EnsembleMean(keras.layers.Layer):
    """The mean prediction of the members; a plain `compile` and `fit` trains each member by its own loss.

    The mean loss of the members is the loss of their mean plus a term without labels, the ambiguity (Krogh and
    Vedelsby, NeurIPS 1994; Wood et al., arXiv:2301.03962). This layer adds it in training (`add_loss`): for squared
    errors the variance of the predictions, for cross-entropy, with or without label smoothing, the mean normalizer of
    the logits minus the normalizer of the mean logits. Weights of samples and classes do not reach this term. With any
    other loss it only keeps the members together.

    Args:
        logits: Whether the predictions are logits. In training the result is then the mean of the logits, at inference
            the logarithm of the mean probability.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, members, values); output (batch, values), float32 under any policy.

    Example:
        >>> kerasdl.layers.EnsembleMean()(np.array([[[1.0], [3.0]]])).numpy().tolist()
        [[2.0]]
    """

    def __init__(self, *, logits: bool = False, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.logits = logits

    def call(self, inputs: Any, training: bool = False) -> Any:
        mean = ops.mean(inputs, axis=1)
        if training:
            self.add_loss(ops.mean(self._ambiguity(inputs, mean)))
        elif self.logits:
            return ops.logsumexp(ops.log_softmax(inputs), axis=1) - np.log(inputs.shape[1])
        return mean

    def _ambiguity(self, members: Any, mean: Any) -> Any:
        if self.logits:
            return ops.mean(ops.logsumexp(members, axis=-1), axis=1) - ops.logsumexp(mean, axis=-1)
        return ops.mean(ops.square(members - ops.expand_dims(mean, 1)), axis=(1, 2))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "logits": self.logits}
