"""Pretrained word vectors in the embedding of a text classifier: GloVe's, fastText's and word2vec's text files."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.families import flat_layers


def load_vectors(model: keras.Model, path: str | os.PathLike[str], words: Sequence[str]) -> list[str]:
    """Load word vectors into the embedding of a model: those of the words in the file, or none if any does not fit.

    A word that the file does not have in this case is looked up in lower case; one that it does not have at all keeps
    its initial weights, and padding too. The vectors are scaled to the spread of the initial weights, because networks
    train worse on the large numbers of some files.

    Args:
        model: A model with one embedding in group `stem` or `head`, of the width of the vectors.
        path: A text file with a word and its numbers per line, separated by spaces, as those of GloVe
            (https://nlp.stanford.edu/projects/glove) and fastText (https://fasttext.cc); a first line of two numbers,
            which are their count and width, is skipped.
        words: The word of each row of the embedding, such as `data.vocabulary.words`.

    Returns:
        The words that the file does not have.

    Raises:
        BadInput: A missing or damaged file, vectors of another width, or no vector for any word.
        ValueError: The model has no embedding, or another number of words.

    Example:
        >>> model = kerasdl.models.text_classifier(6, 2, embedding=3, units=(4,))
        >>> kerasdl.models.load_vectors(model, "vectors.txt", ("", "[UNK]", "xxbos", "good", "bad", "unheard-of"))
        ['', '[UNK]', 'xxbos', 'unheard-of']
    """
    path = Path(path)
    if path.is_char_device():
        # Such as /dev/zero, which never ends.
        raise BadInput(f"A device is not a file of vectors. Received: path={str(path)!r}")
    matrix = _embedding(model)
    if len(words) != matrix.shape[0]:
        raise ValueError(f"There must be one word per row of the embedding. Received: {len(words)} for {matrix.shape}")
    wanted = {word for each in words for word in (each, each.lower())} - {""}
    found = dict(_vectors(path, matrix.shape[1], wanted))
    vectors = [found.get(word, found.get(word.lower())) for word in words]
    known = [row for row, vector in enumerate(vectors) if vector is not None]
    if not known:
        raise BadInput(f"The file has a vector for none of the {len(words):,} words. Received: path={str(path)!r}")
    values = keras.ops.convert_to_numpy(matrix).copy()
    loaded = np.stack([vectors[row] for row in known])
    values[known] = loaded * (values.std() / loaded.std() if loaded.std() else 1.0)
    matrix.assign(values)
    return [word for row, word in enumerate(words) if vectors[row] is None]


def _embedding(model: keras.Model) -> keras.Variable:
    layers = [layer for _, layer in flat_layers(model) if re.fullmatch("(stem|head)_embedding", layer.name)]
    if len(layers) != 1:
        raise ValueError(f"The model needs one layer stem_embedding, or head_embedding. Received: {model.name!r}")
    return layers[0].embeddings


def _vectors(path: Path, width: int, wanted: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    """The vectors of the wanted words in a file, which is read line by line, because such files have gigabytes."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                # A word of GloVe may contain spaces.
                word, *numbers = line.rstrip().rsplit(" ", width)
                if number == 1 and re.fullmatch(r"\d+ \d+", line.strip()):
                    continue
                if len(numbers) != width or re.search(r" -?\d+\.\d+(e-?\d+)?$", word):
                    raise BadInput(
                        f"Each line must have a word and {width} numbers, as many as the embedding is wide. "
                        f"Received: line {number} of {str(path)!r}, {line[:60]!r}"
                    )
                if word in wanted:
                    yield word, _numbers(numbers, number, path)
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}). Received: path={str(path)!r}") from error


def _numbers(numbers: Sequence[str], line: int, path: Path) -> np.ndarray:
    try:
        vector = np.array(numbers, np.float32)
    except ValueError as error:
        raise BadInput(f"Not a number ({error}). Received: line {line} of {str(path)!r}") from error
    if not np.isfinite(vector).all():
        raise BadInput(f"The numbers must be finite. Received: line {line} of {str(path)!r}")
    return vector
