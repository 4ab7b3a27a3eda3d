"""Tokens: the numbers of all tokens of all documents, in a file that later runs reuse."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.array_file import array_file, cache_errors, open_array
from kerasdl.data.splits import Part
from kerasdl.data.text.draft import Draft, write_draft
from kerasdl.data.text.levels import Level, as_word, rules_of, tokenize
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.data.text.texts import Texts
from kerasdl.data.text.vocabulary import Vocabulary
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write, cache_folder

# Of the rules that make tokens: raise it when they change.
VERSION = 1
# How a vocabulary is made.
_USUAL = {"level": "words", "min_freq": 3, "max_vocab": 60_000}


@dataclass(frozen=True, eq=False, kw_only=True)
class Tokens:
    """The numbers of all tokens, one document after the other.

    Attributes:
        ids: (count,) uint16 or int32, memory-mapped; each document begins with the start token of the vocabulary.
        starts: int64 (documents + 1,): where each document begins; the last is the count.
        vocabulary: The words of these numbers.
        texts: The documents.

    Example:
        >>> tokens = numericalize(texts, min_freq=1)
        >>> tokens.vocabulary.decode(tokens.document(0))
        'a good film. i would see it 0 times.'
    """

    ids: np.ndarray
    starts: np.ndarray
    vocabulary: Vocabulary | OtherTokenizer
    texts: Texts

    def document(self, index: int) -> np.ndarray:
        """The numbers of a document's tokens.

        Example:
            >>> len(tokens.document(0))
            12
        """
        first, end = self.starts[:-1][index], self.starts[1:][index]
        return self.ids[first:end]


@known_arguments()
def numericalize(
    texts: Texts,
    *,
    level: Level | None = None,
    min_freq: int | None = None,
    max_vocab: int | None = None,
    vocabulary: Any = None,
) -> Tokens:
    """Numbers of all tokens of all documents; the training documents alone decide the vocabulary.

    Memory does not grow with the documents, only with the number of different tokens. The result lies in
    `files.cache_folder()` and is used again as long as documents and arguments stay the same.

    Args:
        texts: The documents.
        level: "words", by the rules of `layers.text_rules`; "whitespace", for texts that are tokenized already; or
            "characters". By default "words".
        min_freq: A token that is rarer in the training documents becomes "[UNK]"; by default 3.
        max_vocab: Length of the vocabulary at most; by default 60,000.
        vocabulary: A `Vocabulary` to use instead, such as that of a trained model, or a tokenizer of another library,
            see `OtherTokenizer`. The other arguments are then left out.

    Returns:
        The tokens, with `vocabulary` or the one that was made.

    Raises:
        BadInput: Something else than `Texts`, no such level, one of the arguments beside `vocabulary`, no documents for
            training, an empty vocabulary, numbers that a tokenizer does not have, or a cache that cannot be written.

    Example:
        >>> tokens = numericalize(texts, level="characters", min_freq=1)
        >>> tokens.vocabulary.decode(tokens.document(0)[:7])
        'A good'
    """
    if not isinstance(texts, Texts):
        raise BadInput(
            "Documents come from from_texts, from_files, from_folder or another such function of data.text: call it "
            f"first. Received: {type(texts).__name__}"
        )
    options = _options({"level": level, "min_freq": min_freq, "max_vocab": max_vocab}, vocabulary)
    if not (vocabulary is None or isinstance(vocabulary, Vocabulary | OtherTokenizer)):
        vocabulary = OtherTokenizer(vocabulary)
    is_training = texts.parts == Part.TRAIN
    decided_by = [*options.values(), np.packbits(is_training).tobytes().hex()]
    key = [VERSION, texts.identity, len(texts), *(decided_by if vocabulary is None else [vocabulary.identity])]
    folder = cache_folder() / "text" / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
    if found := _cached(folder, texts, vocabulary):
        return found
    with _drafted(texts, vocabulary, options["level"], folder) as draft:
        if vocabulary is None:
            counts = {as_word(token): count for token, count in draft.counts(is_training, options["min_freq"]).items()}
            vocabulary = Vocabulary.of(counts, **options)
        return _saved(folder, draft, texts, vocabulary)


def _options(given: dict[str, Any], vocabulary: Any) -> dict[str, Any]:
    """How to make the vocabulary, unless there is one.

    Raises:
        BadInput: No such level, or something is given beside a vocabulary.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if vocabulary is not None and given:
        raise BadInput(
            "level, min_freq and max_vocab make a new vocabulary: leave them out, or leave out vocabulary. "
            f"Received: {given} beside vocabulary"
        )
    options = {**_USUAL, **given}
    rules_of(options["level"])
    for name in ("min_freq", "max_vocab"):
        if options[name] < 1:
            raise BadInput(f"{name} must be at least 1. Received: {name}={options[name]}")
    return options


def _cached(folder: Path, texts: Texts, vocabulary: Vocabulary | OtherTokenizer | None) -> Tokens | None:
    """What an earlier run saved; None if there is nothing, or something is damaged."""
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError, KeyError):
        if vocabulary is None:
            saved = json.loads((folder / "vocabulary.json").read_text())
            vocabulary = Vocabulary(tuple(saved["words"]), saved["level"])
        starts = np.load(folder / "starts.npy")
        ids = open_array(folder / "ids.npy")
        if starts.shape == (len(texts) + 1,) and ids.shape == (starts[-1],) and ids.dtype == _dtype(vocabulary):
            return Tokens(ids=ids, starts=starts, vocabulary=vocabulary, texts=texts)
    return None


@contextlib.contextmanager
def _drafted(
    texts: Texts, vocabulary: Vocabulary | OtherTokenizer | None, level: Level, folder: Path
) -> Iterator[Draft]:
    with cache_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # It has no name, and so vanishes however the run ends.
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed below
    try:
        with file:
            if vocabulary is None:
                yield write_draft(texts, lambda block: tokenize(block, level), True, file, folder)
            else:
                yield write_draft(texts, vocabulary.tokenize, vocabulary.start is not None, file, folder)
    finally:
        # Only an empty folder can be removed: that of a run that broke off.
        with contextlib.suppress(OSError):
            folder.rmdir()


def _saved(folder: Path, draft: Draft, texts: Texts, vocabulary: Vocabulary | OtherTokenizer) -> Tokens:
    if not len(draft):
        raise BadInput(f"The documents have no tokens. Received: {len(texts)} documents")
    dtype = _dtype(vocabulary)
    numbers = np.array(vocabulary.numbers(draft.tokens), dtype)

    def fill(ids: np.ndarray) -> None:
        for begin, chunk in draft.chunks():
            ids[begin : begin + len(chunk)] = numbers[chunk]

    with cache_errors(folder):
        # Another run that broke off may have removed it.
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(vocabulary, Vocabulary):
            with atomic_write(folder / "vocabulary.json") as temporary:
                temporary.write_text(json.dumps({"level": vocabulary.level, "words": vocabulary.words}))
        with atomic_write(folder / "starts.npy") as temporary:
            np.save(temporary, draft.starts)
    ids = array_file(folder / "ids.npy", (len(draft),), dtype, fill)
    return Tokens(ids=ids, starts=draft.starts, vocabulary=vocabulary, texts=texts)


def _dtype(vocabulary: Vocabulary | OtherTokenizer) -> type[np.generic]:
    return np.uint16 if len(vocabulary) <= 2**16 else np.int32
