"""An encoder-decoder LSTM with attention, from one sequence of tokens to another, and greedy decoding with it."""

from typing import Any

import keras
import numpy as np
from keras import layers
from kerasdl.arguments import known_arguments


@known_arguments()
def encoder_decoder(
    source_vocabulary: int,
    target_vocabulary: int,
    *,
    embedding: int = 32,
    units: int = 64,
    dropout: float = 0.0,
    name: str = "encoder_decoder",
) -> keras.Model:
    """Encoder-decoder LSTM with additive attention (Bahdanau, Cho and Bengio, arXiv:1409.0473), for translation.

    A bidirectional LSTM reads the source. A second LSTM starts from its final states and reads the target; after each
    token it attends to the steps of the source, by the paper's score `v · tanh(W query + U key)`, and predicts the next
    token. In the paper the context enters the LSTM's next step; here it joins its output (Luong et al.,
    arXiv:1508.04025), so that in training the target is one call of an LSTM, which cuDNN runs.

    Layers are named by group: `stem_…` (embeddings), `stage1_…` (encoder), `stage2_…` (decoder), `head_…`. The weights
    of the attention are the second output of the layer `stage2_attention`: float (batch, target length, source length).

    Args:
        source_vocabulary: Number of ids of the source; 0 is padding, on the right.
        target_vocabulary: Number of ids of the target.
        embedding: Width of both embeddings.
        units: Width of the decoder, and of both directions of the encoder together; even.
        dropout: Dropout rate of the embeddings over all steps alike, and before the logits.
        name: Name of the model.

    Returns:
        A functional model: [source (batch, source length), target so far (batch, target length)], int32 ids, to float32
        logits (batch, target length, target_vocabulary) of the token after each. The target begins with an id that
        stands for its start.

    Raises:
        ValueError: An odd number of units.

    Example:
        >>> model = kerasdl.models.encoder_decoder(40, 13)
        >>> model([np.array([[5, 7, 9, 0]]), np.array([[1, 4]])]).shape
        TensorShape([1, 2, 13])
    """
    if units % 2:
        raise ValueError(f"units must be even: half of them read backwards. Received: units={units}")
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    x = layers.Embedding(source_vocabulary, embedding, mask_zero=True, name="stem_source")(source)
    y = layers.Embedding(target_vocabulary, embedding, name="stem_target")(target)
    if dropout:
        x = layers.SpatialDropout1D(dropout, name="stem_source_dropout")(x)
        y = layers.SpatialDropout1D(dropout, name="stem_target_dropout")(y)
    encoder = layers.LSTM(units // 2, return_sequences=True, return_state=True, name="stage1_lstm")
    keys, *states = layers.Bidirectional(encoder, name="stage1_bidirectional")(x)
    # States of the forward and of the backward LSTM: the output and the cell of each.
    state, cell = (layers.Concatenate(name=f"stage1_{name}")(states[place::2]) for place, name in enumerate(_STATES))
    y = layers.LSTM(units, return_sequences=True, name="stage2_lstm")(y, initial_state=[state, cell])
    y = layers.Concatenate(name="stage2_concat")([y, _context(y, keys, units)])
    y = layers.Dense(units, activation="tanh", name="stage2_dense")(y)
    if dropout:
        y = layers.Dropout(dropout, name="head_dropout")(y)
    logits = layers.Dense(target_vocabulary, dtype="float32", name="head_logits")(y)
    return keras.Model([source, target], logits, name=name)


_STATES = ("output", "cell")


def _context(queries: Any, keys: Any, units: int) -> Any:
    """The mean of the source's steps, weighted by the attention of each step of the target."""
    scored = layers.Dense(units, use_bias=False, name="stage2_queries")(queries)
    scores = layers.Dense(units, use_bias=False, name="stage2_keys")(keys)
    attention = layers.AdditiveAttention(name="stage2_attention")
    return attention([scored, keys, scores], return_attention_scores=True)[0]


def greedy_decode(model: keras.Model, source: np.ndarray, *, start: int, length: int) -> np.ndarray:
    """The most probable next token, again and again, from an `encoder_decoder`.

    The whole target is computed again for each token: simple, and fast enough for short targets.

    Args:
        model: From [source, target so far] to logits, as of `encoder_decoder`.
        source: int (batch, source length).
        start: The id that every target begins with.
        length: Number of tokens to decode.

    Returns:
        int32 (batch, length), without the start.

    Raises:
        ValueError: Less than one token.

    Example:
        >>> model = kerasdl.models.encoder_decoder(40, 13)
        >>> kerasdl.models.greedy_decode(model, np.array([[5, 7, 9, 0]]), start=1, length=6).shape
        (1, 6)
    """
    if length < 1:
        raise ValueError(f"Decode at least one token. Received: length={length}")
    # Of one length, so that the model is traced once; an LSTM does not look ahead at the zeros.
    target = np.zeros((len(source), length + 1), "int32")
    target[:, 0] = start
    for step in range(length):
        logits = model.predict_on_batch([source, target[:, :-1]])
        target[:, step + 1] = np.argmax(logits[:, step], axis=-1)
    return target[:, 1:]
