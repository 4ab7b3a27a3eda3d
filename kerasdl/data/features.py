"""Precomputed features of images, under their short name."""

from kerasdl.data.images.features import Features, precompute

__all__ = ["Features", "precompute"]
