"""Labelled sequences: from arrays or .ts files to the datasets that `fit` takes.

The order of a training epoch is a stateless permutation, a function of (seed, epoch), and every iteration of `train` is
the next epoch. Validation is complete and in order. Shorter sequences are padded with NaN on the right, as
cuDNN requires; `layers.MaskNaN` masks the padding.
"""

from kerasdl.data.sequences.sequences import Sequences, from_arrays, from_ts

__all__ = ["Sequences", "from_arrays", "from_ts"]
