"""Precomputed features of images, re-exported from `kerasdl.data.images`."""

from kerasdl.data.images.features import Features, precompute

__all__ = ["Features", "precompute"]
