"""OtherTokenizer: a tokenizer of another library in the place of a vocabulary."""

import hashlib
import pickle
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NoReturn

import keras
import numpy as np
from kerasdl.data.text.levels import check_several, whole_characters
from kerasdl.errors import BadInput
from numpy.typing import ArrayLike


class OtherTokenizer:
    """A trained tokenizer of another library, with the methods of `Vocabulary` but for a Keras layer.

    Hugging Face's (`tokenizers` and `transformers`), SentencePiece's, KerasHub's, or any object with `encode(text)` and
    `decode(ids)`, or `tokenize(text)` and `detokenize(ids)`, and a length. Special tokens of its own are not added.

    Args:
        tokenizer: The tokenizer.
        start: The number of a token that is to begin every text; None for none.

    Raises:
        BadInput: The object has no such methods or no length, or `start` is not one of its numbers.

    Example:
        >>> bytes_ = OtherTokenizer(ByteTokenizer(), start=0)
        >>> bytes_.encode(["Hi"])[0].tolist(), bytes_.decode([0, 72, 105]), len(bytes_)
        ([0, 72, 105], 'Hi', 256)
    """

    def __init__(self, tokenizer: Any, *, start: int | None = None) -> None:
        self.tokenizer, self.start = tokenizer, start
        encode, decode = ("tokenize", "detokenize") if hasattr(tokenizer, "detokenize") else ("encode", "decode")
        if not (hasattr(tokenizer, encode) and hasattr(tokenizer, decode)):
            raise BadInput(
                "A tokenizer has encode(text) and decode(ids), or tokenize(text) and detokenize(ids). "
                f"Received: {type(tokenizer).__name__}"
            )
        self._encode, self._decode = getattr(tokenizer, encode), getattr(tokenizer, decode)
        # Hugging Face's add special tokens unless told otherwise; they alone have `get_vocab`.
        self._options = {"add_special_tokens": False} if hasattr(tokenizer, "get_vocab") else {}
        self._length = _length_of(tokenizer)
        if start is not None and not 0 <= start < self._length:
            raise BadInput(f"start must be a number of the tokenizer, 0..{self._length - 1}. Received: start={start}")

    def __len__(self) -> int:
        return self._length

    @property
    def padding(self) -> int | None:
        """The number that pads its texts; None if it says none.

        Example:
            >>> OtherTokenizer(ByteTokenizer()).padding is None
            True
        """
        for name in ("pad_token_id", "pad_id", "padding"):
            if hasattr(self.tokenizer, name):
                found = getattr(self.tokenizer, name)
                found = found() if callable(found) else found
                return found["pad_id"] if isinstance(found, dict) else found
        return None

    @property
    def identity(self) -> str:
        """A hash that changes when the tokenizer may have changed.

        Raises:
            BadInput: The tokenizer does not pickle.
        """
        if isinstance(self.tokenizer, keras.layers.Layer):
            # Keras numbers the names of layers.
            state: Any = ({**self.tokenizer.get_config(), "name": None}, self.tokenizer.get_vocabulary())
        else:
            state = self.tokenizer
        try:
            return hashlib.sha256(pickle.dumps((type(self.tokenizer).__qualname__, state, self.start))).hexdigest()
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise BadInput(
                f"The cache is named by the pickled tokenizer, but it does not pickle ({error}): define its class in a "
                f"module. Received: {type(self.tokenizer).__name__}"
            ) from error

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The text of each number; of those with the same text, all but the first have their number behind it.

        Example:
            >>> words = OtherTokenizer(ByteTokenizer()).words
            >>> words[72], words[200]
            ('H', '#200')
        """
        found: dict[str, None] = {}
        for number in range(len(self)):
            word = self._word(number)
            while word in found:
                word += f"#{number}"
            found[word] = None
        return tuple(found)

    def layer(self) -> NoReturn:
        """There is none.

        Raises:
            BadInput: Always.
        """
        raise BadInput(
            "Another library's tokenizer cannot travel inside a Keras model: encode texts before they reach the model, "
            f"or generate(…, tokenizer=). Received: {type(self.tokenizer).__name__}"
        )

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The numbers of each text's tokens, int32; each begins with `start` if that is not None.

        Raises:
            BadInput: One text instead of several, or the tokenizer gives a number that is not below its length.
        """
        check_several(texts)
        return [self._numbers(whole_characters(text)) for text in texts]

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's tokens again: this tokenizer does not tell them from tokens."""
        return [ids.tolist() for ids in self.encode(texts)]

    def numbers(self, tokens: Sequence[int]) -> Sequence[int]:
        """The numbers of tokens of `tokenize`."""
        return tokens

    def decode(self, ids: ArrayLike) -> str:
        """The text of these numbers."""
        found = self._decode([each for each in np.asarray(ids, np.int64).reshape(-1).tolist() if each != self.start])
        found = found.numpy() if hasattr(found, "numpy") else found
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)

    def _numbers(self, text: str) -> np.ndarray:
        found = self._encode(text, **self._options)
        ids = np.asarray(getattr(found, "ids", found), np.int64).reshape(-1)
        if outside := ids[(ids < 0) | (ids >= len(self))].tolist():
            raise BadInput(
                f"The tokenizer says that it has the numbers 0..{len(self) - 1}, and gives another. "
                f"Received: {outside[0]} for {text[:40]!r}"
            )
        return (ids if self.start is None else np.concatenate([[self.start], ids])).astype(np.int32)

    def _word(self, number: int) -> str:
        """Its text, "" if it has none of its own: not all numbers below the length need to be in use."""
        try:
            return self.decode([number])
        except (LookupError, ValueError):
            return ""


def _length_of(tokenizer: Any) -> int:
    """Of all tokens, those that were added to a trained tokenizer included."""
    for name in ("get_vocab_size", "vocabulary_size", "__len__", "vocab_size", "n_vocab"):
        if hasattr(tokenizer, name):
            found = getattr(tokenizer, name)
            return int(found() if callable(found) else found)
    raise BadInput(
        "A tokenizer has a length: __len__, vocab_size, get_vocab_size or vocabulary_size. "
        f"Received: {type(tokenizer).__name__}"
    )
