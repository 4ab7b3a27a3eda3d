"""Networks rebuilt of layers that other runtimes can hold: the same weights, the same numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.layers import ChunkedEncoder, LogMelSpectrogram, PiecewiseLinearEmbeddings

RECURRENT = {"LSTM", "GRU", "SimpleRNN", "WeightDropLSTM"}
REBUILT = {
    "ChunkedEncoder": "WholeEncoder", "LogMelSpectrogram": "ConvolvedSpectrogram", "EinsumDense": "MembersDense",
    "PiecewiseLinearEmbeddings": "NamedIntervals",
}  # fmt: skip
LONGEST_UNROLLED = 256
HALF = ("bfloat16", "float16")
# Part of the names of operations that stay so in eight bits.
IN_FLOAT32 = "in_float32"


class WholeEncoder(ChunkedEncoder):
    """A ChunkedEncoder that reads each document in one go: the same features, without a loop around the layers' own."""

    def call(self, tokens: Any, training: bool = False) -> tuple[Any, Any]:  # noqa: D102 -- Keras's
        if len(self.layer.inputs) == 1:
            # It has no state to go on with, so that what is left out must not be read.
            return super().call(tokens, training=training)
        rows, steps = ops.shape(tokens)
        lengths = ops.sum(ops.cast(ops.not_equal(tokens, 0), "int32"), axis=1, keepdims=True)
        begins = ops.maximum(lengths - self.last + self.chunk - 1, 0) // self.chunk * self.chunk
        states = [ops.zeros((rows, each.shape[-1]), self.compute_dtype) for each in self.layer.inputs[1:]]
        features, *_ = self._outputs(tokens, states, training)
        is_token = ops.logical_and(ops.not_equal(tokens, 0), ops.arange(steps, dtype="int32")[None] >= begins)
        return features, is_token

    def compute_output_spec(self, tokens: Any, training: bool = False) -> tuple[Any, Any]:  # noqa: D102 -- Keras's
        if len(self.layer.inputs) == 1:
            return super().compute_output_spec(tokens, training)
        features = self.layer.outputs[0]
        spec = keras.KerasTensor((*tokens.shape, features.shape[-1]), features.dtype)
        return spec, keras.KerasTensor(tokens.shape, "bool")


