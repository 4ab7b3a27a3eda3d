"""tf.data pipelines, one subpackage per kind of data: images, tables, texts, time series and sequences.

Every pipeline is a pure function of (seed, epoch, index).
"""

from kerasdl.data import augment, features, images, mixing, music, sequences, series, tabular, text

__all__ = ["augment", "features", "images", "mixing", "music", "sequences", "series", "tabular", "text"]
