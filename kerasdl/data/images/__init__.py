"""Image pipelines: from folders, tables, arrays or TensorFlow Datasets to the datasets that `fit` takes.

A training sample is a pure function of (seed, epoch, index): the order of an epoch is a stateless permutation, and the
augmentation of a sample has its own random numbers. Every iteration of `train` is the next epoch. Validation is never
shuffled, augmented or cut short. Targets are classes, tags (any number of classes per image) or numbers; boxes and
masks are out of scope.
"""

from kerasdl.data.images.arrays import from_arrays
from kerasdl.data.images.bad_files import bad_files
from kerasdl.data.images.decoding.decode import decode
from kerasdl.data.images.folders import from_folder, from_pattern
from kerasdl.data.images.images import Images
from kerasdl.data.images.listing import image_files
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.images.predictions import predict
from kerasdl.data.images.tables import from_csv, from_frame
from kerasdl.data.images.tfds import from_tfds

__all__ = [
    "FileOptions",
    "Images",
    "Options",
    "bad_files",
    "decode",
    "from_arrays",
    "from_csv",
    "from_folder",
    "from_frame",
    "from_pattern",
    "from_tfds",
    "image_files",
    "predict",
]
