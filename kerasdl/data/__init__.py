"""tf.data pipelines: pure functions of (seed, epoch, index)."""

from kerasdl.data import augment, images, mixing, sequences, series, tabular

__all__ = ["augment", "images", "mixing", "sequences", "series", "tabular"]
