"""tf.data pipelines: pure functions of (seed, epoch, index)."""

from kerasdl.data import augment, images, series

__all__ = ["augment", "images", "series"]
