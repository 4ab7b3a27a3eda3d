"""Recurrent language models: AWD-LSTM (Merity et al., arXiv:1708.02182), and plain LSTM, GRU and simple RNN."""

from dataclasses import dataclass

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import ActivationRegularization, CarriedState, TiedEmbedding
from kerasdl.models.cells import CELLS, Cell, recurrent_layer


@dataclass(frozen=True)
class _Rates:
    """Dropout rates, and the weights of activation regularization."""

    embedding: float = 0.0
    input: float = 0.0
    weight: float = 0.0
    hidden: float = 0.0
    output: float = 0.0
    activation: float = 0.0
    temporal: float = 0.0


@known_arguments()
def language_model(
    vocabulary_size: int,
    *,
    batch_size: int,
    cell: Cell = "lstm",
    embedding: int = 400,
    units: int = 1152,
    depth: int = 3,
    dropout: float = 0.0,
    tied: bool = True,
    name: str = "language_model",
) -> keras.Model:
    """Stacked LSTM, GRU or simple recurrent layers that predict the next token at every position.

    The state of the layers is carried from batch to batch (`layers.CarriedState`): the inputs say which rows start
    anew, as those of `data.text.language_model` do. Layers are named by group: `stem_…`, `stage1_…` to `stageN_…`,
    `head_…`; a tied embedding belongs to the head.

    Args:
        vocabulary_size: Number of different tokens.
        batch_size: Largest number of rows of a batch.
        cell: "lstm", "gru" or "rnn".
        embedding: Width of the embedding, and with `tied` of the last recurrent layer.
        units: Width of the other recurrent layers.
        depth: Number of recurrent layers.
        dropout: Rate of variational dropout before, between and after the recurrent layers (the same channels at all
            steps, Gal and Ghahramani, arXiv:1512.05287).
        tied: Whether the logits use the matrix of the embedding (arXiv:1608.05859).
        name: Name of the model.

    Returns:
        A functional model: {"tokens": ids (batch, steps), "start": 1 or 0 (batch,)} to float32 logits (batch,
        steps, vocabulary_size).

    Raises:
        ValueError: An unknown cell, or a size below 1.

    Example:
        >>> model = kerasdl.models.language_model(1000, batch_size=16, cell="gru", embedding=32, units=64, depth=2)
        >>> model.output_shape
        (None, None, 1000)
    """
    rates = _Rates(input=dropout, hidden=dropout, output=dropout)
    return _built(vocabulary_size, batch_size, cell, (embedding, units, depth), rates, tied, name)


@known_arguments()
def awd_lstm(
    vocabulary_size: int,
    *,
    batch_size: int,
    embedding: int = 400,
    units: int = 1152,
    depth: int = 3,
    drop_mult: float = 1.0,
    activation: float = 2.0,
    temporal: float = 1.0,
    tied: bool = True,
    name: str = "awd_lstm",
) -> keras.Model:
    """AWD-LSTM: an LSTM language model with dropout on everything (Merity et al., arXiv:1708.02182).

    Dropout of words of the embedding (0.02), of inputs (0.25), of recurrent kernels (0.2), between layers (0.15) and of
    outputs (0.1): fastai's rates for language models. Groups, carried state and outputs are those of `language_model`.

    Args:
        vocabulary_size: Number of different tokens.
        batch_size: Largest number of rows of a batch.
        embedding: Width of the embedding, and with `tied` of the last recurrent layer.
        units: Width of the other recurrent layers.
        depth: Number of recurrent layers.
        drop_mult: Multiplies all dropout rates: more for a small text, less for a large one.
        activation: Weight of activation regularization (AR, arXiv:1708.01009).
        temporal: Weight of temporal activation regularization (TAR).
        tied: Whether the logits use the matrix of the embedding.
        name: Name of the model.

    Returns:
        A functional model, as `language_model`.

    Raises:
        ValueError: A size below 1, or a dropout rate of 1 or more.

    Example:
        >>> model = kerasdl.models.awd_lstm(1000, batch_size=16, embedding=32, units=64, drop_mult=0.5)
        >>> list(kerasdl.groups.layer_groups(model))
        ['stage1', 'stage2', 'stage3', 'head']
    """
    drops = {"embedding": 0.02, "input": 0.25, "weight": 0.2, "hidden": 0.15, "output": 0.1}
    rates = _Rates(**{name: rate * drop_mult for name, rate in drops.items()}, activation=activation, temporal=temporal)
    return _built(vocabulary_size, batch_size, "lstm", (embedding, units, depth), rates, tied, name)


def _built(
    vocabulary_size: int, batch_size: int, cell: str, sizes: tuple[int, int, int], rates: _Rates, tied: bool, name: str
) -> keras.Model:
    width, units, depth = sizes
    if cell not in CELLS or min(vocabulary_size, batch_size, *sizes) < 1:
        raise ValueError(
            f"cell must be one of {list(CELLS)}, and all sizes at least 1. Received: cell={cell!r}, "
            f"vocabulary_size={vocabulary_size}, batch_size={batch_size}, (embedding, units, depth)={sizes}"
        )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    # Numbers, because a strategy does not distribute booleans.
    start = keras.Input((), dtype="int32", name="start")
    embedding = TiedEmbedding(
        vocabulary_size,
        width,
        embedding_dropout=rates.embedding,
        use_bias=tied,
        reverse_dtype="float32",
        embeddings_initializer=keras.initializers.RandomUniform(-0.1, 0.1),
        name="head_embedding" if tied else "stem_embedding",
    )
    x = embedding(tokens)
    for stage in range(1, depth + 1):
        rate = rates.input if stage == 1 else rates.hidden
        if rate:
            x = layers.SpatialDropout1D(rate, name=f"stage{stage}_dropout")(x)
        last = width if tied and stage == depth else units
        # The wrapped layer has a name of its own: that of a group would make it a layer of the model.
        recurrent = recurrent_layer(cell, last, weight_dropout=rates.weight, name=cell)
        x = CarriedState(recurrent, rows=batch_size, name=f"stage{stage}_{cell}")(x, start)
    activation, temporal = rates.activation, rates.temporal
    name_of_last = f"stage{depth}_regularization"
    x = ActivationRegularization(rates.output, activation=activation, temporal=temporal, name=name_of_last)(x)
    if tied:
        logits = embedding(x, reverse=True)
    else:
        logits = layers.Dense(vocabulary_size, dtype="float32", name="head_logits")(x)
    return keras.Model({"tokens": tokens, "start": start}, logits, name=name)
