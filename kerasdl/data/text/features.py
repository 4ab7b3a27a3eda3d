"""Precomputed features of texts: what a frozen encoder makes of each document, computed once and cached on disk."""

import hashlib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.data.datasets import Datasets, Target
from kerasdl.data.feature_file import feature_file, function_identity, write_features
from kerasdl.data.source import Source, array_source
from kerasdl.data.splits import Part
from kerasdl.data.text.documents import Documents
from kerasdl.data.text.encoding import Encoder, Encoding, StringEncoding, TokenEncoding, takes_strings
from kerasdl.data.text.texts import Names, Texts
from kerasdl.errors import BadInput
from kerasdl.files import cache_folder

# Documents per batch, unless `Documents` say how many.
BATCH_SIZE = 32


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Datasets):
    """Features of documents with classes or tags, ready for the `fit` of a head.

    Attributes:
        classes: The names of the classes, or tags.
        texts: The documents.
        numbers: The numbers of the documents of training, validation and test.
        features: float32 (documents, width), of training, validation and test.

    Example:
        >>> features = kerasdl.data.text.precompute(sentence_encoder, texts)
        >>> print(features)
        36 training and 4 validation documents of 2 classes, 3 features
        >>> head = kerasdl.models.mlp((features.width,), len(features.classes), hidden=())
        >>> head.compile("adam", features.loss, metrics=["accuracy"])
        >>> head.fit(features.train, validation_data=features.valid, epochs=5, shuffle=False)
    """

    classes: tuple[str, ...]
    texts: Texts
    numbers: tuple[np.ndarray, ...] = field(repr=False)
    features: tuple[np.ndarray, ...] = field(repr=False)

    def __str__(self) -> str:
        train, valid, _ = map(len, self.numbers)
        kind = "tags" if self.texts.tags else "classes"
        return (
            f"{train:,} training and {valid:,} validation documents of {len(self.classes)} {kind}, "
            f"{self.width:,} features"
        )

    @property
    def width(self) -> int:
        """Features per document."""
        return self.features[Part.TRAIN].shape[1]

    @property
    def target_kind(self) -> Target:
        """One class per document: "class"; or any number of them: "tags"."""
        return "tags" if self.texts.tags else "class"

    def document_numbers(self, part: Part) -> np.ndarray:
        """The number of each document of a part in `texts`, such as its row in a table: int64 (documents,)."""
        return self.numbers[part]

    def source(self, part: Part) -> Source:
        """The features of a part, with the labels of its documents.

        Raises:
            BadInput: The data have no such part.
        """
        numbers = self.numbers[part]
        if not len(numbers):
            raise BadInput(f"The data have no {part.name.lower()} part. Received: {self.texts}")
        assert self.texts.labels is not None
        names = Names(len(numbers), lambda index: self.texts.names[numbers[index]])
        return array_source(self.features[part], self.texts.labels[numbers], names)


def precompute(
    encoder: Encoder, documents: Texts | Documents, *, folder: str | Path | None = None, verbose: int = 1
) -> Features:
    """Runs a frozen encoder once over all documents, so that a head trains on the features in seconds.

    Features are cached in files whose names are hashes of the encoder's weights and its outputs for the beginnings of
    a few documents, and of all documents; if any of these changes, the features are computed again. The folder can be
    deleted at any time.

    Args:
        encoder: A model from batches of `Documents` to features (documents, width); a model from strings; or any other
            function from a list of strings to an array (documents, width), such as the `encode` of a sentence encoder,
            or a preprocessor and a backbone of KerasHub. Models run in inference mode.
        documents: The documents, with classes or tags. A model of tokens needs `Documents`, whose vocabulary it knows.
            Of `Texts`, a batch has 32; `dataclasses.replace(features, batch_size=…)` changes it for the head.
        folder: The cache folder; by default `$XDG_CACHE_HOME/kerasdl/features` (`~/.cache/kerasdl/features`).
        verbose: 1 for a progress bar if features must be computed, 0 for none.

    Returns:
        The features of training, validation and test; of `Documents` in their order, else in that of the texts.

    Raises:
        BadInput: Documents without classes, a model of tokens without `Documents`, outputs of another shape, or the
            folder cannot be written or is full.

    Example:
        >>> features = kerasdl.data.text.precompute(sentence_encoder, texts)
        >>> features.features[Part.TRAIN].shape
        (36, 3)
    """
    encoding, common = _encoding(encoder, documents)
    function = function_identity(encoding.probed, encoder.weights if isinstance(encoder, keras.Model) else ())
    folder, width = Path(folder or cache_folder() / "features"), encoding.probed.shape[1]

    def features(part: Part, numbers: np.ndarray) -> np.ndarray:
        if not len(numbers):
            return np.zeros((0, width), np.float32)
        samples = f"{encoding.samples} {hashlib.sha256(numbers.tobytes()).hexdigest()}"

        def fill(array: np.ndarray) -> None:
            write_features(array, encoding.batches(part), unit_name="text", verbose=verbose)

        return feature_file(folder, function, samples, (len(numbers), width), fill)

    return Features(features=tuple(map(features, Part, common["numbers"])), **common)


def _encoding(encoder: Encoder, documents: Texts | Documents) -> tuple[Encoding, dict[str, Any]]:
    """The encoder with its documents, and what the features have in common with these."""
    if isinstance(documents, Documents):
        texts = documents.tokens.texts
        numbers = tuple(
            documents.document_numbers(part) if len(found) else found
            for part, found in zip(Part, map(texts.with_classes, Part), strict=True)
        )
        common = {each.name: getattr(documents, each.name) for each in fields(Datasets)}
    else:
        texts, numbers = documents, tuple(map(documents.with_classes, Part))
        common = {"batch_size": BATCH_SIZE, "seed": 0, "classes": texts.classes}
    common |= {"texts": texts, "numbers": numbers}
    if takes_strings(encoder):
        return StringEncoding(encoder, texts, numbers, common["batch_size"]), common
    if not isinstance(documents, Documents):
        raise BadInput(
            "This model takes tokens: give Documents, made by data.text.classifier with the vocabulary of the model. "
            f"Received: {type(documents).__name__}"
        )
    return TokenEncoding(encoder, documents), common