class ConvolvedSpectrogram(LogMelSpectrogram):
    """A LogMelSpectrogram whose Fourier transform is a convolution, which every runtime has."""

    def spectrum(self, samples: Any) -> tuple[Any, Any]:
        """As that of the class, but for rounding."""
        at = np.arange(self.size)
        turns = 2 * np.pi * np.outer(at, np.arange(self.size // 2 + 1)) / self.size
        # Hann's window as Keras has it, which is periodic.
        window = (0.5 - 0.5 * np.cos(2 * np.pi * at / self.size))[:, None]
        waves = np.concatenate([window * np.cos(turns), -window * np.sin(turns)], axis=1)
        kernel = ops.convert_to_tensor(waves[:, None].astype("float32"))
        found = ops.conv(samples[..., None], kernel, strides=self.step, padding="valid")
        return found[..., : self.size // 2 + 1], found[..., self.size // 2 + 1 :]


class MembersDense(keras.layers.EinsumDense):
    """An EinsumDense of members; one output is a sum of products, as LiteRT's converter fails on its einsum."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: D102 -- Keras's
        if self.kernel.shape[-1] > 1 or self.bias is None:
            return super().call(inputs, training=training)
        return ops.sum(inputs * self.kernel[..., 0], axis=-1, keepdims=True) + self.bias


class NamedIntervals(PiecewiseLinearEmbeddings):
    """PiecewiseLinearEmbeddings whose intervals `to_litert` finds by name, to leave them in float32.

    Eight bits divide the range of all numbers of a table into 256, and many an interval is narrower.
    """

    def parts(self, inputs: Any) -> tuple[Any, Any]:
        """As those of the class."""
        with keras.name_scope(IN_FLOAT32):
            return super().parts(inputs)


def plain(model: keras.Model, *, length: int | None = None, unroll: bool = False) -> keras.Model:
    """Rebuild a network for export: float32, recurrent layers without cuDNN's kernels, and perhaps of a fixed length.

    Args:
        model: A functional model of numbers.
        length: Steps of every input of any length; None leaves them free.
        unroll: Whether recurrent layers are written out step by step. It needs fixed lengths.

    Returns:
        A model of its own, with copies of the weights.

    Example:
        >>> plain(kerasdl.models.recurrent((None, 6), 4), length=64).input_shape
        (None, 64, 6)
    """
    model = in_float32(model)
    config = _changed(model.get_config(), partial(_replaced, length=length if unroll else None, unroll=unroll))
    for layer in config["layers"]:
        _fix_length(layer, length)
    return _rebuilt(model, config)


def in_float32(model: keras.Model) -> keras.Model:
    """The model, or a copy if some of its layers compute in another dtype.

    Example:
        >>> network = kerasdl.models.mlp((4,), 2)
        >>> in_float32(network) is network
        True
    """
    if all(each.compute_dtype not in HALF for each in _all_layers(model)):
        return model
    return _rebuilt(model, _changed(model.get_config(), _whole))


def signature_of(model: keras.Model, rows: int | None = None) -> list[Any]:
    """The inputs of a model as Keras's exports want them, for any number of rows or for a fixed one.

    Example:
        >>> signature_of(kerasdl.models.mlp((4,), 2), 1)[0].shape
        (1, 4)
    """
    specs = keras.tree.map_structure(
        lambda each: keras.InputSpec(dtype=each.dtype, shape=(rows, *each.shape[1:]), name=each.name), model.input
    )
    return [specs]


def recurrent_cells(model: keras.Model) -> set[str]:
    """The kinds of the recurrent layers in a model, those of its inner layers included; "masked" if any has a mask.

    Example:
        >>> recurrent_cells(kerasdl.models.forecaster((24, 1), 1, cell="gru"))
        {'GRU'}
    """
    found = {type(each).__name__ for each in _all_layers(model)}
    cells = {"LSTM" if name == "WeightDropLSTM" else name for name in found & RECURRENT}
    return cells | ({"masked"} if cells and "MaskNaN" in found else set())


def free_steps(model: keras.Model) -> bool:
    """Whether an input of the model takes any number of steps.

    Example:
        >>> free_steps(kerasdl.models.recurrent((None, 6), 4))
        True
    """
    return any(None in each.shape[1:] for each in model.inputs)


def _all_layers(model: keras.Model) -> list[Any]:
    return list(model._flatten_layers(include_self=False))


def _rebuilt(model: keras.Model, config: dict[str, Any]) -> keras.Model:
    """A model of this configuration, with copies of the weights."""
    custom = {each.__name__: each for each in (WholeEncoder, ConvolvedSpectrogram, MembersDense, NamedIntervals)}
    with keras.saving.custom_object_scope(custom):
        rebuilt = keras.Model.from_config(config)
    rebuilt.set_weights(model.get_weights())
    return rebuilt


def _changed(config: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The configuration of a model, with a change of each layer in it."""
    if isinstance(config, list):
        return [_changed(each, change) for each in config]
    if not isinstance(config, dict):
        return config
    return change({name: _changed(each, change) for name, each in config.items()})


def _whole(config: dict[str, Any]) -> dict[str, Any]:
    is_policy = config.get("class_name") == "DTypePolicy"
    return {**config, "config": {**config["config"], "name": "float32"}} if is_policy else config


def _replaced(config: dict[str, Any], length: int | None, unroll: bool) -> dict[str, Any]:
    """Another layer in the place of some."""
    name, options = config.get("class_name"), config.get("config", {})
    if name in RECURRENT:
        options["unroll"] = unroll
        if name != "SimpleRNN":
            options["use_cudnn"] = False
        options.pop("weight_dropout", None)
        new = {"WeightDropLSTM": "LSTM"}.get(name, name)
        return {**config, "module": "keras.layers", "class_name": new, "registered_name": None}
    if name in REBUILT and (name != "EinsumDense" or options["equation"] == "bmi,mio->bmo"):
        new = REBUILT[name]
        return {**config, "module": None, "class_name": new, "registered_name": new}
    _fix_length(config, length)
    return config


def _fix_length(config: dict[str, Any], length: int | None) -> None:
    if config.get("class_name") == "InputLayer" and length:
        shape = config["config"]["batch_shape"]
        config["config"]["batch_shape"] = [None, *(length if each is None else each for each in shape[1:])]
