"""The numeric core of an exported model: what is left without strings and pictures of any size."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.export.plain_layers import in_float32
from kerasdl.export.preprocessing import code_facts, column_facts, text_facts
from kerasdl.layers import ClassNames, FitImage, LogMelSpectrogram, NGrams

STRINGS = keras.layers.TextVectorization


@dataclass(frozen=True)
class NumericCore:
    """A model of numbers alone, and what has to be done before it.

    Attributes:
        model: From a dict of numeric inputs, or from one, to {name of the output: numbers}.
        facts: What a reader without Keras needs: "kind", "output", "classes" or "targets", and the statistics and
            vocabularies of the preprocessing. They can be written as JSON.
        before: From what the exported model takes to what `model` takes; None if that is the same.

    Example:
        >>> core = numeric_core(keras.models.load_model("pets.keras"))
        >>> core.facts["kind"], list(core.model.output)
        ('images', ['probabilities'])
    """

    model: keras.Model
    facts: Mapping[str, Any]
    before: keras.Model | None = None

    @property
    def kind(self) -> str:
        """Name of the reader that does the preprocessing: "images", "tables", "texts", or "numbers" if there is none.

        Example:
            >>> numeric_core(keras.models.load_model("pets.keras")).kind
            'images'
        """
        return str(self.facts["kind"])

    @property
    def inputs(self) -> dict[str, Any]:
        """The symbolic inputs by name.

        Example:
            >>> core = numeric_core(keras.models.load_model("pets.keras"))
            >>> {name: each.shape for name, each in core.inputs.items()}
            {'pixels': (None, 64, 64, 3)}
        """
        return {each.name: each for each in self.model.inputs}

    def prepare(self, raw: Any) -> dict[str, np.ndarray]:
        """What `model` takes of what the exported model takes, by name.

        Args:
            raw: An array or tensor, or a dict of them for a table.

        Example:
            >>> core = numeric_core(keras.models.load_model("pets.keras"))
            >>> {name: each.shape for name, each in core.prepare(photographs).items()}
            {'pixels': (2, 64, 64, 3)}
        """
        # In one batch: Keras would not pad the texts of several to the same length.
        found = raw if self.before is None else self.before(raw, training=False)
        found = found if isinstance(found, dict) else {next(iter(self.inputs)): found}
        return {name: np.asarray(each).astype(self.inputs[name].dtype) for name, each in found.items()}


def numeric_core(exported: keras.Model) -> NumericCore:
    """Take an exported model apart: strings and the resizing of pictures before, numbers after.

    ONNX, LiteRT and OpenVINO hold numbers. The strings of texts and of table columns, and pictures of any size, are
    made into numbers outside, by a reader that `save_reader` writes beside the model.

    Args:
        exported: A model of raw input, such as `table_model` and the others here make, new or loaded; or any
            functional model of numbers.

    Returns:
        The core; it shares the weights of `exported`. One that computes in 16 bits, under mixed precision, is copied to
        compute in 32 as the other formats do.

    Raises:
        BadInput: What is in the model has no reader: an average of models of strings, a column with hashed values,
            another tokenizer than ours. The message says which, and what to do.

    Example:
        >>> core = numeric_core(keras.models.load_model("pets.keras"))
        >>> core.model.input_shape
        (None, 64, 64, 3)
    """
    if not hasattr(exported, "operations"):
        raise BadInput(f"The model must be functional. Received: {type(exported).__name__} {exported.name!r}")
    fit = _first(exported, FitImage)
    vectorizer = _first(exported, STRINGS)
    if any(isinstance(layer, keras.layers.Average) for layer in exported.layers) and _reads_strings(exported):
        raise BadInput(
            "An average of models of strings has no reader: export its members one by one, or train without --average. "
            f"Received: {exported.name!r}"
        )
    if fit is not None:
        return _core_of_images(exported, fit)
    if vectorizer is not None:
        return _core_of_texts(exported, vectorizer)
    if isinstance(exported.input, dict) and _reads_columns(exported):
        return _core_of_table(exported)
    if _reads_strings(exported):
        raise BadInput(
            "The model takes strings, and its layers are not those of kerasdl: only a SavedModel holds it. "
            f"Received: {exported.name!r}"
        )
    outputs = {output_name(exported): exported.outputs[0]}
    facts: dict[str, Any] = {"kind": "numbers", **_names(exported)}
    if spectrogram := _first(exported, LogMelSpectrogram):
        facts["sample_rate"] = spectrogram.sample_rate
    return NumericCore(in_float32(keras.Model(exported.input, outputs, name=exported.name)), facts)


def output_name(exported: keras.Model) -> str:
    """What an exported model returns: "probabilities", "forecast", or "predictions".

    Example:
        >>> output_name(exported)
        'probabilities'
    """
    last = {"class_names": "probabilities", "tag_names": "probabilities", "probabilities": "probabilities"}
    return {**last, "target_names": "predictions"}.get(
        exported.layers[-1].name, "forecast" if getattr(exported.input, "name", "") == "window" else "predictions"
    )


def _core_of_images(exported: keras.Model, fit: FitImage) -> NumericCore:
    pixels = keras.Input(fit.output.shape[1:], name="pixels")
    facts = {"kind": "images", "height": fit.height, "width": fit.width}
    return _core(exported, {"pixels": pixels}, _after(exported, fit, pixels), facts, fit.output)


def _core_of_texts(exported: keras.Model, vectorizer: Any) -> NumericCore:
    facts: dict[str, Any] = {"kind": "texts", **text_facts(vectorizer)}
    for inner in exported.layers:
        if isinstance(inner, keras.Model) and (n_grams := _first(inner, NGrams)):
            numbers = keras.Input((None,), dtype="int32", name="ngrams")
            logits = keras.Model(n_grams.output, inner.output, name=inner.name)(numbers)
            before = keras.Model(inner.input, n_grams.output)(vectorizer.output)
            facts |= code_facts(n_grams)
            return _core(exported, {"ngrams": numbers}, _after(exported, inner, logits), facts, before)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    rest = keras.Model(vectorizer.output, exported.output, name=exported.name)
    return _core(exported, {"tokens": tokens}, rest(tokens), facts, vectorizer.output)


def _core_of_table(exported: keras.Model) -> NumericCore:
    network = next(layer for layer in exported.layers if isinstance(layer, keras.Model))
    # It may have been called elsewhere, too.
    calls = [node.arguments.args[0] for node in network._inbound_nodes]
    within = {*map(id, exported.operations)}
    encoded = next(
        each
        for each in calls
        if isinstance(each, dict) and all(id(x._keras_history.operation) in within for x in each.values())
    )
    inputs = {
        name: keras.Input(each.shape[1:], dtype="int32" if name == "categories" else "float32", name=name)
        for name, each in network.input.items()
    }
    facts = {"kind": "tables", "columns": {name: column_facts(each) for name, each in encoded.items()}}
    return _core(exported, inputs, _after(exported, network, network(inputs)), facts, encoded)


def _core(
    exported: keras.Model, inputs: dict[str, Any], output: Any, facts: Mapping[str, Any], before: Any
) -> NumericCore:
    """Of one input the model takes it as it is, of several a dict."""
    name = next(iter(inputs))
    model = keras.Model(
        inputs if inputs.keys() & {"categories", "numbers"} else inputs[name],
        {output_name(exported): output},
        name=exported.name,
    )
    return NumericCore(in_float32(model), {**facts, **_names(exported)}, keras.Model(exported.input, before))


def _after(exported: keras.Model, layer: Any, x: Any) -> Any:
    """What the layers after this one, which follow each other, make of x."""
    for each in exported.layers[exported.layers.index(layer) + 1 :]:
        x = each(x)
    return x


def _first(model: keras.Model, kind: type) -> Any:
    return next((layer for layer in model.layers if isinstance(layer, kind)), None)


def _reads_strings(exported: keras.Model) -> bool:
    return any(each.dtype == "string" for each in exported.inputs)


def _reads_columns(exported: keras.Model) -> bool:
    return isinstance(exported.layers[-1], ClassNames) and any(
        isinstance(each, keras.Model) for each in exported.layers
    )


def _names(exported: keras.Model) -> dict[str, Any]:
    facts: dict[str, Any] = {"output": output_name(exported)}
    last = exported.layers[-1]
    if isinstance(last, ClassNames):
        facts["targets" if last.name == "target_names" else "classes"] = list(last.names)
    return facts
