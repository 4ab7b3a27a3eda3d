"""Options for language models, and the network that they describe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
from kerasdl import distribute, models
from kerasdl.data import text
from kerasdl.runs.options import check_counts, check_drop_mult

# At which the highest rate of AWD-LSTM, that of the inputs, is 1.
_LARGEST_DROP_MULT = 4


@dataclass(frozen=True)
class TextNetwork:
    """Options for language models.

    Example:
        >>> options = TextNetwork(network="gru", units=256)
    """

    network: Literal["awd_lstm", "lstm", "gru", "rnn"] = "awd_lstm"
    """Network; the paper's sizes of AWD-LSTM are --embedding 400 --units 1152 --depth 3."""
    embedding: int = 200
    """Width of the embedding and of the last recurrent layer."""
    units: int = 400
    """Width of the other recurrent layers."""
    depth: int = 2
    """Number of recurrent layers."""
    drop_mult: float = 1.0
    """Multiplies all dropout rates of AWD-LSTM; the other networks have a rate of 0.2 times this."""
    encoder: Path | None = None
    """Encoder to start from: encoder.npz of an earlier run with the same sizes."""

    def __post_init__(self) -> None:
        check_counts(embedding=self.embedding, units=self.units, depth=self.depth)
        check_drop_mult(self.drop_mult, _LARGEST_DROP_MULT)


def load_network(options: TextNetwork, data: text.Streams) -> tuple[keras.Model, dict[str, int]]:
    """The network that the options describe, and if it starts from an encoder, how many words that does not know.

    Raises:
        BadInput: An encoder that does not fit.

    Example:
        >>> model, facts = load_network(TextNetwork(embedding=8, units=16), plays)
    """
    sizes: dict[str, Any] = {name: getattr(options, name) for name in ("embedding", "units", "depth")}
    sizes["batch_size"] = data.batch_size
    with distribute.strategy().scope():
        if options.network == "awd_lstm":
            model = models.awd_lstm(len(data.vocabulary), drop_mult=options.drop_mult, **sizes)
        else:
            dropout = 0.2 * options.drop_mult
            model = models.language_model(len(data.vocabulary), cell=options.network, dropout=dropout, **sizes)
    if options.encoder is None:
        return model, {}
    new = models.load_encoder(model, options.encoder, data.vocabulary.words)
    print(f"Encoder: {options.encoder}; {len(new):,} of {len(data.vocabulary):,} words are new")
    return model, {"new_words": len(new)}
