"""Texts of TensorFlow Datasets by name: from prepared data, else from local files; downloads only on request."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.listing import TEST_FOLDERS, TRAIN_FOLDERS, VALID_FOLDERS
from kerasdl.data.splits import Part
from kerasdl.data.text.folders import UNLABELLED
from kerasdl.data.text.labels import hold_out
from kerasdl.data.text.pieces import pieces_of_text
from kerasdl.data.text.texts import Names, Texts
from kerasdl.data.tfds import prepared_builder, supervised_keys
from kerasdl.errors import BadInput

_PART = dict.fromkeys(TRAIN_FOLDERS + UNLABELLED, Part.TRAIN)
_PART |= dict.fromkeys(VALID_FOLDERS, Part.VALID) | dict.fromkeys(TEST_FOLDERS, Part.TEST)


@known_arguments()
def from_tfds(
    name: str,
    *,
    label: bool = True,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    download: bool = False,
    valid_share: float = 0.1,
    seed: int = 0,
) -> Texts:
    """A dataset of TensorFlow Datasets with texts, by name (https://www.tensorflow.org/datasets).

    A dataset that is prepared in `data_dir` is used directly, else it is prepared from the files in `manual_dir`;
    nothing is downloaded unless `download` is set. The splits "train", "unsupervised", "validation" and "test" are
    read, others not. Without "validation" it is a share of "train".

    Args:
        name: A name for `tfds.builder`, such as "imdb_reviews".
        label: Whether the documents have their classes; False for documents without classes.
        data_dir: The folder of prepared datasets; by default that of TensorFlow Datasets.
        manual_dir: A folder with the dataset's original files.
        download: Whether missing files may be downloaded.
        valid_share: Share of the training documents for validation, of every class alike, if there is no such split.
        seed: Draws the documents for validation.

    Returns:
        The documents.

    Raises:
        BadInput: No such dataset, no texts in it or several kinds of them, its files are missing, or the network is
            unreachable.

    Example:
        >>> imdb = from_tfds("imdb_reviews", manual_dir="downloads/imdb")
    """
    builder = prepared_builder(name, data_dir=data_dir, manual_dir=manual_dir, download=download)
    text, target = _keys(builder, name, is_labelled=label)
    splits = [split for split in _PART if split in builder.info.splits]
    digest, size, labels, counts = blake2b(digest_size=16), 0, [], dict.fromkeys(splits, 0)
    for split in splits:
        for example in _examples(builder, split, text, target):
            counts[split] += 1
            size += len(example[text])
            digest.update(example[text] + b"\0")
            labels.append(-1 if target is None else example[target])
    if not size:
        raise BadInput(f"There is no text. Received: feature {text!r} of dataset {name!r}")
    first = np.cumsum([0, *counts.values()])

    def name_of(number: int) -> str:
        split = int(np.searchsorted(first, number, side="right")) - 1
        return f"{builder.name}/{splits[split]}[{number - first[split]}]"

    def read() -> Iterator[tuple[int, str]]:
        documents = (example[text] for split in splits for example in _examples(builder, split, text))
        for number, document in enumerate(documents):
            for piece in pieces_of_text(document.decode(errors="replace")):
                yield number, piece

    found = None if target is None else np.array(labels, np.int64)
    classes = () if target is None else tuple(builder.info.features[target].names)
    parts = np.repeat([_PART[split] for split in splits], list(counts.values()))
    return Texts(
        read=read,
        names=Names(len(labels), name_of),
        parts=hold_out(parts, found, classes, valid_share, seed),
        labels=found,
        classes=classes,
        identity=digest.hexdigest(),
        size=size,
    )


def _keys(builder: Any, name: str, *, is_labelled: bool) -> tuple[str, str | None]:
    """The features that hold text and class; None for documents without classes."""
    if keys := supervised_keys(builder, "Text", "ClassLabel"):
        return keys[0], keys[1] if is_labelled else None
    features = builder.info.features
    texts = [key for key in features if type(features[key]).__name__ == "Text"]
    if len(texts) != 1:
        raise BadInput(f"Dataset {name!r} must have one feature of texts. Received: features {list(features)}")
    return texts[0], None


def _examples(builder: Any, split: str, *features: str | None) -> Iterator[dict[str, Any]]:
    """The examples of a split in order, with these features only."""
    import tensorflow_datasets as tfds

    wanted = tfds.decode.PartialDecoding({feature: True for feature in features if feature is not None})
    yield from builder.as_dataset(split=split, shuffle_files=False, decoders=wanted).as_numpy_iterator()
