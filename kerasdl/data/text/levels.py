"""What a token is at each level: words by fastai's rules, what whitespace separates, or characters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast, get_args

import keras
import tensorflow as tf
from kerasdl.errors import BadInput
from kerasdl.layers import character_rules, text_rules, whitespace_rules
from kerasdl.layers.text_rules import MAJ, NEW_LINE, REP, START, START_OF_TEXT, UP

Level = Literal["words", "whitespace", "characters"]


@dataclass(frozen=True)
class Rules:
    """How a `TextVectorization` makes tokens at a level.

    Attributes:
        standardize: Its argument.
        split: Its argument.
        special: Tokens that `standardize` adds; the first begins every text.
        unknown: The word that stands for any other; it stays out of the vocabulary.
    """

    standardize: Callable[[Any], Any]
    split: str
    special: tuple[str, ...]
    unknown: str | None = None


_RULES = {
    "words": Rules(text_rules, "whitespace", (START, NEW_LINE, REP, UP, MAJ), "xxunk"),
    "whitespace": Rules(whitespace_rules, "whitespace", (START, NEW_LINE), "<unk>"),
    "characters": Rules(character_rules, "character", (START_OF_TEXT,)),
}


def rules_of(level: str) -> Rules:
    """The rules of a level.

    Raises:
        BadInput: No such level.
    """
    if level not in get_args(Level):
        names = " or ".join(map(repr, get_args(Level)))
        raise BadInput(f"level must be {names}. Received: level={level!r}")
    return _RULES[level]


def level_of(layer: keras.layers.TextVectorization) -> Level:
    """The level of a layer that `Vocabulary.layer` made.

    Raises:
        BadInput: Another layer.
    """
    config = layer.get_config()
    for level, rules in _RULES.items():
        if (config["standardize"], config["split"]) == (rules.standardize, rules.split):
            return cast(Level, level)
    raise BadInput(f"The layer was not made by a Vocabulary. Received: standardize={config['standardize']}")


def tokenize(texts: Sequence[str], level: Level) -> list[list[bytes]] | list[list[str]]:
    """The tokens of each text that a `TextVectorization` of the level looks up: words in UTF-8, or characters.

    Many times as fast: TensorFlow applies the rules, without holding Python's lock, and Python splits.
    """
    if level == "characters":
        return [[START_OF_TEXT, *whole_characters(text)] for text in texts]
    # Both split at ASCII's whitespace.
    return [text.split() for text in _standardize(level)(as_strings(texts)).numpy()]


def whole_characters(text: str) -> str:
    r"""The text with "?" for half of a character that takes two, which a str may hold but UTF-8 may not.

    Example:
        >>> whole_characters("caf\ud83d")
        'caf?'
    """
    return text.encode("utf-8", "replace").decode()


def as_strings(texts: Sequence[str]) -> tf.Tensor:
    """The texts as a tensor of strings, on the CPU, where strings must be.

    Example:
        >>> kerasdl.data.text.as_strings(["a good film", "a bad film"]).shape
        TensorShape([2])
    """
    with tf.device("CPU"):
        return tf.constant([whole_characters(text) for text in texts], tf.string, (len(texts),))


def as_word(token: bytes | str) -> str:
    r"""A token as a `Vocabulary` has it.

    Example:
        >>> as_word(b"caf\xc3\xa9")
        'café'
    """
    return token if isinstance(token, str) else token.decode("utf-8", "replace")


def check_several(texts: Sequence[str]) -> None:
    """Raises if there is one text instead of several.

    Raises:
        BadInput: A string.
    """
    if isinstance(texts, str | bytes):
        raise BadInput(f"Give a list of texts, such as [text]. Received: {texts[:50]!r}")


@cache
def _standardize(level: str) -> Callable[[tf.Tensor], tf.Tensor]:
    signature = [tf.TensorSpec((None,), tf.string)]
    return tf.function(_RULES[level].standardize, input_signature=signature, autograph=False)
