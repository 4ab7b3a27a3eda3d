"""Recurrent networks: LSTM (Hochreiter and Schmidhuber, doi:10.1162/neco.1997.9.8.1735), GRU (arXiv:1406.1078)."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import ConcatPooling1D
from kerasdl.models.heads import output_layers
from kerasdl.models.preprocess import Statistics
from kerasdl.models.sequence_inputs import sequence_inputs


@known_arguments()
def recurrent(
    input_shape: tuple[int | None, int],
    classes: int,
    *,
    cell: Literal["lstm", "gru"] = "lstm",
    units: Sequence[int] = (64, 64),
    bidirectional: bool = False,
    pooling: Literal["last", "concat"] = "concat",
    dropout: float = 0.0,
    preprocess: Statistics | None = None,
    classifier_activation: str | None = None,
    name: str = "recurrent",
) -> keras.Model:
    """Stacked LSTM or GRU layers over sequences padded on the right with NaN, which is masked.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…` (one per recurrent layer), `head_…`.

    Args:
        input_shape: (length, channels); length may be None.
        classes: Number of logits.
        cell: "lstm" or "gru".
        units: Width of each recurrent layer.
        bidirectional: Read each sequence in both directions, which doubles the width (doi:10.1109/78.650093).
        pooling: "concat": last step, maximum and mean (arXiv:1801.06146). "last": the last layer's final output; with
            `bidirectional` that of each direction.
        dropout: Dropout rate between recurrent layers (the same channels at all steps) and before the logits.
        preprocess: (mean, std), each one number or one per channel, to standardize the inputs with, such as the
            `statistics` of `data.sequences`.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, length, channels) to float32 (batch, classes). Padding affects only rounding.

    Raises:
        ValueError: No units, an unknown cell or pooling, or a standard deviation that is not positive.

    Example:
        >>> model = kerasdl.models.recurrent((None, 6), 4, cell="gru", units=(32,))
        >>> model.output_shape
        (None, 4)
    """
    if cell not in _CELLS or pooling not in ("last", "concat") or not units:
        raise ValueError(
            f"cell must be one of {list(_CELLS)}, pooling 'last' or 'concat', and units one width per layer. "
            f"Received: cell={cell!r}, pooling={pooling!r}, units={tuple(units)}"
        )
    inputs, x = sequence_inputs(input_shape, preprocess)
    for stage, width in enumerate(units, start=1):
        if dropout and stage > 1:
            x = layers.SpatialDropout1D(dropout, name=f"stage{stage}_dropout")(x)
        every_step = stage < len(units) or pooling == "concat"
        layer = _CELLS[cell](width, return_sequences=every_step, name=f"stage{stage}_{cell}")
        x = (layers.Bidirectional(layer, name=layer.name) if bidirectional else layer)(x)
    if pooling == "concat":
        x = ConcatPooling1D(name="head_pool")(x)
    if dropout:
        x = layers.Dropout(dropout, name="head_dropout")(x)
    x = output_layers(x, classes=classes, classifier_activation=classifier_activation)
    return keras.Model(inputs, x, name=name)


_CELLS: dict[str, Any] = {"lstm": layers.LSTM, "gru": layers.GRU}
