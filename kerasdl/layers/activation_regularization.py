"""ActivationRegularization: penalties on the size and on the change of a recurrent layer's outputs."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class ActivationRegularization(keras.layers.Layer):
    """Dropout on the outputs of a recurrent layer, with activation regularization (AR) and temporal AR (TAR).

    Merity et al., "Revisiting Activation Regularization for Language RNNs", arXiv:1708.01009. Dropout is variational:
    one mask per sequence for all time steps (Gal and Ghahramani, arXiv:1512.05287). AR adds `activation` times the mean
    square of the outputs after dropout to the loss of the model, TAR adds `temporal` times the mean square of the
    differences between consecutive outputs before dropout.

    Args:
        dropout: Dropout rate.
        activation: Weight of AR.
        temporal: Weight of TAR.
        seed: Random seed of the masks.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: `dropout` outside 0 to 1 (exclusive), or a negative weight.

    Shapes:
        Input and output (batch, steps, features).

    Example:
        >>> layer = kerasdl.layers.ActivationRegularization(0.4, activation=2.0, temporal=1.0)
        >>> layer(np.ones((2, 5, 3)), training=True).shape
        TensorShape([2, 5, 3])
    """

    def __init__(
        self,
        dropout: float = 0.0,
        *,
        activation: float = 2.0,
        temporal: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= dropout < 1 or activation < 0 or temporal < 0:
            raise ValueError(
                "dropout must be from 0 to below 1, activation and temporal at least 0. "
                f"Received: dropout={dropout}, activation={activation}, temporal={temporal}"
            )
        self.dropout, self.activation, self.temporal, self.seed = dropout, activation, temporal, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        outputs = inputs
        if self.dropout:
            batch, _, features = ops.shape(inputs)
            shape = (batch, 1, features)
            outputs = keras.random.dropout(inputs, self.dropout, noise_shape=shape, seed=self.seed_generator)
        # In float32: the mean of many squares loses digits in half precision.
        raw, dropped = ops.cast(inputs, "float32"), ops.cast(outputs, "float32")
        if self.activation:
            self.add_loss(self.activation * ops.mean(ops.square(dropped)))
        if self.temporal:
            self.add_loss(self.temporal * ops.mean(ops.square(raw[:, 1:] - raw[:, :-1])))
        return outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"dropout": self.dropout, "activation": self.activation, "temporal": self.temporal, "seed": self.seed}
        return {**super().get_config(), **own}
