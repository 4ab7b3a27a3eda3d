"""The formats of other runtimes: what they hold, and an exported model in each of them."""

import shutil
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import keras
from kerasdl.errors import BadInput
from kerasdl.export.litert import Batches, to_litert, why_not_litert
from kerasdl.export.numeric_core import NumericCore, numeric_core
from kerasdl.export.onnx import to_onnx
from kerasdl.export.openvino import to_openvino, why_not_openvino
from kerasdl.export.plain_layers import free_steps
from kerasdl.export.preprocessing import save_reader
from kerasdl.export.raw_runtime import called
from kerasdl.export.runtimes import Run, padded
from kerasdl.export.saved_model import to_saved_model
from kerasdl.optional import import_optional

Format = Literal["saved_model", "onnx", "litert", "openvino"]
# What writes and runs each format, beside TensorFlow.
_PACKAGES = {
    "saved_model": (),
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
    "openvino": ("onnx", "tf2onnx", "openvino"),
}
# What is written, and so what may be replaced.
_FILES = {
    "model.onnx", "model.tflite", "model.xml", "model.bin", "preprocessing.json", "preprocessing.py",
    "saved_model.pb", "fingerprint.pb", "variables", "assets",
}  # fmt: skip


class Conversion:
    """An exported model on its way into the formats of other runtimes: taken apart once, for all of them.

    Args:
        exported: A model of raw input.
        length: Steps of inputs of any length, to which they are cut or padded where a format needs a fixed one: LiteRT
            always, OpenVINO for recurrent layers other than LSTM.
        samples: Several raw inputs, the longest of which gives the length if none is given.

    Attributes:
        length: As given or found; None if the model takes a fixed number of steps.

    Example:
        >>> conversion = Conversion(keras.models.load_model("pets.keras"))
        >>> conversion.why_not("litert"), conversion.length, conversion.core.kind
        ('', None, 'images')
        >>> conversion.write("litert", Path("exported/litert")).name
        'model.tflite'
        >>> conversion.network("litert")(conversion.prepare("litert", photographs)).shape
        (2, 2)
    """

    def __init__(self, exported: keras.Model, *, length: int | None = None, samples: Iterable[Any] = ()) -> None:
        self._exported = exported
        self._core: NumericCore | BadInput
        self.length: int | None = None
        try:
            self._core = core = numeric_core(exported)
        except BadInput as error:
            self._core = error
            return
        if free_steps(core.model):
            steps = (each.shape[1] for raw in samples for each in core.prepare(raw).values())
            self.length = length or max(steps, default=None)

    @property
    def core(self) -> NumericCore:
        """The numbers that ONNX, LiteRT and OpenVINO hold.

        Raises:
            BadInput: As for `numeric_core`.
        """
        if isinstance(self._core, BadInput):
            raise self._core
        return self._core

    def why_not(self, form: Format, *, eight_bits: bool = False) -> str:
        """Why a format cannot hold the model, and the way that works; "" if it can. Nothing is written.

        Args:
            form: The format.
            eight_bits: Whether LiteRT shall compute in 8 bits.

        Raises:
            ModuleNotFoundError: A package that writes or runs the format is not installed.
        """
        for package in _PACKAGES[form]:
            import_optional(package)
        if form == "saved_model":
            return ""
        if isinstance(self._core, BadInput):
            return str(self._core)
        reason = ""
        if form == "openvino":
            reason = why_not_openvino(self._core.model, self.length)
        elif form == "litert":
            reason = why_not_litert(self._core.model, self.length, eight_bits=eight_bits)
        return reason and f"{reason} Received: {self._exported.name!r}, length={self.length}"

    def write(self, form: Format, folder: Path, *, representative: Batches | None = None) -> Path:
        """Write the model in a format, with the reader of what is done before it, if anything is.

        Args:
            form: The format.
            folder: Where to write: new, empty, or with an earlier model in it, which is removed.
            representative: For LiteRT in 8 bits, see `to_litert`.

        Returns:
            What `load_runtime` takes: the folder of a SavedModel, or a file.

        Raises:
            BadInput: The format cannot hold the model, `why_not` says so before; or the folder has other files.
            ModuleNotFoundError: A package that writes the format is not installed.
        """
        if reason := self.why_not(form, eight_bits=representative is not None):
            raise BadInput(reason)
        if other := sorted({each.name for each in folder.glob("*")} - _FILES):
            raise BadInput(
                f"The folder has other files, such as {other[0]!r}: choose another. Received: {str(folder)!r}"
            )
        shutil.rmtree(folder, ignore_errors=True)
        if form == "saved_model":
            return to_saved_model(self._exported, folder)
        model, facts = self.core.model, self.core.facts
        folder.mkdir(parents=True)
        save_reader(facts, folder)
        if form == "onnx":
            return to_onnx(model, folder / "model.onnx", facts=facts)
        if form == "openvino":
            return to_openvino(model, folder / "model.xml", length=self.length)
        return to_litert(model, folder / "model.tflite", length=self.length, representative=representative)

    def prepare(self, form: Format, raw: Any) -> dict[str, Any]:
        """Raw input as a format takes it, by name.

        Args:
            form: The format.
            raw: What the exported model takes. Where a format needs a fixed length, whole numbers are padded with 0,
                others with NaN.

        Raises:
            BadInput: As for `numeric_core`.
        """
        if form == "saved_model":
            return dict(raw) if isinstance(raw, dict) else {self._exported.input.name: raw}
        found = self.core.prepare(raw)
        if form == "onnx" or self.length is None:
            return found
        return {name: padded(each[:, : self.length], [None, self.length]) for name, each in found.items()}

    def network(self, form: Format) -> Run:
        """What is left of the Keras model in a format, as a function of inputs by name.

        Args:
            form: The format.

        Raises:
            BadInput: As for `numeric_core`.
        """
        return self._whole if form == "saved_model" else self._numbers

    @cached_property
    def _whole(self) -> Run:
        return called(self._exported)

    @cached_property
    def _numbers(self) -> Run:
        return called(self.core.model)
