"""tf.data pipelines: pure functions of (seed, epoch, index)."""

from kerasdl.data import augment, images, tabular

__all__ = ["augment", "images", "tabular"]
