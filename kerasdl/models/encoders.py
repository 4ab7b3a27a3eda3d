"""The encoder of a language model in a file: its embedding and recurrent layers, with the words of the embedding."""

import json
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.families import flat_layers
from kerasdl.files import atomic_write, check_unpacked
from kerasdl.models.weight_files import Tensors, check_fit, raw_tensors

_WORDS, _EMBEDDING, _BIAS = "words", "embedding", "embedding_bias"
# fastai's names of the words that a `Vocabulary` calls so.
_SAME_WORDS = {"xxpad": "", "xxunk": "[UNK]"}
_IN_EVERY = {"", "[UNK]", "\x02"}


def save_encoder(model: keras.Model, path: str | os.PathLike[str], words: Sequence[str]) -> None:
    """Save embedding and recurrent layers of a language model, for another text or a classifier.

    Args:
        model: A language model of kerasdl.
        path: A file that ends in .npz; it is written whole or not at all.
        words: The word of each row of the embedding, such as `data.vocabulary.words`.

    Raises:
        BadInput: Another ending; more or fewer words than rows.
        ValueError: The model has no embedding and recurrent layers of kerasdl.

    Example:
        >>> kerasdl.models.save_encoder(language_model, "encoder.npz", plays.vocabulary.words)
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise BadInput(f"The name of an encoder's file ends in .npz. Received: path={str(path)!r}")
    tensors = {name: keras.ops.convert_to_numpy(variable) for name, variable in _variables(model)}
    _check_words(words, tensors[_EMBEDDING], path)
    encoded = np.frombuffer(json.dumps(list(words)).encode(), np.uint8)
    with atomic_write(path) as temporary:
        np.savez(temporary, **tensors, **{_WORDS: encoded})


def load_encoder(
    model: keras.Model,
    path: str | os.PathLike[str],
    words: Sequence[str],
    *,
    file_words: Sequence[str] | None = None,
) -> list[str]:
    """Load an encoder into a language model or classifier: all of its weights, or none if any does not fit.

    The rows of the embedding go to the same words; a word that the file does not have gets the mean row (Howard and
    Ruder, arXiv:1801.06146). The same holds for the bias of tied logits, if file and model have one.

    Args:
        model: A model of kerasdl with layers of the same sizes as the file's.
        path: A file of `save_encoder`; or a .safetensors file of fastai's AWD-LSTM under the names of its state dict,
            as its encoder alone or with its decoder.
        words: The word of each row of the model's embedding, such as `data.vocabulary.words`.
        file_words: The word of each row of a .safetensors file, which has none; fastai's "xxpad" and "xxunk" are
            padding and "[UNK]".

    Returns:
        The words that the file does not have.

    Raises:
        BadInput: A missing or damaged file; words that do not belong to the embedding, or none that the file has;
            weights that are missing, unknown or of another shape.
        ModuleNotFoundError: safetensors is needed and not installed.
        ValueError: The model has no embedding and recurrent layers of kerasdl.

    Example:
        >>> kerasdl.models.save_encoder(language_model, "encoder.npz", plays.vocabulary.words)
        >>> new = kerasdl.models.load_encoder(language_model, "encoder.npz", plays.vocabulary.words)
    """
    path = Path(path)
    tensors, theirs = _read(path, file_words)
    targets = dict(_variables(model))
    _check_words(theirs, tensors.get(_EMBEDDING, np.zeros((0, 0))), path)
    _check_words(words, targets[_EMBEDDING], path)
    rows = {_SAME_WORDS.get(word, word): row for row, word in enumerate(theirs)}
    # Padding, unknown words and marks are in every vocabulary.
    if not any(word in rows for word in words if word not in _IN_EVERY and not word.startswith("xx")):
        raise BadInput(
            "The file has none of these words, so all rows would be alike: use an encoder of the same language and "
            f"level. Received: path={str(path)!r}"
        )
    for name in (_EMBEDDING, _BIAS):
        if name in tensors:
            tensors[name] = _of_words(tensors[name], rows, words)
    if _BIAS not in targets or _BIAS not in tensors:
        # The encoder of a classifier, or of logits that are not tied.
        tensors.pop(_BIAS, None)
        targets.pop(_BIAS, None)
    check_fit(tensors, targets, model, path, "build the model with the sizes of the file")
    for name, variable in targets.items():
        variable.assign(tensors[name])
    return [word for word in words if word not in rows]


def encoder_sizes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The sizes of an encoder, as arguments of `text_classifier`.

    Args:
        path: As for `load_encoder`.

    Returns:
        `cell`, `embedding` and `units`.

    Raises:
        BadInput: A missing or damaged file, or one without an encoder.
        ModuleNotFoundError: safetensors is needed and not installed.

    Example:
        >>> kerasdl.models.save_encoder(language_model, "encoder.npz", plays.vocabulary.words)
        >>> sizes = kerasdl.models.encoder_sizes("encoder.npz")
        >>> model = kerasdl.models.text_classifier(len(plays.vocabulary), 2, **sizes)
    """
    path = Path(path)
    tensors, _ = _read(path, () if path.suffix == ".safetensors" else None)
    # An LSTM has four kernels side by side, a GRU three.
    names = [re.fullmatch(r"stage(\d+)_(lstm|gru|rnn)\.recurrent_kernel", name) for name in tensors]
    kernels = sorted([match for match in names if match], key=lambda match: int(match[1]))
    if _EMBEDDING not in tensors or not kernels:
        raise BadInput(f"The file has no embedding and recurrent layers. Received: path={str(path)!r}")
    units = tuple(tensors[match[0]].shape[0] for match in kernels)
    return {"cell": kernels[0][2], "embedding": tensors[_EMBEDDING].shape[1], "units": units}


