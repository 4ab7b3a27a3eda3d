"""Evaluation of a language model: loss, perplexity, and the words that it predicts badly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.interpret.showing import counted, summary
from kerasdl.outputs import only_output

# The label of positions that have no successor.
NO_TOKEN = -1


@dataclass(frozen=True, repr=False)
class LanguageModel:
    """What a language model predicts well and badly, summed over the tokens of each word.

    Attributes:
        words: Words of the vocabulary, by id.
        counts: How often each word was to be predicted, integers (words,).
        losses: Sum of the cross-entropies of each word, in nats (words,).

    Raises:
        ValueError: Lengths differ, or there is no token.

    Example:
        >>> found = LanguageModel.of(model, plays.valid, plays.vocabulary.words)
        >>> found.perplexity            # 5.1
        >>> found.hardest(2)            # [('z', 7.3, 12), ('J', 6.8, 31)]
    """

    words: Sequence[str]
    counts: np.ndarray
    losses: np.ndarray

    def __post_init__(self) -> None:
        lengths = [len(each) for each in (self.words, self.counts, self.losses)]
        if len(set(lengths)) > 1 or not self.counts.sum():
            raise ValueError(
                "There must be a count and a loss per word, and at least one token. "
                f"Received: {lengths[0]} words, {lengths[1]} counts of {self.counts.sum()} tokens, {lengths[2]} losses"
            )

    @classmethod
    def of(cls, model: keras.Model, dataset: Any, words: Sequence[str]) -> "LanguageModel":
        """Predict the tokens of a dataset.

        Every token counts once, and -1 not at all. `model.evaluate` gives every batch the same weight instead, also a
        last one of few tokens. Of each batch only the losses leave the device.

        Args:
            model: A functional model that returns logits (batch, steps, words).
            dataset: Batches of (inputs, successors) in their order, as `Streams.valid`.
            words: Words of the vocabulary, by id.

        Raises:
            ValueError: Several outputs, another number of words than the model has logits, a successor that is no id,
                or no token at all.

        Example:
            >>> LanguageModel.of(model, plays.valid, plays.vocabulary.words).loss
        """
        model_of_losses = _model_of_losses(model, len(words))
        counts, sums = np.zeros(len(words), np.int64), np.zeros(len(words))
        for inputs, successors, *_ in dataset:
            labels = np.asarray(successors)
            if labels.min() < NO_TOKEN or labels.max() >= len(words):
                raise ValueError(
                    f"Successors must be ids of the {len(words)} words, or {NO_TOKEN}. "
                    f"Received: {labels.min()}..{labels.max()}"
                )
            losses = model_of_losses.predict_on_batch([inputs, labels])
            is_token = labels != NO_TOKEN
            counts += np.bincount(labels[is_token], minlength=len(words))
            sums += np.bincount(labels[is_token], losses[is_token].astype(np.float64), minlength=len(words))
        return cls(words, counts, sums)

    def __repr__(self) -> str:
        return summary(self, counted(self.counts.sum(), "token"), counted(len(self.words), "word"))

    @property
    def targets(self) -> np.ndarray:
        """Ids of the words that occur, ascending."""
        return np.flatnonzero(self.counts)

    @property
    def loss(self) -> float:
        """Mean cross-entropy of a token in nats."""
        return float(self.losses.sum() / self.counts.sum())

    @property
    def perplexity(self) -> float:
        """Exponential of the loss: as uncertain as among so many words of equal probability."""
        return _exponential(self.loss)

    @property
    def scores(self) -> dict[str, float]:
        """Loss and perplexity by name, as in the metrics.json of a run folder."""
        return {"loss": self.loss, "perplexity": self.perplexity}

    @property
    def warning(self) -> str:
        """A sentence if the model is no better than the frequencies of the predicted words; otherwise empty."""
        shares = self.counts[self.targets] / self.counts.sum()
        guess = _exponential(-(shares * np.log(shares)).sum())
        if self.perplexity < guess:
            return ""
        return (
            "The model is no better than always predicting the words by their frequencies: "
            f"perplexity {self.perplexity:.4g} instead of {guess:.4g}."
        )

    def bits_per_character(self, characters_per_token: float) -> float:
        """Information per character of the text. What becomes "[UNK]", or lower case, is left out.

        Args:
            characters_per_token: Length of the text divided by its number of tokens, such as
                `plays.characters_per_token`.

        Raises:
            ValueError: Not a positive number.

        Example:
            >>> LanguageModel(["a", "b"], np.array([2, 2]), np.log([4.0, 4.0])).bits_per_character(2.0)
            0.5
        """
        if not characters_per_token > 0:
            raise ValueError(f"It must be a positive number. Received: characters_per_token={characters_per_token}")
        return self.loss / math.log(2) / characters_per_token

    def hardest(self, count: int = 20, at_least: int = 5) -> list[tuple[str, float, int]]:
        """Words that occur `at_least` so often, as (word, mean loss, count), the highest mean loss first.

        Example:
            >>> LanguageModel(["the", "sea"], np.array([9, 5]), np.array([9.0, 40.0])).hardest(1)
            [('sea', 8.0, 5)]
        """
        frequent = self.targets[self.counts[self.targets] >= at_least]
        means = self.losses[frequent] / self.counts[frequent]
        order = np.argsort(-means, kind="stable")[:count]
        return [(self.words[frequent[n]], float(means[n]), int(self.counts[frequent[n]])) for n in order]


def _model_of_losses(model: keras.Model, words: int) -> keras.Model:
    """A model of [inputs, successors] to the cross-entropy at each position: the logits stay on the device."""
    logits = only_output(model, model.output)
    if len(logits.shape) != 3 or logits.shape[-1] != words:
        raise ValueError(
            f"The model must return logits (batch, steps, words), one for each of the {words} words. "
            f"Received: {model.name!r} with outputs {logits.shape}"
        )
    successors = keras.Input((None,), dtype="int32", name="successors")
    logits = ops.cast(logits, "float32")
    # -1 takes the last logit; nobody reads what comes of it.
    chosen = ops.squeeze(ops.take_along_axis(logits, successors[..., None], axis=-1), -1)
    found = keras.Model([model.input, successors], ops.logsumexp(logits, axis=-1) - chosen)
    found.jit_compile = model.jit_compile
    return found


def _exponential(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(value))
