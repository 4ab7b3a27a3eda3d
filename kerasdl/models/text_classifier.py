"""Recurrent text classifiers: ULMFiT's on an AWD-LSTM (arXiv:1801.06146), and plain LSTM and GRU."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers
from kerasdl.arguments import known_arguments
from kerasdl.layers import ChunkedEncoder, ConcatPooling1D, ReverseTokens, TiedEmbedding
from kerasdl.models.cells import CELLS, Cell, recurrent_layer
from kerasdl.models.heads import pooling_head


@known_arguments()
def text_classifier(
    vocabulary_size: int,
    classes: int,
    *,
    cell: Cell = "lstm",
    embedding: int = 400,
    units: Sequence[int] = (1152, 1152, 400),
    bidirectional: bool = False,
    hidden: Sequence[int] = (50,),
    drop_mult: float = 0.5,
    last: int = 1440,
    classifier_activation: str | None = None,
    name: str = "text_classifier",
) -> keras.Model:
    """An embedding, stacked recurrent layers, the last, largest and mean features of all tokens, and a small MLP.

    The classifier of ULMFiT (Howard and Ruder, arXiv:1801.06146), with fastai's dropout rates: of words of the
    embedding (0.05), of inputs (0.4), of recurrent kernels (0.5, LSTM only), between layers (0.3), of the pooled
    features (0.4).
    The sizes must be those of the language model whose encoder it is to start from: `load_encoder` puts its weights in
    place, after which `groups.freeze_to(model, -1)` trains the head alone. Layers are named by group: `stem_…`,
    `stage1_…` to `stageN_…` (one per recurrent layer), `head_…`.

    Args:
        vocabulary_size: Number of different tokens.
        classes: Number of logits.
        cell: "lstm", "gru" or "rnn".
        embedding: Width of the embedding.
        units: Width of each recurrent layer.
        bidirectional: Read each text in both directions, which doubles the width (doi:10.1109/78.650093). An encoder
            of a language model reads forwards only.
        hidden: Width of each hidden layer of the head.
        drop_mult: Multiplies all dropout rates but those of the head's hidden layers.
        last: Largest number of tokens that are pooled; from a longer text the last ones, after the encoder has read the
            others (`layers.ChunkedEncoder`), which a bidirectional one leaves out.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: ids of tokens int32 (batch, steps), with 0 for padding on the right, to float32 logits
        (batch, classes). Padding affects only rounding.

    Raises:
        ValueError: An unknown cell, no units, a size below 1, or a dropout rate of 1 or more.

    Example:
        >>> model = kerasdl.models.text_classifier(1000, 2, embedding=32, units=(64, 32))
        >>> list(kerasdl.groups.layer_groups(model))
        ['stem', 'stage1', 'stage2', 'head']
    """
    if cell not in CELLS or not units or min(vocabulary_size, classes, embedding, last, *units, *hidden) < 1:
        raise ValueError(
            f"cell must be one of {list(CELLS)}, units one width per layer, and all sizes at least 1. "
            f"Received: cell={cell!r}, vocabulary_size={vocabulary_size}, classes={classes}, embedding={embedding}, "
            f"units={tuple(units)}, hidden={tuple(hidden)}, last={last}"
        )
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    encoder = _encoder(vocabulary_size, cell, embedding, units, bidirectional, drop_mult)
    x, is_token = ChunkedEncoder(encoder, last=last, chunk=min(72, last), name="encoder")(tokens)
    x = ConcatPooling1D(name="head_pool")(x, mask=is_token)
    x = pooling_head(x, classes, hidden, dropout=0.4 * drop_mult, classifier_activation=classifier_activation)
    return keras.Model(tokens, x, name=name)


def _encoder(
    vocabulary_size: int, cell: str, width: int, units: Sequence[int], bidirectional: bool, drop_mult: float
) -> keras.Model:
    """From tokens, and the states before them unless it is bidirectional, to features and the states after them."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    before: list[Any] = []
    after: list[Any] = []
    initializer = keras.initializers.RandomUniform(-0.1, 0.1)
    options: dict[str, Any] = {"embedding_dropout": 0.05 * drop_mult, "embeddings_initializer": initializer}
    x = TiedEmbedding(vocabulary_size, width, **options, name="stem_embedding")(tokens)
    for stage, size in enumerate(units, start=1):
        rate = (0.4 if stage == 1 else 0.3) * drop_mult
        if rate:
            x = layers.SpatialDropout1D(rate, name=f"stage{stage}_dropout")(x)
        layer = recurrent_layer(cell, size, weight_dropout=0.5 * drop_mult, name=f"stage{stage}_{cell}")
        if bidirectional:
            backward = recurrent_layer(cell, size, weight_dropout=0.5 * drop_mult, name=f"stage{stage}_backward_{cell}")
            reverse = ReverseTokens(name=f"stage{stage}_reverse")
            backwards, *_ = backward(reverse([x, tokens]))
            forwards, *_ = layer(x)
            x = layers.Concatenate(name=f"stage{stage}_concat")([forwards, reverse([backwards, tokens])])
            continue
        states = [keras.Input((size,), name=f"{layer.name}_state{number}") for number in range(1 + (cell == "lstm"))]
        x, *states_after = layer(x, initial_state=states)
        before += states
        after += states_after
    return keras.Model([tokens, *before], [x, *after], name="layers")
