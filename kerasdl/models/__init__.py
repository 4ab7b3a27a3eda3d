"""Builders: plain functions that return functional Keras models ending in float32 logits."""

from kerasdl.models.export import class_names, image_classifier, series_model
from kerasdl.models.forecaster import forecaster
from kerasdl.models.heads import new_head
from kerasdl.models.mlp import mlp
from kerasdl.models.resnet import resnet, resnet8, resnet10, resnet18, resnet34, resnet50

__all__ = [
    "class_names",
    "forecaster",
    "image_classifier",
    "mlp",
    "new_head",
    "resnet",
    "resnet8",
    "resnet10",
    "resnet18",
    "resnet34",
    "resnet50",
    "series_model",
]
