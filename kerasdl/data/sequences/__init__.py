"""Labelled sequences: from arrays, .ts files or WAV files to the datasets that `fit` takes.

The order of a training epoch is a stateless permutation, a function of (seed, epoch), and every iteration of `train` is
the next epoch. The augmentation of a sequence is a function of (seed, epoch, index). Validation is complete, in order
and never augmented. Shorter sequences are padded with NaN on the right, as cuDNN requires; `layers.MaskNaN` masks the
padding.
"""

from kerasdl.data.sequences import augment
from kerasdl.data.sequences.archive import from_ts
from kerasdl.data.sequences.arrays import from_arrays
from kerasdl.data.sequences.audio.folders import wav_files
from kerasdl.data.sequences.audio.recordings import Recordings, from_audio
from kerasdl.data.sequences.audio.wav import read_wav
from kerasdl.data.sequences.predictions import predict
from kerasdl.data.sequences.sequences import Sequences

__all__ = [
    "Recordings",
    "Sequences",
    "augment",
    "from_arrays",
    "from_audio",
    "from_ts",
    "predict",
    "read_wav",
    "wav_files",
]
