"""WeighedText: a text with the weight of each word for what a classifier says of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.classification import Classification, rows_at
from kerasdl.interpret.integrated_gradients import integrated_gradients
from kerasdl.interpret.layer_calls import inference
from kerasdl.interpret.tagging import Tagging
from kerasdl.interpret.word_importance import word_importance
from kerasdl.outputs import Outputs

Method = Literal["leave_one_out", "integrated_gradients"]


@dataclass(frozen=True, eq=False)
class WeighedText:
    """A text, what a classifier says of it, and how much each word weighed.

    Attributes:
        words: The text word by word, each with the white space before it.
        weights: float (words,): fall of the log-probability of the predicted class without the word, or by integrated
            gradients what the word adds to it.
        predicted: Name of the most probable class, or tag.
        probability: Its probability.
        actual: Name of the true class, or the names of the true tags.
        loss: Loss of the text.

    Example:
        >>> WeighedText(["A", " good", " film"], np.array([0.0, 0.7, -0.1]), "positive", 0.9, "positive", 0.11)
    """

    words: Sequence[str]
    weights: np.ndarray
    predicted: str
    probability: float
    actual: str
    loss: float


def weighed_texts(
    model: keras.Model,
    dataset: Any,
    found: Classification | Tagging,
    indices: Sequence[int],
    readable: Callable[[np.ndarray], Sequence[tuple[str, int]]],
    *,
    method: Method = "leave_one_out",
    most: int = 64,
    outputs: Outputs | None = None,
) -> list[WeighedText]:
    """Weigh the words of some texts for the class that is predicted.

    Args:
        model: A functional classifier of tokens; see `word_importance`.
        dataset: Batches of (tokens, labels), always in the same order, such as `valid`.
        found: Its evaluation.
        indices: Which texts, such as `found.top_losses(9)`.
        readable: From ids to words with their white space, each with the number of its ids: `vocabulary.readable`.
        method: "leave_one_out" leaves out each word in turn (`word_importance`); "integrated_gradients" has a weight
            for each word of a long text, too, and takes models with one embedding.
        most: Number of predictions at most for each text; with integrated gradients the number of steps.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

    Returns:
        The texts, in the order of `indices`. The weight of a word is the sum of those of its tokens, such as the mark
        of a capital and the word itself.

    Raises:
        BadInput: An unknown method; see also `integrated_gradients`.
        ValueError: An index beyond the end of the dataset; see also `word_importance`.

    Example:
        >>> batches = [(tokens.document(0)[None], np.array([1]))]
        >>> found = Classification.of(model, batches, ["bad", "good"])
        >>> text, = weighed_texts(model, batches, found, [0], tokens.vocabulary.readable)
        >>> "".join(text.words)
        'a good film. i would see it 0 times.'
    """
    if method not in get_args(Method):
        raise BadInput(f"method must be one of {list(get_args(Method))}. Received: method={method!r}")
    probabilities, tags = found.probabilities, isinstance(found, Tagging)
    rows = [np.trim_zeros(row, "b") for row in rows_at(dataset, indices)]
    places, texts = [int(probabilities[index].argmax()) for index in indices], []
    all_weights = _weights(model, rows, places, method, most, {"outputs": outputs, "tags": tags})
    for index, ids, place, weights in zip(indices, rows, places, all_weights, strict=True):
        words = readable(ids)
        begins = np.cumsum([0, *(count for _, count in words)])[:-1]
        sums = np.add.reduceat(weights, begins) if len(ids) else weights
        shown = [n for n, (word, _) in enumerate(words) if word]
        actual = (
            found.names(found.targets[index]) if isinstance(found, Tagging) else found.classes[found.targets[index]]
        )
        said = found.classes[place], float(probabilities[index, place]), actual, float(found.losses[index])
        texts.append(WeighedText([words[n][0] for n in shown], sums[shown], *said))
    return texts


def _weights(
    model: keras.Model,
    rows: Sequence[np.ndarray],
    places: Sequence[int],
    method: Method,
    most: int,
    options: dict[str, Any],
) -> list[np.ndarray]:
    """The weights of the tokens of each row, for the class at its place."""
    pairs = list(zip(rows, places, strict=True))
    if method == "leave_one_out":
        return [word_importance(model, ids, place, most=most, **options) for ids, place in pairs]
    # Around all texts, so that recurrent layers become graphs once.
    with inference(model):
        return [
            integrated_gradients(model, ids[None], target=place, steps=most, **options)[0] if len(ids) else np.zeros(0)
            for ids, place in pairs
        ]


def heaviest_words(texts: Iterable[WeighedText], count: int = 20) -> dict[str, float]:
    """The words with the largest mean weight over some texts, for or against what was predicted of them.

    Args:
        texts: From `weighed_texts`.
        count: How many words, at most.

    Returns:
        Mean weights by word, in lower case, the largest in absolute value first; `plots.bars` draws them.

    Example:
        >>> text = WeighedText(["Good", ",", " good", " film"], np.array([0.5, 0, 0.25, -0.1]), "pos", 0.9, "pos", 0.1)
        >>> heaviest_words([text], 2)
        {'good': 0.375, 'film': -0.1}
    """
    weights: dict[str, list[float]] = {}
    for text in texts:
        for word, weight in zip(text.words, text.weights.tolist(), strict=True):
            if name := word.strip().lower():
                weights.setdefault(name, []).append(weight)
    means = {name: float(np.mean(each)) for name, each in weights.items()}
    return dict(sorted(means.items(), key=lambda pair: -abs(pair[1]))[:count])
