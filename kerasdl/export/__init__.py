"""Models for raw input: wrap a trained model so that it takes raw data and predicts in the user's terms.

`import kerasdl` before `keras.models.load_model` loads one: Keras finds the layers of a saved model only after that.
"""

from kerasdl.export.average import average
from kerasdl.export.images import image_classifier
from kerasdl.export.members import members
from kerasdl.export.names import class_names, has_tags, likeliest, target_names
from kerasdl.export.sequences import sequence_classifier
from kerasdl.export.series import series_model
from kerasdl.export.tables import KnownValues, known_values, raw_columns, table_model
from kerasdl.export.text import language_model, next_token, text_classifier

__all__ = [
    "KnownValues",
    "average",
    "class_names",
    "has_tags",
    "image_classifier",
    "known_values",
    "language_model",
    "likeliest",
    "members",
    "next_token",
    "raw_columns",
    "sequence_classifier",
    "series_model",
    "table_model",
    "target_names",
    "text_classifier",
]
