"""MixUp and CutMix, under their short name."""

from kerasdl.data.images.augment import CutMix, MixUp

__all__ = ["CutMix", "MixUp"]
