"""Layers that Keras lacks."""

from kerasdl.layers.class_names import ClassNames
from kerasdl.layers.concat_pooling_1d import ConcatPooling1D
from kerasdl.layers.fit_image import FitImage
from kerasdl.layers.mask_nan import MaskNaN

__all__ = ["ClassNames", "ConcatPooling1D", "FitImage", "MaskNaN"]
