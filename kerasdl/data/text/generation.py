"""Generation: a language model goes on with a text, one token after the other."""

from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from kerasdl.data.text.levels import level_of
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.data.text.vocabulary import PADDING, UNKNOWN, Vocabulary
from kerasdl.errors import BadInput
from kerasdl.export import next_token

# What `generate` made for a model, so that later calls neither build nor trace anything.
_STEPS: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()
_TOKENIZERS: WeakKeyDictionary[keras.Model, Vocabulary] = WeakKeyDictionary()


def generate(
    model: keras.Model,
    prompt: str = "",
    *,
    n_words: int = 50,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    tokenizer: Any = None,
) -> str:
    """Text that a language model writes: the prompt and what follows.

    The model reads the prompt once, then one token a step, from the state that it carries.

    Args:
        model: From `export.language_model`, new or loaded; or, with `tokenizer`, a language model as it was trained.
        prompt: How the text begins.
        n_words: Number of tokens to write: words, punctuation and marks such as that of a capital; or characters.
        temperature: Divides the logits: below 1 the text is more probable, above 1 more surprising, at 0 always the
            most probable token.
        top_k: Choose among the so many most probable tokens only (Fan et al., arXiv:1805.04833).
        top_p: Choose among the most probable tokens only that together have this probability (nucleus sampling,
            Holtzman et al., arXiv:1904.09751).
        seed: Random seed; the same seed gives the same text.
        tokenizer: The `vocabulary` of the data, or another library's tokenizer, if the model is not exported.

    Returns:
        The text, without special tokens. A word outside the vocabulary is never written, and if it occurs in the prompt
        appears as "[UNK]".

    Raises:
        BadInput: A number out of range; a model that is not exported without a tokenizer, or one of another size; a
            model whose training diverged.

    Example:
        >>> text = kerasdl.data.text.generate(language_model, "To be", n_words=9, tokenizer=plays.vocabulary)
        >>> len(text)
        14
    """
    if not isinstance(prompt, str):
        raise BadInput(f"The prompt is one text. Received: {type(prompt).__name__}")
    _check(n_words, temperature, top_k, top_p)
    step, tokenizer = _parts(model, tokenizer)
    forbidden = _never_written(tokenizer)
    random = np.random.default_rng(seed)
    (read,) = tokenizer.encode([prompt])
    if not len(read):
        raise BadInput(f"This tokenizer has no token that begins a text: give a prompt. Received: prompt={prompt!r}")
    written, tokens, start = list(read), read[None], 1
    for _ in range(n_words):
        (logits,) = step.predict_on_batch({"tokens": tokens, "start": np.array([start], np.int32)})
        logits = np.asarray(logits, np.float64)
        if not np.isfinite(logits).all():
            raise BadInput(
                "The model predicts no finite numbers, as after a training that diverged: use a lower peak learning "
                f"rate (--peak-lr). Received: {model.name!r}"
            )
        logits[forbidden] = -np.inf
        token = _sample(logits, temperature, top_k, top_p, random)
        written.append(token)
        tokens, start = np.array([[token]], np.int32), 0
    return tokenizer.decode(np.array(written))


def _sample(
    logits: np.ndarray, temperature: float, top_k: int | None, top_p: float | None, random: np.random.Generator
) -> int:
    """A token drawn in proportion to its probability, among the most probable ones."""
    order = np.argsort(-logits, kind="stable")[: top_k or None]
    if not temperature:
        return int(order[0])
    scaled = (logits[order] - logits[order[0]]) / temperature
    probabilities = np.exp(scaled) / np.exp(scaled).sum()
    if top_p is not None:
        # Those before which less than `top_p` is reached: always the first.
        kept = int((np.cumsum(probabilities) - probabilities < top_p).sum())
        order, probabilities = order[:kept], probabilities[:kept] / probabilities[:kept].sum()
    return int(random.choice(order, p=probabilities))


def _parts(model: keras.Model, tokenizer: Any) -> tuple[keras.Model, Any]:
    """The model of one step, and the tokenizer."""
    if tokenizer is None:
        tokenizer = _TOKENIZERS.get(model) or _TOKENIZERS.setdefault(model, _vocabulary(model))
    elif not isinstance(tokenizer, Vocabulary | OtherTokenizer):
        tokenizer = OtherTokenizer(tokenizer)
    size = model.output_shape[-1]
    if len(tokenizer) != size:
        raise BadInput(
            f"The model has {size} tokens: give the vocabulary that it was trained with. "
            f"Received: a tokenizer of {len(tokenizer)}"
        )
    return _step(model), tokenizer


def _vocabulary(model: keras.Model) -> Vocabulary:
    for layer in model.layers:
        if isinstance(layer, keras.layers.TextVectorization):
            return Vocabulary(tuple(layer.get_vocabulary()), level_of(layer))
    raise BadInput(
        f"Give a model from export.language_model, or the tokenizer of the data. Received: {model.name!r} alone"
    )


def _step(model: keras.Model) -> keras.Model:
    """From tokens to the logits of the next one, with the state carried from call to call; built and traced once."""
    if model not in _STEPS:
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        start = keras.Input((), dtype="int32", name="start")
        _STEPS[model] = keras.Model({"tokens": tokens, "start": start}, next_token(model, tokens, start))
    return _STEPS[model]


def _never_written(tokenizer: Any) -> list[int]:
    """Padding, unknown words, and the token that begins a text."""
    if isinstance(tokenizer, Vocabulary):
        return [tokenizer.words.index(PADDING), tokenizer.words.index(UNKNOWN), tokenizer.start]
    return [] if tokenizer.start is None else [tokenizer.start]


def _check(n_words: int, temperature: float, top_k: int | None, top_p: float | None) -> None:
    if n_words < 1 or not 0 <= temperature < np.inf or (top_k is not None and top_k < 1):
        raise BadInput(
            "n_words and top_k must be at least 1, temperature at least 0 and finite. "
            f"Received: n_words={n_words}, temperature={temperature}, top_k={top_k}"
        )
    if top_p is not None and not 0 < top_p <= 1:
        raise BadInput(f"top_p must be above 0 and at most 1. Received: top_p={top_p}")
