"""Builders: plain functions that return functional Keras models ending in float32 logits, or in numbers."""

from kerasdl.models.export import class_names, image_classifier, raw_columns, series_model, table_model, target_names
from kerasdl.models.forecaster import forecaster
from kerasdl.models.heads import new_head
from kerasdl.models.mlp import mlp
from kerasdl.models.recurrent import recurrent
from kerasdl.models.resnet import resnet, resnet8, resnet10, resnet18, resnet34, resnet50
from kerasdl.models.tabular import tabular

__all__ = [
    "class_names",
    "forecaster",
    "image_classifier",
    "mlp",
    "new_head",
    "raw_columns",
    "recurrent",
    "resnet",
    "resnet8",
    "resnet10",
    "resnet18",
    "resnet34",
    "resnet50",
    "series_model",
    "table_model",
    "tabular",
    "target_names",
]
