"""Labelled sequences: from arrays, .ts, CSV and .npz files, or WAV files to the datasets that `fit` takes.

The order of a training epoch is a stateless permutation, a function of (seed, epoch), and every iteration of `train` is
the next epoch. The augmentation of a sequence is a function of (seed, epoch, index). Validation is complete, in order
and never augmented. Shorter sequences are padded with NaN on the right, as cuDNN requires; `layers.MaskNaN` masks the
padding.
"""

from kerasdl.data.sequences import augment
from kerasdl.data.sequences.archive import from_ts
from kerasdl.data.sequences.arrays import from_arrays
from kerasdl.data.sequences.audio.folders import wav_files
from kerasdl.data.sequences.audio.recordings import Recordings, bad_files, from_audio
from kerasdl.data.sequences.audio.wav import read_wav
from kerasdl.data.sequences.cylinder_bell_funnel import CLASSES as CYLINDER_BELL_FUNNEL
from kerasdl.data.sequences.cylinder_bell_funnel import cylinder_bell_funnel
from kerasdl.data.sequences.inputs import read_sequences
from kerasdl.data.sequences.long_table import from_csv, from_frame
from kerasdl.data.sequences.npz_file import from_npz
from kerasdl.data.sequences.predictions import predict, samples_of
from kerasdl.data.sequences.sequences import Sequences

__all__ = [
    "CYLINDER_BELL_FUNNEL",
    "Recordings",
    "Sequences",
    "augment",
    "bad_files",
    "cylinder_bell_funnel",
    "from_arrays",
    "from_audio",
    "from_csv",
    "from_frame",
    "from_npz",
    "from_ts",
    "predict",
    "read_sequences",
    "read_wav",
    "samples_of",
    "wav_files",
]
