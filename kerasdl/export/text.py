"""Language models and classifiers of strings."""

import re
from collections.abc import Sequence
from typing import Any

import keras
from kerasdl.export.probabilities import class_probabilities
from kerasdl.layers import CarriedState, ClassNames, LastStep, TiedEmbedding
from kerasdl.outputs import Outputs, only_output


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
    text = keras.Input((), dtype="string", name="text")
    _check_tokenizer(tokenizer, model.output_shape[-1])
    logits = next_token(model, tokenizer(text))
    return keras.Model(text, keras.layers.Activation("softmax", dtype="float32", name="probabilities")(logits))


def text_classifier(
    model: keras.Model,
    tokenizer: keras.layers.Layer,
    classes: Sequence[str],
    *,
    outputs: Outputs | None = None,
    tags: bool = False,
) -> keras.Model:
    """Wrap a trained classifier of tokens into a model of strings, with its class names inside.

    Args:
        model: From tokens int32 (batch, steps), where 0 on the right is padding, to logits or probabilities (batch,
            classes), or (batch, 1) for two classes.
        tokenizer: A layer from strings to such tokens, as in the training: `data.vocabulary.layer()`.
        classes: Class names, in the order of the outputs; two names if the model has one output.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether a text may have any number of the classes: each has a probability of its own, by a sigmoid.

    Returns:
        A functional model that shares `model`'s weights: strings (batch,) to float32 probabilities (batch, classes).
        `class_names(exported)` returns the names, also after loading (`import kerasdl` before
        `keras.models.load_model`).

    Raises:
        ValueError: The tokenizer has more or fewer tokens than the model; the number of names
            differs from the number of classes; several outputs; it is unknown what the outputs are, or the last layer
            and the loss contradict each other, or `tags`.

    Example:
        >>> exported = kerasdl.export.text_classifier(model, tokens.vocabulary.layer(), ["bad", "good"])
        >>> exported.predict(tf.constant(["A good film.", ""])).shape
        (2, 2)
    """
    text = keras.Input((), dtype="string", name="text")
    _check_tokenizer(tokenizer, _vocabulary_size(model))
    predicted = only_output(model, model(tokenizer(text)))
    probabilities = class_probabilities(model, predicted, outputs, tags=tags)
    # The name of the last layer tells tags from classes, in a saved model too.
    name = "tag_names" if tags else "class_names"
    return keras.Model(text, ClassNames(classes, name=name, dtype="float32")(probabilities))


def _check_tokenizer(tokenizer: keras.layers.Layer, size: int | None) -> None:
    if size and isinstance(tokenizer, keras.layers.TextVectorization) and tokenizer.vocabulary_size() != size:
        raise ValueError(
            f"The model has {size} tokens: give the tokenizer that it was trained with. "
            f"Received: one of {tokenizer.vocabulary_size()}"
        )


def _vocabulary_size(layer: Any) -> int | None:
    """Of what reads the tokens, an embedding or n-grams, also inside a wrapper or a model; None if it is not known."""
    size = getattr(layer, "input_dim" if isinstance(layer, keras.layers.Embedding) else "vocabulary_size", None)
    if isinstance(size, int):
        return size
    # `layers` lacks operations such as 2 * tokens.
    inside = [getattr(layer, "layer", None), *(getattr(layer, "operations", ()) or getattr(layer, "layers", ()))]
    first = next((each for each in inside if each and not isinstance(each, keras.layers.InputLayer)), None)
    return None if first is None else _vocabulary_size(first)


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
