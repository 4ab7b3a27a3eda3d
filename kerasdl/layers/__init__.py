"""Layers that Keras lacks."""

from kerasdl.layers.class_names import ClassNames
from kerasdl.layers.date_feature import DateFeature
from kerasdl.layers.entity_embeddings import EntityEmbeddings
from kerasdl.layers.fit_image import FitImage
from kerasdl.layers.number_feature import NumberFeature
from kerasdl.layers.window_forecast import WindowForecast
from kerasdl.layers.window_normalization import WindowNormalization

__all__ = [
    "ClassNames",
    "DateFeature",
    "EntityEmbeddings",
    "FitImage",
    "NumberFeature",
    "WindowForecast",
    "WindowNormalization",
]
