"""EnsembleDense: one dense layer for all members of an ensemble, which differ by a few weights."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class EnsembleDense(keras.layers.Layer):
    """A dense layer that the members of an ensemble share, with rank-1 adapters of their own.

    BatchEnsemble (Wen et al., arXiv:2002.06715) as in TabM (Gorishniy et al., arXiv:2410.24210): member m computes
    `((x * r[m]) @ kernel) * s[m] + bias[m]`. The kernel is multiplied once for all members of a batch.

    Args:
        units: Number of outputs of each member.
        members: Number of members.
        random_signs: Begin with random signs in `r`, as TabM's first layer does, so that the members differ; otherwise
            with ones.
        use_bias: Whether to add a bias.
        kernel_initializer: Initializer of the kernel.
        kernel_regularizer: Penalty on the kernel.
        **kwargs: As for `keras.layers.Layer`.

    Shapes:
        Input (batch, features), the same for all members, or (batch, members, features); output
        (batch, members, units).

    Raises:
        ValueError: `units` or `members` below 1; inputs of another number of members.

    Example:
        >>> kerasdl.layers.EnsembleDense(5, members=8)(np.ones((2, 3), "float32")).shape
        TensorShape([2, 8, 5])
    """

    def __init__(
        self,
        units: int,
        members: int,
        *,
        random_signs: bool = False,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if min(units, members) < 1:
            raise ValueError(f"units and members must be at least 1. Received: units={units}, members={members}")
        self.units, self.members, self.random_signs, self.use_bias = units, members, random_signs, use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) not in (2, 3) or (len(input_shape) == 3 and input_shape[1] != self.members):
            raise ValueError(
                f"EnsembleDense expects (batch, features) or (batch, {self.members}, features). "
                f"Received: inputs of {input_shape}"
            )
        features = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(features, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        # Gains by their names, which therefore do not decay.
        signs = random_signs if self.random_signs else "ones"
        self.input_gamma = self.add_weight(shape=(self.members, features), initializer=signs, name="input_gamma")
        self.output_gamma = self.add_weight(shape=(self.members, self.units), initializer="ones", name="output_gamma")
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.members, self.units), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        x = ops.expand_dims(inputs, 1) if len(inputs.shape) == 2 else inputs
        x = ops.matmul(x * self.input_gamma, self.kernel) * self.output_gamma
        return x + self.bias if self.use_bias else x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], self.members, self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "members": self.members,
            "random_signs": self.random_signs,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def random_signs(shape: Sequence[int], dtype: Any = None) -> Any:
    """An initializer: -1 and 1, equally likely.

    Example:
        >>> set(np.ravel(random_signs((2, 50)))) == {-1.0, 1.0}
        True
    """
    draws = keras.random.uniform(shape, -1.0, 1.0)
    return ops.cast(ops.where(draws < 0, -1.0, 1.0), dtype or draws.dtype)
