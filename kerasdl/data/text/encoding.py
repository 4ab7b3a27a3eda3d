"""From documents to the outputs of an encoder, batch after batch: of their tokens, or of their strings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.pipeline import validation
from kerasdl.data.splits import Part
from kerasdl.data.text.documents import Documents
from kerasdl.data.text.texts import Texts
from kerasdl.errors import BadInput

Encoder: TypeAlias = keras.Model | Callable[[list[str]], Any]
# How many documents, and characters of each, an encoder of strings is told from others by.
PROBES, PROBE_LENGTH = 16, 2**16


class Encoding(Protocol):
    """An encoder and its documents."""

    @property
    def samples(self) -> str:
        """A key for what the encoder gets of all documents."""

    @property
    def probed(self) -> np.ndarray:
        """Its outputs for fixed inputs, (any, width)."""

    def batches(self, part: Part) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(rows, outputs of these rows) for each batch of a part; a row is a place in the order of the part."""


@dataclass(frozen=True)
class TokenEncoding:
    """A model of batches of `Documents`.

    Attributes:
        model: From tokens (rows, steps) to features (rows, width).
        documents: The documents.
    """

    model: keras.Model
    documents: Documents

    @property
    def samples(self) -> str:
        """A key for the tokens of all documents."""
        return f"{self.documents.tokens.texts.identity} {self.documents.vocabulary.identity}"

    @cached_property
    def probed(self) -> np.ndarray:
        """Its outputs for random tokens, as many as the longest document has, and for fewer."""
        longest = max(16, int(np.diff(self.documents.tokens.starts).max()))
        tokens = np.random.default_rng(0).integers(1, len(self.documents.vocabulary), (3, longest), np.int32)
        tokens[1, 9:], tokens[2, 1:] = 0, 0
        return checked(self.model.predict_on_batch(tokens), len(tokens))

    def batches(self, part: Part) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Those of about the same length together."""
        lengths = np.diff(self.documents.tokens.starts)[self.documents.document_numbers(part)]
        order, begin = np.argsort(-lengths, kind="stable"), 0
        source = self.documents.source(part).take(order)
        for tokens, *_ in validation(source, batch_size=self.documents.batch_size):
            yield order[begin : begin + len(tokens)], checked(self.model.predict_on_batch(tokens), len(tokens))
            begin += len(tokens)


@dataclass(frozen=True)
class StringEncoding:
    """A model of strings, or another function of a list of strings.

    Attributes:
        encoder: From strings to features (strings, width).
        texts: The documents.
        numbers: The numbers of the documents of training, validation and test.
        batch_size: Strings per call.
    """

    encoder: Encoder
    texts: Texts
    numbers: tuple[np.ndarray, ...]
    batch_size: int

    @property
    def samples(self) -> str:
        """A key for the documents."""
        return self.texts.identity

    @cached_property
    def probed(self) -> np.ndarray:
        """Its outputs for the first documents."""
        return self._run([text[:PROBE_LENGTH] for _, text in islice(self.texts.read(), PROBES)])

    def batches(self, part: Part) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Documents in the order in which they are read."""
        place = np.full(len(self.texts), -1)
        place[self.numbers[part]] = np.arange(len(self.numbers[part]))
        documents = (
            (place[number], "".join(piece for _, piece in pieces))
            for number, pieces in groupby(self.texts.read(), itemgetter(0))
            if place[number] >= 0
        )
        while batch := list(islice(documents, self.batch_size)):
            yield np.array([row for row, _ in batch]), self._run([text for _, text in batch])

    def _run(self, strings: list[str]) -> np.ndarray:
        if not isinstance(self.encoder, keras.Model):
            return checked(self.encoder(strings), len(strings))
        inputs = tf.reshape(tf.constant(strings), [-1, *self.encoder.inputs[0].shape[1:]])
        return checked(self.encoder.predict_on_batch(inputs), len(strings))


def takes_strings(encoder: Encoder) -> bool:
    """Whether an encoder takes strings; if not, it takes tokens.

    Raises:
        BadInput: Neither a functional or Sequential model with one input, nor a function.
    """
    if not isinstance(encoder, keras.Model) and callable(encoder):
        return True
    inputs = getattr(encoder, "inputs", None) or []
    if len(inputs) != 1:
        raise BadInput(
            "An encoder is a functional or Sequential model with one input, tokens or strings, or a function from a "
            f"list of strings to an array: wrap another model in one. Received: {type(encoder).__name__}"
        )
    return bool(inputs[0].dtype == "string")


def checked(outputs: Any, count: int) -> np.ndarray:
    """The outputs as float32 (count, width).

    Raises:
        BadInput: They are something else.
    """
    try:
        found = np.asarray(outputs, np.float32)
    except (TypeError, ValueError):
        found = np.empty(())
    if found.ndim != 2 or len(found) != count:
        shape = f"an array of shape {found.shape}" if found.ndim else type(outputs).__name__
        raise BadInput(
            f"An encoder makes one row of features per text, an array (texts, width): pool over steps, or choose one "
            f"output. Received: {shape} for {count} texts"
        )
    return found
