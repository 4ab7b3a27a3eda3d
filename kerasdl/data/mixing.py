"""MixUp and CutMix, re-exported from `kerasdl.data.images`."""

from kerasdl.data.images.augment import CutMix, MixUp

__all__ = ["CutMix", "MixUp"]