def encoder_words(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The words of an encoder, for the `Vocabulary` of texts that a classifier reads with it.

    Args:
        path: A file of `save_encoder`.

    Raises:
        BadInput: A missing or damaged file.

    Example:
        >>> kerasdl.models.save_encoder(language_model, "encoder.npz", plays.vocabulary.words)
        >>> kerasdl.models.encoder_words("encoder.npz") == plays.vocabulary.words
        True
    """
    return tuple(_read(Path(path), None)[1])


def _variables(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """The weights of an encoder, and the bias of tied logits, by their names in a file."""
    found = [layer for _, layer in flat_layers(model)]
    embeddings = [layer for layer in found if re.fullmatch("(stem|head)_embedding", layer.name)]
    recurrent = [layer for layer in found if re.fullmatch(r"stage\d+_(lstm|gru|rnn)", layer.name)]
    if len(embeddings) != 1 or not recurrent:
        raise ValueError(
            "The model must come from models.language_model, models.awd_lstm or a classifier with their encoder. "
            f"Received: {model.name!r} with layers {[layer.name for layer in model.layers]}"
        )
    yield _EMBEDDING, embeddings[0].embeddings
    if getattr(embeddings[0], "bias", None) is not None:
        yield _BIAS, embeddings[0].bias
    for layer in recurrent:
        # Not the carried state, which is of the text that was read last.
        for variable in getattr(layer, "layer", layer).weights:
            yield f"{layer.name}.{variable.name}", variable


def _read(path: Path, file_words: Sequence[str] | None) -> tuple[Tensors, Sequence[str]]:
    """The tensors of a file, and its words."""
    if not path.is_file():
        raise BadInput(f"No such file. Received: path={str(path)!r}")
    if path.suffix == ".safetensors":
        if file_words is None:
            raise BadInput(f"A .safetensors file holds no words: pass file_words. Received: path={str(path)!r}")
        return _from_fastai(raw_tensors(path), path), file_words
    if file_words is not None:
        raise BadInput(f"The file holds its words: leave file_words out. Received: path={str(path)!r}")
    try:
        check_unpacked(path)
        # Opened here, because NumPy leaves a damaged file open.
        with path.open("rb") as opened, np.load(opened) as file:
            tensors = dict(file)
            words = json.loads(tensors.pop(_WORDS).tobytes())
        if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
            raise ValueError("its words are no list of strings")
        return tensors, words
    except (OSError, ValueError, KeyError, EOFError, RecursionError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"The file is damaged, or no encoder ({error}): give a .npz of save_encoder, or fastai's .safetensors. "
            f"Received: path={str(path)!r}"
        ) from error


def _from_fastai(tensors: Tensors, path: Path) -> Tensors:
    """The tensors of fastai's AWD-LSTM under our names, in Keras's layout."""
    tensors = {re.sub(r"^(0|1)\.", "", name): tensor for name, tensor in tensors.items()}
    found: Tensors = {}
    for name, tensor in tensors.items():
        if name == "encoder.weight":
            found[_EMBEDDING] = tensor
        elif name == "decoder.bias":
            found[_BIAS] = tensor
        elif match := re.fullmatch(r"rnns\.(\d+)\.(weight_hh_l0_raw|module\.weight_ih_l0)", name):
            part = "recurrent_kernel" if "raw" in match[2] else "kernel"
            found[f"stage{int(match[1]) + 1}_lstm.{part}"] = tensor.T
        elif match := re.fullmatch(r"rnns\.(\d+)\.module\.bias_(ih|hh)_l0", name):
            # torch has two biases, which are added.
            bias = f"stage{int(match[1]) + 1}_lstm.bias"
            found[bias] = found.get(bias, 0) + tensor
        elif not re.fullmatch(r"encoder_dp\.emb\.weight|decoder\.weight|rnns\.\d+\.module\.weight_hh_l0", name):
            raise BadInput(f"fastai's AWD-LSTM has no weight {name!r}. Received: path={str(path)!r}")
    return found


def _of_words(values: np.ndarray, rows: dict[str, int], words: Sequence[str]) -> np.ndarray:
    """The row of each word, or the mean of all rows."""
    mean = values.mean(axis=0)
    return np.stack([values[rows[word]] if word in rows else mean for word in words])


def _check_words(words: Sequence[str], embedding: Any, path: Path) -> None:
    if len(words) != embedding.shape[0]:
        raise BadInput(
            f"There must be one word per row of the embedding, {embedding.shape[0]}. "
            f"Received: {len(words)} words for {str(path)!r}"
        )
