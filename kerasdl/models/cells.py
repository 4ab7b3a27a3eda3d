"""The recurrent layers of language models and of text classifiers, by the name of their cell."""

from typing import Any, Literal

import keras
from keras import layers
from kerasdl.layers import WeightDropLSTM

Cell = Literal["lstm", "gru", "rnn"]


def recurrent_layer(cell: str, units: int, *, weight_dropout: float = 0.0, name: str) -> keras.layers.RNN:
    """A recurrent layer that returns all steps and its state.

    Args:
        cell: "lstm", "gru" or "rnn".
        units: Its width.
        weight_dropout: Dropout rate of the recurrent kernel of an LSTM; the other cells have none.
        name: Its name.

    Example:
        >>> recurrent_layer("gru", 64, name="stage1_gru").units
        64
    """
    options: dict[str, Any] = {"return_sequences": True, "return_state": True, "name": name}
    if cell == "lstm":
        # PyTorch's initialization, with which the loss of the first epochs falls faster (docs/measurements.md).
        # One initializer each: called again, it would give the same numbers.
        for part in ("kernel", "recurrent", "bias"):
            options[f"{part}_initializer"] = keras.initializers.RandomUniform(-(units**-0.5), units**-0.5)
        options |= {"unit_forget_bias": False, "weight_dropout": weight_dropout}
    return CELLS[cell](units, **options)


# WeightDropLSTM without dropout is an LSTM that is faster on a CPU.
CELLS: dict[str, Any] = {"lstm": WeightDropLSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}
