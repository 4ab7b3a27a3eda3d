"""Language models of strings."""

import re
from typing import Any

import keras
from kerasdl.layers import CarriedState, LastStep, TiedEmbedding


def language_model(model: keras.Model, tokenizer: keras.layers.Layer) -> keras.Model:
    """Wrap a trained language model into a model of strings: what comes next.

    Args:
        model: A language model of kerasdl.
        tokenizer: A layer from strings to ids, padded with 0 on the right, such as `data.vocabulary.layer()`.

    Returns:
        A functional model that shares `model`'s weights: strings (batch,) to float32 probabilities of the next token
        (batch, vocabulary_size). `data.text.generate(exported, "Once")` goes on with a text. `import kerasdl` before
        `keras.models.load_model` loads it again.

    Raises:
        ValueError: The model is no language model of kerasdl, or the tokenizer has more or fewer tokens.

    Example:
        >>> exported = kerasdl.export.language_model(model, plays.vocabulary.layer())
        >>> exported.predict(tf.constant(["To be, or not t"])).shape
        (1, 20)
    """
    text, size = keras.Input((), dtype="string", name="text"), model.output_shape[-1]
    if isinstance(tokenizer, keras.layers.TextVectorization) and tokenizer.vocabulary_size() != size:
        raise ValueError(
            f"The model has {size} tokens: give the tokenizer that it was trained with. "
            f"Received: one of {tokenizer.vocabulary_size()}"
        )
    logits = next_token(model, tokenizer(text))
    return keras.Model(text, keras.layers.Activation("softmax", dtype="float32", name="probabilities")(logits))


def next_token(model: keras.Model, tokens: Any, start: Any = None) -> Any:
    """The logits of what follows the last token of each row; of a long text no others are computed.

    Args:
        model: A language model of kerasdl, or one from `language_model`.
        tokens: Ids (batch, steps). Without `start` 0 is padding on the right; with it every id is a token.
        start: 1 or 0 (batch,): whether each row starts anew, or goes on with the same row of the batch before. By
            default all rows start anew.

    Returns:
        float32 (batch, vocabulary_size).

    Raises:
        ValueError: The model is no language model of kerasdl.

    Example:
        >>> (tokens,) = plays.vocabulary.encode(["To be, or not t"])
        >>> next_token(model, tokens[None]).shape
        TensorShape([1, 20])
    """
    layers = [layer for layer in model.layers if re.match(r"(stem|stage\d+|head)_", layer.name)]
    if not any(isinstance(layer, CarriedState) for layer in layers):
        raise ValueError(f"The model must come from models.language_model or models.awd_lstm. Received: {model.name!r}")
    if isinstance(layers[0], TiedEmbedding) and layers[0].name == "head_embedding":
        head, options = layers[0], {"reverse": True}
    else:
        head, options = layers.pop(), {}
    x = tokens
    for layer in layers:
        x = layer(x, start=start) if isinstance(layer, CarriedState) else layer(x)
    last = LastStep(name="last_step")([x, tokens]) if start is None else x[:, -1]
    return head(last, **options)
