"""Batches for language models: the documents of an epoch, one after the other, as parallel streams of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.datasets import Datasets, Target
from kerasdl.data.order import shuffled
from kerasdl.data.pipeline import at_a_time, epoch_after_epoch, ready
from kerasdl.data.source import rows_of
from kerasdl.data.splits import Part
from kerasdl.data.text.levels import Level
from kerasdl.data.text.texts import Texts
from kerasdl.data.text.tokens import Tokens, numericalize
from kerasdl.distribute.parts import divisible, has_a_part
from kerasdl.distribute.slices import own_rows
from kerasdl.errors import BadInput
from kerasdl.losses import SparseCategoricalCrossentropy

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# The label of positions after the end of a stream.
NO_TOKEN = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Streams(Datasets):
    """Tokens and their successors, ready for the `fit` of a language model.

    The documents of an epoch, in an order that is a function of (seed, epoch), follow each other as one long text. It
    is divided into `batch_size` streams of equal length, which are the rows of the batches: a row goes on where the
    same row of the batch before ended. A batch is ({"tokens": int32 (rows, length), "start": int32 (rows,)},
    successors int32 (rows, length)). "start" is 1 in the first batch of an epoch, of validation and of test: there the
    models of kerasdl begin with an empty state. Every token except the first of each stream is predicted once per
    epoch; the label of positions behind the end of a stream is -1, which `loss` leaves out.

    Attributes:
        tokens: The numericalized documents.
        length: Largest number of tokens per row of a batch; all batches of an epoch are of one length.

    Raises:
        BadInput: Too few tokens for so many streams.

    Example:
        >>> print(plays)
        774 training and 86 validation tokens, 20 different ones, in 4 streams
        >>> inputs, successors = next(iter(plays.train))
        >>> inputs["tokens"].shape, successors.shape
        (TensorShape([4, 65]), TensorShape([4, 65]))
    """

    tokens: Tokens = field(repr=False)
    length: int = 70

    def __post_init__(self) -> None:
        _check_sizes(self.batch_size, self.length)
        worker, workers = self.shard
        if not 0 <= worker < workers or workers > self.batch_size:
            raise BadInput(
                "Workers count from 0, and each needs a stream of its own. "
                f"Received: shard={self.shard}, batch_size={self.batch_size}"
            )
        if self.weights is not None:
            raise BadInput("An epoch has every token once: leave weights out. Received: weights of documents")
        for part, name, least in ((Part.TRAIN, "training", 2 * self.batch_size), (Part.VALID, "validation", 2)):
            is_here = (self.tokens.texts.parts == part).any()
            count = self._part(part).count if is_here else 0
            if count < least:
                raise BadInput(
                    f"The {name} documents have {count} tokens, but {least} are needed, two for each of "
                    f"{least // 2} streams: use more text, or a smaller batch_size. Received: {self.tokens.texts}"
                )

    def __str__(self) -> str:
        counts = {part: self._part(part).count for part in (Part.TRAIN, Part.VALID)}
        return (
            f"{counts[Part.TRAIN]:,} training and {counts[Part.VALID]:,} validation tokens, "
            f"{len(self.vocabulary):,} different ones, in {self.batch_size} streams"
        )

    @property
    def vocabulary(self) -> Any:
        """What text becomes tokens with, and tokens text."""
        return self.tokens.vocabulary

    @property
    def target_kind(self) -> Target:
        """One label per position: "tokens"."""
        return "tokens"

    @property
    def loss(self) -> keras.losses.Loss:
        """Cross-entropy of logits, the mean over all positions that have a successor."""
        return SparseCategoricalCrossentropy(from_logits=True, ignore_class=NO_TOKEN)

    def names(self, part: Part) -> Sequence[str]:
        """The names of the documents of a part."""
        return [self.tokens.texts.names[document] for document in self._documents(part)]

    def labels(self, part: Part) -> np.ndarray:
        """The tokens of a part, documents in their order."""
        return np.concatenate([self.tokens.document(document) for document in self._documents(part)])

    @cached_property
    def train(self) -> tf.data.Dataset:
        """Training batches: every iteration is the next epoch, with the documents in another order."""
        if self.shard[1] > 1:
            return has_a_part(self._train(self.shard))
        return divisible(self._train(self.shard), self._train)

    @cached_property
    def valid(self) -> tf.data.Dataset:
        """Validation batches, with the documents in their order."""
        return self._in_order(Part.VALID)

    @cached_property
    def test(self) -> tf.data.Dataset:
        """Test batches, as `valid`.

        Raises:
            ValueError: The data have no test part.
        """
        return self._in_order(Part.TEST)

    def epoch(self, number: int, *, start: int = 0) -> tf.data.Dataset:
        """The training batches of one epoch, from step `start` on: those that `train` gives then. Moves no counter.

        Raises:
            ValueError: No such step.
        """
        part = self._part(Part.TRAIN)
        if not 0 <= start <= part.steps:
            raise ValueError(f"An epoch has {part.steps} steps. Received: start={start}")
        batches = part.batches(number, seed=self.seed, shard=self.shard, start=start)
        return batches.apply(tf.data.experimental.assert_cardinality(part.steps - start))

    @property
    def steps(self) -> int:
        """Batches per training epoch."""
        return self._part(Part.TRAIN).steps

    @property
    def has_test(self) -> bool:
        """Whether the data have a test part."""
        return bool((self.tokens.texts.parts == Part.TEST).any())

    @cached_property
    def characters_per_token(self) -> float:
        """Length of the validation documents divided by their number of tokens, for bits per character."""
        held_out = self.tokens.texts.parts == Part.VALID
        characters = sum(len(piece) for document, piece in self.tokens.texts.read() if held_out[document])
        return characters / self._part(Part.VALID).count

    def examples(self, count: int = 3) -> list[str]:
        """The first rows of a training batch, as text.

        Example:
            >>> plays.examples(1)[0][:9]
            'To be, or'
        """
        inputs, _ = next(iter(self.epoch(0)))
        return [self.vocabulary.decode(row) for row in inputs["tokens"].numpy()[:count]]

    def draw_batch(self, count: int = 12) -> "Figure":
        """Draw the first rows of the first training batch, as text; the next batch goes on where each ends."""
        from kerasdl import plots

        texts = self.examples(count)
        return plots.text_sheet(texts, [f"stream {number} of {self.batch_size}" for number in range(1, len(texts) + 1)])

    def _train(self, shard: tuple[int, int], devices: int = 1) -> tf.data.Dataset:
        part = self._part(Part.TRAIN)
        if shard[1] * devices > self.batch_size:
            raise BadInput(
                "Each device needs a stream of its own: use a larger batch_size. "
                f"Received: batch_size={self.batch_size} for {shard[1] * devices} devices"
            )

        def batches(epoch: tf.Tensor, start: tf.Tensor) -> tf.data.Dataset:
            return part.batches(epoch, seed=self.seed, shard=shard, devices=devices, start=start)

        return epoch_after_epoch(batches, part.steps, self.counter)

    def _in_order(self, part: Part) -> tf.data.Dataset:
        found = self._part(part)

        def of_worker(shard: tuple[int, int], devices: int) -> tf.data.Dataset:
            return ready(found.batches(0, seed=None, shard=shard, devices=devices), found.steps)

        return divisible(of_worker((0, 1), 1), of_worker)

    def _documents(self, part: Part) -> np.ndarray:
        found = np.flatnonzero(self.tokens.texts.parts == part)
        if not len(found):
            raise ValueError(f"The data have no {part.name.lower()} part. Received: {self}")
        return found

    def _part(self, part: Part) -> "_Part":
        documents = self._documents(part)
        starts = self.tokens.starts
        lengths = starts[documents + 1] - starts[documents]
        # A short text has fewer streams, because the first tokens of a stream are predicted from nearly nothing.
        most = max(1, int(lengths.sum()) // (self.length + 1))
        rows = self.batch_size if part is Part.TRAIN else min(self.batch_size, most)
        return _Part(self.tokens.ids, starts[documents], lengths, rows, self.length)


@dataclass(frozen=True)
class _Part:
    """The documents of training, validation or test, divided into rows."""

    ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    rows: int
    most: int

    @property
    def count(self) -> int:
        return int(self.lengths.sum())

    @property
    def steps(self) -> int:
        """Batches that the longest row needs."""
        return -(-self._predicted // self.most)

    @property
    def _predicted(self) -> int:
        return -(-self.count // self.rows) - 1

    def batches(
        self,
        epoch: tf.Tensor | int,
        *,
        seed: int | None,
        shard: tuple[int, int],
        devices: int = 1,
        start: tf.Tensor | int = 0,
    ) -> tf.data.Dataset:
        """The batches of an epoch from a step on; without a seed, with the documents in their order."""
        read, length = rows_of(self.ids), -(-self._predicted // self.steps)
        order = tf.range(len(self.lengths), dtype=tf.int64)
        if seed is not None:
            pair = tf.stack([tf.constant(seed, tf.int64), tf.cast(epoch, tf.int64)])
            order = shuffled(order, count=len(self.lengths), seed=pair)
        starts, lengths = (tf.gather(tf.constant(each, tf.int64), order) for each in (self.starts, self.lengths))
        ends = tf.cumsum(lengths)
        # Of a position in the text of the epoch, in the array of all tokens.
        shifts = starts - (ends - lengths)
        edges = np.arange(self.rows + 1, dtype=np.int64) * self.count // self.rows
        with tf.init_scope():  # known while the graph of an epoch is made
            own = own_rows(self.rows, shard, devices).numpy()
        begins, stops = edges[own, None], edges[own + 1, None]

        def batch(step: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
            positions = begins + step * length + tf.range(length + 1, dtype=tf.int64)
            is_inside = positions < stops
            places = tf.where(is_inside, positions, 0)
            documents = tf.searchsorted(ends, tf.reshape(places, [-1]), side="right")
            found = read(tf.reshape(places, [-1]) + tf.gather(shifts, documents))
            tokens = tf.reshape(tf.cast(found, tf.int32), [len(begins), length + 1])
            successors = tf.where(is_inside, tokens, NO_TOKEN)[:, 1:]
            inputs = tf.where(is_inside, tokens, 0)[:, :-1]
            return {"tokens": inputs, "start": tf.fill([len(begins)], tf.cast(step == 0, tf.int32))}, successors

        return tf.data.Dataset.range(start, self.steps).map(batch, num_parallel_calls=at_a_time())


@known_arguments()
def language_model(
    texts: Texts,
    *,
    batch_size: int = 64,
    length: int = 70,
    level: Level | None = None,
    min_freq: int | None = None,
    max_vocab: int | None = None,
    vocabulary: Any = None,
    seed: int = 0,
) -> Streams:
    """Make the batches that a language model trains on.

    The texts are tokenized once; later runs read the tokens from the cache folder. Memory does not grow with the texts.

    Args:
        texts: The documents, such as `from_folder("reviews")`.
        batch_size: Number of streams that are read in parallel, the rows of a batch.
        length: Largest number of tokens per row of a batch, and of steps through which gradients flow.
        level: "words" (the default, `layers.text_rules`), "whitespace" (the text is tokenized already) or "characters".
        min_freq: How often a token must occur in the training documents to be in the vocabulary; by default 3 times.
        max_vocab: Largest size of the vocabulary; by default 60,000.
        vocabulary: Instead of these three: the `Vocabulary` of an earlier run, or another library's tokenizer.
        seed: Random seed of the order of documents.

    Returns:
        The datasets.

    Raises:
        BadInput: Too few tokens for so many streams; or as for `numericalize`.

    Example:
        >>> streams = language_model(texts, batch_size=4, level="characters")
    """
    _check_sizes(batch_size, length)
    tokens = numericalize(texts, level=level, min_freq=min_freq, max_vocab=max_vocab, vocabulary=vocabulary)
    return Streams(batch_size=batch_size, seed=seed, tokens=tokens, length=length)


def _check_sizes(batch_size: int, length: int) -> None:
    if batch_size < 1 or length < 1:
        raise BadInput(f"batch_size and length must be at least 1. Received: {batch_size}, {length}")
