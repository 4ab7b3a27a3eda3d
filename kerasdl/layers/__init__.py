"""Layers that Keras lacks."""

from kerasdl.layers.batch_renormalization import BatchRenormalization
from kerasdl.layers.class_names import ClassNames
from kerasdl.layers.fit_image import FitImage

__all__ = ["BatchRenormalization", "ClassNames", "FitImage"]
