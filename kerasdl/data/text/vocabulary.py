"""Vocabulary: the words, or characters, that have numbers; to and from text, inside a Keras model too."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.text.levels import Level, as_strings, as_word, check_several, rules_of, tokenize
from kerasdl.data.text.readable import readable_words, readable_written
from kerasdl.errors import BadInput
from numpy.typing import ArrayLike

PADDING, UNKNOWN = "", "[UNK]"
# Keras makes a NumPy array of the words: it takes the memory of the longest for each.
LONGEST = 100


@dataclass(frozen=True)
class Vocabulary:
    r"""Words, or characters, and their numbers.

    Attributes:
        words: By number: "" for padding, "[UNK]" for all that have no number, the special tokens of the level, the
            others.
        level: "words", by the rules of `layers.text_rules`; "whitespace", for texts that are tokenized already; or
            "characters".

    Raises:
        BadInput: No such level, special tokens are missing, or a word occurs twice or contains U+0000.

    Example:
        >>> vocabulary = Vocabulary(("", "[UNK]", "xxbos", "xxnl", "xxrep", "xxup", "xxmaj", "good", "film", "!"))
        >>> ids, = vocabulary.encode(["Good FILM!!!"])
        >>> ids.tolist()
        [2, 6, 7, 5, 8, 4, 9]
        >>> vocabulary.decode(ids)
        'Good FILM!!!'
    """

    words: tuple[str, ...]
    level: Level = "words"

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        first = (PADDING, UNKNOWN, *rules_of(self.level).special)
        if self.words[: len(first)] != first:
            raise BadInput(
                f"A vocabulary of level {self.level!r} begins with {list(first)}. "
                f"Received: {list(self.words[: len(first)])}"
            )
        if twice := [word for word, count in Counter(self.words).items() if count > 1]:
            raise BadInput(f"Each word has one number: remove repetitions. Received: {twice[0]!r} more than once")
        if nul := next((word for word in self.words if "\0" in word), None):
            raise BadInput(f"Keras looks up no words with U+0000: leave them out. Received: {nul!r}")

    @classmethod
    def of(
        cls, counts: Mapping[str, int], level: Level = "words", *, min_freq: int = 3, max_vocab: int = 60_000
    ) -> "Vocabulary":
        """The vocabulary of the most frequent words.

        Args:
            counts: How often each word occurs; of words that are equally frequent the first comes first. Words of more
                than 100 characters are left out.
            level: See the class.
            min_freq: Words that are rarer have no number.
            max_vocab: Length of the vocabulary at most, with padding, "[UNK]" and the special tokens.

        Raises:
            BadInput: No such level, or no word is left.

        Example:
            >>> Vocabulary.of({"to": 3, "be": 4, "or": 1}, level="whitespace").words
            ('', '[UNK]', 'xxbos', 'xxnl', 'be', 'to')
        """
        rules = rules_of(level)
        first = (PADDING, UNKNOWN, *rules.special)
        left_out = {*first, rules.unknown}
        found = [
            word
            for word, count in counts.items()
            if count >= min_freq and word not in left_out and "\0" not in word and len(word) <= LONGEST
        ]
        ordered = sorted(found, key=lambda word: -counts[word])[: max(max_vocab - len(first), 0)]
        if not ordered:
            raise BadInput(
                f"The vocabulary is empty: no token occurs min_freq times, or none has a place beside the {len(first)} "
                f"that are always there. Give more texts, or change min_freq or max_vocab. "
                f"Received: min_freq={min_freq}, max_vocab={max_vocab}"
            )
        return cls((*first, *ordered), level)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def start(self) -> int:
        """The number of the token that begins every text.

        Example:
            >>> Vocabulary(("", "[UNK]", "xxbos", "xxnl", "the"), level="whitespace").start
            2
        """
        return 2

    @property
    def identity(self) -> str:
        """A hash of words and level."""
        return hashlib.sha256(json.dumps([self.level, self.words]).encode()).hexdigest()

    def frequent(self, count: int) -> tuple[str, ...]:
        """The most frequent words of letters only, those longer than three letters first.

        Args:
            count: How many, at most.

        Example:
            >>> words = ("", "[UNK]", "xxbos", "xxnl", "the", "film", ".", "a", "actor")
            >>> Vocabulary(words, level="whitespace").frequent(3)
            ('film', 'actor', 'the')
        """
        special = 2 + len(rules_of(self.level).special)
        found = [word for word in self.words[special:] if word.isalpha()]
        return tuple(sorted(found, key=lambda word: len(word) <= 3)[:count])

    def layer(self, **options: Any) -> keras.layers.TextVectorization:
        r"""The Keras layer that makes numbers of texts; it travels, with all words, inside a saved model.

        Args:
            options: Arguments of `TextVectorization`, such as `ragged=True` or `output_sequence_length=200`.

        Example:
            >>> vocabulary = Vocabulary(("", "[UNK]", "\x02", "a", "b"), level="characters")
            >>> vocabulary.layer()(tf.constant(["ab", "cab"])).numpy().tolist()
            [[2, 3, 4, 0], [2, 1, 3, 4]]
        """
        rules = rules_of(self.level)
        return keras.layers.TextVectorization(
            standardize=rules.standardize, split=rules.split, vocabulary=list(self.words), **options
        )

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The numbers of each text's tokens, int32; each begins with `start`.

        Raises:
            BadInput: One text instead of several.
        """
        check_several(texts)
        values, ends = self._encode(as_strings(texts))
        return np.split(values.numpy(), ends.numpy()[:-1]) if len(texts) else []

    def tokenize(self, texts: Sequence[str]) -> list[list[bytes]] | list[list[str]]:
        """The tokens of each text."""
        return tokenize(texts, self.level)

    def numbers(self, tokens: Iterable[bytes | str]) -> list[int]:
        """The numbers of tokens."""
        number_of = {word: number for number, word in enumerate(self.words)}
        unknown = number_of[UNKNOWN]
        return [number_of.get(as_word(token), unknown) for token in tokens]

    def decode(self, ids: ArrayLike) -> str:
        """The text of these numbers, as readable as the level allows: spaces where people write them.

        Raises:
            BadInput: A number that is not in the vocabulary.
        """
        return "".join(word for word, _ in self.readable(ids))

    def readable(self, ids: ArrayLike) -> list[tuple[str, int]]:
        """The text of `decode` word by word, each with how many of the numbers it is made of.

        A word begins with the space before it. Padding and the token that begins a text are "".

        Raises:
            BadInput: A number that is not in the vocabulary.

        Example:
            >>> words = ("", "[UNK]", "xxbos", "xxnl", "xxrep", "xxup", "xxmaj", "good", "film", "!")
            >>> Vocabulary(words).readable([2, 6, 7, 5, 8, 4, 9])
            [('', 1), ('Good', 2), (' FILM', 2), ('!!!', 2)]
        """
        ids = np.asarray(ids, np.int64).reshape(-1)
        if outside := ids[(ids < 0) | (ids >= len(self))].tolist():
            raise BadInput(f"The vocabulary has the numbers 0..{len(self) - 1}. Received: {outside[0]}")
        words = ["" if each in (0, self.start) else self.words[each] for each in ids]
        if self.level == "characters":
            return [(word, 1) for word in words]
        return list((readable_words if self.level == "words" else readable_written)(words))

    @cached_property
    def _encode(self) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        """Compiled once: all numbers, and where each text ends."""
        with tf.device("CPU"):
            layer = self.layer(ragged=True)

        def encode(texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found = layer(texts)
            return tf.cast(found.values, tf.int32), found.row_splits[1:]

        return tf.function(encode, input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
