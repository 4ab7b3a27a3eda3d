"""Models for raw input: wrap a trained model so that it takes raw data and predicts in the user's terms.

`to_saved_model`, `to_onnx`, `to_litert` and `to_openvino` write them for other runtimes; `numeric_core` parts what
these hold from strings and pictures of any size.

`import kerasdl` before `keras.models.load_model` loads one: Keras finds the layers of a saved model only after that.
"""

from kerasdl.export.average import average
from kerasdl.export.formats import Conversion, Format
from kerasdl.export.images import image_classifier
from kerasdl.export.litert import to_litert
from kerasdl.export.members import members
from kerasdl.export.names import class_names, has_tags, likeliest, target_names
from kerasdl.export.numeric_core import NumericCore, numeric_core
from kerasdl.export.onnx import to_onnx
from kerasdl.export.openvino import to_openvino
from kerasdl.export.preprocessing import save_reader
from kerasdl.export.raw_runtime import raw_runtime
from kerasdl.export.runtimes import Run, load_runtime
from kerasdl.export.saved_model import to_saved_model
from kerasdl.export.sequences import sequence_classifier
from kerasdl.export.series import series_model
from kerasdl.export.tables import KnownValues, known_values, raw_columns, table_model
from kerasdl.export.text import language_model, next_token, text_classifier
from kerasdl.export.web_page import to_web_page

__all__ = [
    "Conversion",
    "Format",
    "KnownValues",
    "NumericCore",
    "Run",
    "average",
    "class_names",
    "has_tags",
    "image_classifier",
    "known_values",
    "language_model",
    "likeliest",
    "load_runtime",
    "members",
    "next_token",
    "numeric_core",
    "raw_columns",
    "raw_runtime",
    "save_reader",
    "sequence_classifier",
    "series_model",
    "table_model",
    "target_names",
    "text_classifier",
    "to_litert",
    "to_onnx",
    "to_openvino",
    "to_saved_model",
    "to_web_page",
]
