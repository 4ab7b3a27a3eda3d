"""Builders: plain functions that return functional Keras models ending in float32 logits."""

from kerasdl.models.export import class_names, image_classifier
from kerasdl.models.heads import new_head
from kerasdl.models.recurrent import recurrent
from kerasdl.models.resnet import resnet, resnet8, resnet10, resnet18, resnet34, resnet50

__all__ = [
    "class_names",
    "image_classifier",
    "new_head",
    "recurrent",
    "resnet",
    "resnet8",
    "resnet10",
    "resnet18",
    "resnet34",
    "resnet50",
]
