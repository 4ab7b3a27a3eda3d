"""tf.data pipelines: pure functions of (seed, epoch, index)."""

from kerasdl.data import augment, features, images, mixing, sequences, series, tabular

__all__ = ["augment", "features", "images", "mixing", "sequences", "series", "tabular"]
