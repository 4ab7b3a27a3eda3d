"""The data of an earlier run, loaded again as what its model takes: raw pictures, rows, texts, windows or sequences."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np
from kerasdl.data import sequences, text
from kerasdl.data.splits import Part
from kerasdl.data.tabular import raw_inputs
from kerasdl.errors import BadInput
from kerasdl.export import class_names, raw_columns, target_names
from kerasdl.layers import LogMelSpectrogram
from kerasdl.runs.image_data import ImageData, load_images
from kerasdl.runs.kinds import Kind, kind_of
from kerasdl.runs.sequence_data import SequenceData, load_sequences
from kerasdl.runs.series_data import SeriesData, load_series
from kerasdl.runs.table_data import TableData, load_table
from kerasdl.runs.text_data import LabelledTextData, TextData, load_texts

Options = TypeVar("Options")
# Characters that a language model reads before it says what follows.
READ = 200


@dataclass(frozen=True)
class RawData:
    """Samples of a run.

    Attributes:
        inputs: What the run's model takes: an array or tensor, or a dict of them.
        truth: int64 (samples,) classes, float32 (samples, classes) tags of 0 and 1, or float64 numbers in the user's
            units; None for a language model.
        answers: Which of the model's outputs those are, as an index: the medians among quantiles.

    Example:
        >>> raw = RawData(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]))
        >>> len(raw)
        2
    """

    inputs: Any
    truth: np.ndarray | None
    answers: Any = ...

    def __len__(self) -> int:
        return len(keras.tree.flatten(self.inputs)[0])

    def first(self, count: int) -> Any:
        """The inputs of the first samples.

        Example:
            >>> RawData(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1])).first(1).shape
            (1, 8, 8, 3)
        """
        return keras.tree.map_structure(lambda each: each[:count], self.inputs)


def load_raw(
    model: keras.Model, config: Mapping[str, Any], *, train: int, valid: int, data: str | None = None
) -> tuple[RawData, RawData]:
    """Training and validation samples of an earlier run, drawn by its seed.

    Args:
        model: Its model, as `export` made it.
        config: Its configuration.
        train: Number of training samples, at most.
        valid: Number of validation samples, at most.
        data: Data of the same form in the place of those in the configuration.

    Raises:
        BadInput: The data are gone, or are not those of the run.
        ModuleNotFoundError: A package that reads such data is not installed.

    Example:
        >>> model = keras.models.load_model("pets.keras")
        >>> training, validation = load_raw(model, {"data": "pets"}, train=200, valid=1000)
    """
    given = {**config, **({"data": data} if data else {})}
    writes = [each.name for each in model.layers[-1:]] == ["probabilities"]
    loader = _language if writes else _LOADERS[kind_of(model)]
    try:
        classes, load = loader(model, given, int(config.get("seed", 0)))
    except (BadInput, OSError) as error:
        raise BadInput(
            f"The data of the run cannot be loaded again: give them (--data). Why: {str(error).rstrip('.')}"
            + ("" if "Received:" in str(error) else f". Received: {given.get('data')!r}")
        ) from error
    if classes is not None and tuple(classes) != (known := class_names(model)):
        raise BadInput(
            f"The data have other classes than the run: {', '.join(known)}. Received: {', '.join(classes)} in "
            f"{given.get('data')!r}"
        )
    return load(Part.TRAIN, train), load(Part.VALID, valid)


def score_of(raw: RawData, found: np.ndarray) -> tuple[str, float]:
    """Accuracy, of tags that of each, or RMSE in the user's units, and its name.

    Args:
        raw: The samples.
        found: What the model makes of them.

    Raises:
        BadInput: They are of a language model.

    Example:
        >>> score_of(RawData(None, np.array([0, 1])), np.array([[0.9, 0.1], [0.6, 0.4]]))
        ('accuracy', 0.5)
    """
    if raw.truth is None:
        raise BadInput("A language model writes texts: it has no score here. Received: truth=None")
    found = found[raw.answers]
    if raw.truth.dtype == np.float64:
        return "RMSE", float(np.sqrt(np.square(found - raw.truth).mean()))
    right = found.argmax(axis=1) == raw.truth if raw.truth.dtype == np.int64 else (found > 0.5) == raw.truth
    return "accuracy", float(right.mean())


_Load = Callable[[Part, int], RawData]


def _images(model: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    fit = model.get_layer("fit_image")
    options = _options(ImageData, config)
    data = load_images(options, seed=seed, image_size=(fit.height, fit.width), channels=model.input_shape[-1])
    _check_channels(model, data.shape[-1])

    def load(part: Part, count: int) -> RawData:
        labels = data.labels(part)
        rows = _chosen(len(labels), count, seed)
        return RawData(np.rint(data.source(part).at(rows)).astype(np.uint8), labels[rows])

    return data.classes, load


def _table(model: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    data, columns = load_table(_options(TableData, config), seed=seed), raw_columns(model)
    names = [each.name for each in data.columns if each.preprocessor is not None]
    if data.scale is not None and not {*data.target} <= {*target_names(model)}:
        raise BadInput(f"The data have other targets than the run. Received: {data.target}")
    medians = [] if data.scale is None else [target_names(model).index(each) for each in data.target]

    def load(part: Part, count: int) -> RawData:
        labels = data.labels(part)
        rows = _chosen(len(labels), count, seed)
        places = np.flatnonzero(data.parts == part)[rows]
        inputs = raw_inputs(data.rows.at(places.tolist(), names), columns)
        truth = labels[rows] if data.scale is None else data.scale.undo(labels[rows])
        return RawData(inputs, truth, ... if data.scale is None else (slice(None), medians))

    return data.classes, load


def _texts(_: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    data = load_texts(_options(LabelledTextData, config), seed=seed)

    def load(part: Part, count: int) -> RawData:
        numbers = data.with_classes(part)
        numbers = numbers[_chosen(len(numbers), count, seed)]
        assert data.labels is not None
        return RawData(text.as_strings(data.documents(numbers)), data.labels[numbers])

    return data.classes, load


def _language(_: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    """The texts of a part from its beginning on, in pieces."""
    data = load_texts(_options(TextData, config), seed=seed)

    def load(part: Part, count: int) -> RawData:
        pieces = (
            piece[start : start + READ]
            for number, piece in data.read()
            if data.parts[number] == part
            for start in range(0, len(piece), READ)
        )
        return RawData(text.as_strings(list(islice(pieces, count))), None)

    return None, load


def _series(model: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    data = load_series(_options(SeriesData, config), seed=seed)
    if (data.lookback, len(data.channels)) != model.input_shape[1:]:
        raise BadInput(f"The data have other windows than the run. Received: {data.channels}, {data.lookback} rows")

    def load(part: Part, count: int) -> RawData:
        origins = data.train_origins if part is Part.TRAIN else data.valid_origins
        origins = origins[_chosen(len(origins), count, seed)]
        middle = ... if len(model.output_shape) == 3 else (slice(None), slice(None), model.output_shape[2] // 2)
        return RawData(data.windows(origins).astype(np.float32), data.futures(origins), middle)

    return None, load


def _sequences(model: keras.Model, config: Mapping[str, Any], seed: int) -> tuple[Any, _Load]:
    data = load_sequences(_options(SequenceData, config), seed=seed)
    spectrogram = next((each for each in model.layers if isinstance(each, LogMelSpectrogram)), None)
    if spectrogram is None:
        _check_channels(model, data.shape[-1])

    def load(part: Part, count: int) -> RawData:
        labels, names = data.labels(part), data.names(part)
        rows = _chosen(len(labels), count, seed)
        if spectrogram is None:
            return RawData(np.asarray(data.source(part).at(rows)), labels[rows])
        sounds = [sequences.samples_of(names[row], spectrogram.sample_rate) for row in rows]
        inputs = np.full((len(sounds), max(map(len, sounds))), np.nan, np.float32)
        for row, samples in zip(inputs, sounds, strict=True):
            row[: len(samples)] = samples
        return RawData(inputs, labels[rows])

    return data.classes, load


_LOADERS: dict[Kind, Callable[[keras.Model, Mapping[str, Any], int], tuple[Any, _Load]]] = {
    "images": _images, "table": _table, "texts": _texts, "series": _series, "sequences": _sequences,
    "sounds": _sequences,
}  # fmt: skip


def _check_channels(model: keras.Model, channels: int) -> None:
    if (wanted := model.input_shape[-1]) != channels:
        raise BadInput(f"The model has {wanted} channels, and the data have others. Received: {channels}")


def _chosen(available: int, count: int, seed: int) -> np.ndarray:
    """Places of a number of samples, drawn by seed; of all, if they are fewer."""
    return np.random.default_rng(seed).permutation(available)[:count]


def _options(kind: type[Options], config: Mapping[str, Any]) -> Options:
    """Options as they were, from what JSON made of them."""
    given: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]
        if (value := config.get(each.name, MISSING)) is not MISSING:
            given[each.name] = tuple(value) if isinstance(value, list) else value
    if isinstance(given.get("valid"), str):
        given["valid"] = Path(given["valid"])
    return kind(**given)
