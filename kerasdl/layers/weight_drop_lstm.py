"""WeightDropLSTM: an LSTM with DropConnect on its recurrent kernel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from kerasdl.layers.compute_device import compute_device
from kerasdl.layers.lstm_loop import lstm_loop


@keras.saving.register_keras_serializable("kerasdl")
class WeightDropLSTM(keras.layers.LSTM):
    """LSTM whose recurrent kernel is subject to dropout (DropConnect), with one mask per batch for all time steps.

    Merity et al., "Regularizing and Optimizing LSTM Language Models", arXiv:1708.02182, section 2. In contrast to
    `recurrent_dropout`, which drops the state at every step, the layer keeps the conditions of cuDNN and XLA. At
    inference it equals `keras.layers.LSTM`, and its weights are the same.

    Args:
        units: Width of state and output.
        weight_dropout: Share of the entries of the recurrent kernel that are zero in a training step, 0 to 1
            (exclusive). The others are scaled up, so that the expectation stays the same.
        seed: Random seed of the masks.
        **kwargs: As for `keras.layers.LSTM`.

    Raises:
        ValueError: `weight_dropout` out of range.

    Shapes:
        As for `keras.layers.LSTM`: (batch, steps, features) to (batch, units), or with `return_sequences` (batch,
        steps, units).

    Example:
        >>> layer = kerasdl.layers.WeightDropLSTM(8, weight_dropout=0.5, return_sequences=True)
        >>> layer(np.zeros((2, 5, 3))).shape
        TensorShape([2, 5, 8])
    """

    def __init__(self, units: int, *, weight_dropout: float = 0.5, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= weight_dropout < 1:
            raise ValueError(f"weight_dropout must be from 0 to below 1. Received: weight_dropout={weight_dropout}")
        super().__init__(units, seed=seed, **kwargs)
        self.weight_dropout = weight_dropout
        self.weight_seed_generator = keras.random.SeedGenerator(seed)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        with self._dropped_kernel(training):
            if not self._is_plain or mask is not None:
                return super().inner_loop(sequences, initial_state, mask, training=training)
            weights = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
            # A custom gradient takes tensors, not variables.
            tensors = (keras.ops.copy(keras.ops.cast(weight, self.compute_dtype)) for weight in weights)
            outputs, *state = lstm_loop(sequences, *initial_state, *tensors)
            return state[0], outputs, state

    @property
    def _is_plain(self) -> bool:
        """Whether `lstm_loop` computes the same, on TensorFlow without cuDNN."""
        activations = (self.activation, self.recurrent_activation)
        return (
            compute_device() == "cpu"
            and activations == (keras.activations.tanh, keras.activations.sigmoid)
            and self.use_bias
            and not (self.dropout or self.recurrent_dropout or self.go_backwards or self.unroll)
        )

    @contextmanager
    def _dropped_kernel(self, training: bool) -> Iterator[None]:
        """Return a context in which the cell sees its recurrent kernel after dropout, if this is a training step."""
        if not training or not self.weight_dropout:
            yield
            return
        raw = self.cell.recurrent_kernel
        kernel = keras.ops.convert_to_tensor(raw, dtype=self.compute_dtype)
        dropped = keras.random.dropout(kernel, self.weight_dropout, seed=self.weight_seed_generator)
        # Past the attribute tracking of Keras: the variable stays the weight of the cell.
        self.cell.__dict__["recurrent_kernel"] = dropped
        try:
            yield
        finally:
            self.cell.__dict__["recurrent_kernel"] = raw

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weight_dropout": self.weight_dropout}
