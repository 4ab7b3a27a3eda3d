"""Batches for classifiers of texts: whole documents, those of about the same length together, padded at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.datasets import Datasets, Target
from kerasdl.data.pipeline import Plan
from kerasdl.data.source import Source, rows_of
from kerasdl.data.splits import Part
from kerasdl.data.text.levels import Level
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.data.text.texts import Names, Texts
from kerasdl.data.text.tokens import Tokens, numericalize
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# The length of a batch is a multiple of it: XLA compiles anew for each length.
MULTIPLE = 8


@dataclass(frozen=True, eq=False, kw_only=True)
class Documents(Datasets):
    """Documents and their classes, ready for the `fit` of a classifier.

    A batch is (tokens int32 (rows, steps), labels). Its documents have about the same length, and steps is that of the
    longest, up to the next multiple of 8; behind a document there are zeros. Labels are int64 (rows,), or float32
    (rows, classes) of 0 and 1 if a document has any number of tags. Documents without class are left out, those
    without tag are not. Validation and test are sorted by length, the longest first: `names`, `labels` and
    `document_numbers` are in the order of the batches.

    Attributes:
        classes: The names of the classes, or tags.
        tokens: The numericalized documents.

    Raises:
        BadInput: Documents without classes, no document with a class for training or validation, less than one document
            per batch, or a tokenizer that may use 0, the number for padding, for text.

    Example:
        >>> print(opinions)
        36 training and 4 validation documents of 2 classes, up to 12 tokens, 53 different ones
        >>> tokens, labels = next(iter(opinions.train))
        >>> tokens.shape, labels.shape
        (TensorShape([8, 16]), TensorShape([8]))
    """

    classes: tuple[str, ...]
    tokens: Tokens = field(repr=False)

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise BadInput(f"A batch must hold at least one document. Received: batch_size={self.batch_size}")
        if isinstance(self.vocabulary, OtherTokenizer):
            _check_padding(self.vocabulary)
        for part in (Part.TRAIN, Part.VALID):
            self.document_numbers(part)

    def __str__(self) -> str:
        train, valid = (len(self.document_numbers(part)) for part in (Part.TRAIN, Part.VALID))
        longest = max(self._lengths[self.tokens.texts.with_classes(part)].max(initial=0) for part in Part)
        kind = "tags" if self.tags else "classes"
        return (
            f"{train:,} training and {valid:,} validation documents of {len(self.classes)} {kind}, up to {longest:,} "
            f"tokens, {len(self.vocabulary):,} different ones"
        )

    @property
    def vocabulary(self) -> Any:
        """What text becomes tokens with, and tokens text."""
        return self.tokens.vocabulary

    @property
    def target_kind(self) -> Target:
        """One class per document: "class"; or any number of them: "tags"."""
        return "tags" if self.tags else "class"

    @property
    def tags(self) -> bool:
        """Whether a document has any number of tags, instead of one class."""
        return self.tokens.texts.tags

    @property
    def plan(self) -> Plan:
        """How training iterates over its documents: those of a batch have about the same length."""
        return replace(super().plan, lengths=self._lengths[self.document_numbers(Part.TRAIN)])

    @property
    def has_test(self) -> bool:
        """Whether the data have a test part."""
        return bool(len(self.tokens.texts.with_classes(Part.TEST)))

    def document_numbers(self, part: Part) -> np.ndarray:
        """The number of each document of a part in `tokens`, such as its row in a table: int64 (documents,).

        Raises:
            BadInput: The data have no such part.

        Example:
            >>> numbers = opinions.document_numbers(Part.VALID)
            >>> reviews["label"][numbers].tolist() == [opinions.classes[label] for label in opinions.labels(Part.VALID)]
            True
        """
        found = self.tokens.texts.with_classes(part)
        if not len(found):
            raise BadInput(f"The data have no {part.name.lower()} part. Received: {self.tokens.texts}")
        return found if part is Part.TRAIN else found[np.argsort(-self._lengths[found], kind="stable")]

    def source(self, part: Part) -> Source:
        """The documents of training, validation or test."""
        texts, numbers = self.tokens.texts, self.document_numbers(part)
        assert texts.labels is not None
        return Source(
            names=Names(len(numbers), lambda index: texts.names[numbers[index]]),
            labels=texts.labels[numbers],
            load=self._reader(numbers),
        )

    def examples(self, count: int = 3) -> list[tuple[str, str]]:
        """The first documents of a training batch, as text, each with the name of its class, or names of its tags.

        Example:
            >>> opinions.examples(1)
            [('a bad film. i would see it 5 times.', 'bad')]
        """
        tokens, labels = next(iter(self.epoch(0)))
        texts = [self.vocabulary.decode(row[row != 0]) for row in tokens.numpy()[:count]]
        return list(zip(texts, map(self.caption, labels.numpy()), strict=False))

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw documents of a part, the middle of long ones left out; see `Datasets.draw`."""
        from kerasdl import plots

        titles = self._titled(indices, titles, part, lambda name: Path(name).name)
        numbers = self.document_numbers(part)[np.asarray(indices, int)]
        return plots.text_sheet(self.tokens.texts.documents(numbers), titles)

    def draw_batch(self, count: int = 12) -> "Figure":
        """Draw the first documents of the first training batch as their tokens read: with "[UNK]" for unknown words."""
        from kerasdl import plots

        return plots.text_sheet(*zip(*self.examples(count), strict=True))

    @cached_property
    def _lengths(self) -> np.ndarray:
        """Of all documents, in tokens."""
        return np.diff(self.tokens.starts)

    def _reader(self, numbers: np.ndarray) -> Any:
        """From indices into `numbers` to the tokens of these documents."""
        read = rows_of(self.tokens.ids)
        with tf.device("CPU"):
            starts, lengths = (tf.constant(each[numbers], tf.int64) for each in (self.tokens.starts, self._lengths))

        def load(indices: tf.Tensor) -> tf.Tensor:
            ends = tf.gather(lengths, indices)[:, None]
            steps = -(-tf.maximum(tf.reduce_max(ends), 1) // MULTIPLE) * MULTIPLE
            offsets = tf.range(steps)
            is_inside = offsets < ends
            positions = tf.where(is_inside, tf.gather(starts, indices)[:, None] + offsets, 0)
            found = tf.reshape(read(tf.reshape(positions, [-1])), tf.shape(positions))
            return tf.where(is_inside, tf.cast(found, tf.int32), 0)

        return load


def _check_padding(tokenizer: OtherTokenizer) -> None:
    if tokenizer.padding != 0 or tokenizer.start == 0:
        raise BadInput(
            "Batches are padded with 0, which this tokenizer may use for text: take one whose padding is 0, or give "
            "yours pad_token_id = 0 if none of its texts has the number 0. "
            f"Received: {type(tokenizer.tokenizer).__name__} with padding {tokenizer.padding}, start {tokenizer.start}"
        )


@known_arguments()
def classifier(
    texts: Texts,
    *,
    batch_size: int = 32,
    level: Level | None = None,
    min_freq: int | None = None,
    max_vocab: int | None = None,
    vocabulary: Any = None,
    seed: int = 0,
) -> Documents:
    """Make the batches that a classifier of texts trains on.

    The texts are tokenized once; later runs read the tokens from the cache folder. Memory does not grow with the texts.

    Args:
        texts: The documents, with classes, such as `from_folder("reviews")`.
        batch_size: Documents per batch; the last batch of an epoch may be smaller.
        level: "words" (the default, `layers.text_rules`), "whitespace" (the text is tokenized already) or "characters".
        min_freq: How often a token must occur in the training documents to be in the vocabulary; by default 3 times.
        max_vocab: Largest size of the vocabulary; by default 60,000.
        vocabulary: Instead of these three: the `Vocabulary` of an earlier run, such as that of a language model, or
            another library's tokenizer, whose padding token is 0.
        seed: Random seed of the order of documents.

    Returns:
        The datasets.

    Raises:
        BadInput: As for `Documents` and `numericalize`.

    Example:
        >>> print(classifier(texts, batch_size=8, min_freq=2))
        36 training and 4 validation documents of 2 classes, up to 12 tokens, 17 different ones
    """
    tokens = numericalize(texts, level=level, min_freq=min_freq, max_vocab=max_vocab, vocabulary=vocabulary)
    return Documents(batch_size=batch_size, seed=seed, classes=tokens.texts.classes, tokens=tokens)
