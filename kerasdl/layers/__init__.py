"""Layers that Keras lacks."""

from kerasdl.layers.batch_renormalization import BatchRenormalization
from kerasdl.layers.class_names import ClassNames
from kerasdl.layers.date_feature import DateFeature
from kerasdl.layers.entity_embeddings import EntityEmbeddings
from kerasdl.layers.fit_image import FitImage
from kerasdl.layers.number_feature import NumberFeature

__all__ = ["BatchRenormalization", "ClassNames", "DateFeature", "EntityEmbeddings", "FitImage", "NumberFeature"]
