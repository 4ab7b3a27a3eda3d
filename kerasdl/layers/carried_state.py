"""CarriedState: a recurrent layer that goes on where it ended in the batch before."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasdl")
class CarriedState(keras.layers.Wrapper):
    """A recurrent layer whose rows go on from their state at the end of the batch before, unless they start anew.

    The data say which rows start anew, so that nobody has to reset anything: not at the beginning of an epoch, nor for
    validation or prediction. Training and inference have states of their own; a validation within an epoch leaves that
    of the training alone. Gradients end at the beginning of a batch (truncated backpropagation through time, Mikolov et
    al., doi:10.21437/Interspeech.2010-343).

    Args:
        layer: A recurrent layer with `return_sequences=True` and `return_state=True`, not stateful.
        rows: Largest number of rows of a batch whose state is carried.
        **kwargs: As for `keras.layers.Layer`.

    Raises:
        ValueError: `layer` does not return sequences and state, is stateful, or `rows` is below 1; in the call: more
            rows than `rows`.

    Shapes:
        (batch, steps, features) to (batch, steps, units). `start`: (batch,), 1 (or true) for each row that begins anew;
        without it all rows do, and no state is read or kept.

    Example:
        >>> lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True)
        >>> layer = kerasdl.layers.CarriedState(lstm, rows=2)
        >>> first = layer(np.ones((2, 5, 3)), start=np.array([True, True]))
        >>> second = layer(np.ones((2, 5, 3)), start=np.array([False, False]))
    """

    def __init__(self, layer: keras.layers.Layer, *, rows: int, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if not (layer.return_sequences and layer.return_state) or layer.stateful:
            raise ValueError(
                "The layer must have return_sequences=True and return_state=True, and stateful=False. "
                f"Received: {layer.return_sequences}, {layer.return_state}, {layer.stateful} of {layer.name!r}"
            )
        if rows < 1:
            raise ValueError(f"rows must be at least 1. Received: rows={rows}")
        self.rows = rows

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        sizes = self.layer.cell.state_size
        sizes = [sizes] if isinstance(sizes, int) else sizes
        # Each replica of a strategy has rows, and their state, of its own.
        options: Any = {"trainable": False, "synchronization": "on_read", "aggregation": "only_first_replica"}
        for part in ("training", "inference"):
            states = [
                keras.Variable("zeros", (self.rows, size), "float32", name=f"{part}_state{number}", **options)
                for number, size in enumerate(sizes)
            ]
            setattr(self, f"{part}_states", states)

    def call(self, inputs: Any, start: Any = None, training: bool = False) -> Any:
        if start is None:
            return self.layer(inputs, training=training)[0]
        if inputs.shape[0] is not None and inputs.shape[0] > self.rows:
            raise ValueError(
                f"Layer {self.name!r} carries the state of {self.rows} rows, the batch size that the model was built "
                f"with. Received: a batch of {inputs.shape[0]}"
            )
        states = self.training_states if training else self.inference_states
        count = ops.shape(inputs)[0]
        starts = ops.cast(start, "bool")[:, None]
        before = [ops.where(starts, 0.0, state[:count]) for state in states]
        outputs, *after = self.layer(inputs, initial_state=before, training=training)
        for state, value in zip(states, after, strict=True):
            state.assign(ops.concatenate([ops.cast(value, state.dtype), state[count:]]))
        return outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:2], self.layer.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows}
