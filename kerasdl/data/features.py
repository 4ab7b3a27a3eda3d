"""Precomputed features: what a frozen body makes of each image, computed once and kept on disk."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import kerasdl
import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.array_file import array_file
from kerasdl.data.check import cache_folder
from kerasdl.data.labelled_images import Images
from kerasdl.data.pictures import Pictures
from kerasdl.data.pipeline import Plan, training, validation
from kerasdl.data.sources import Source, array_source


@dataclass(frozen=True, eq=False)
class Features:
    """What a body makes of labelled images, ready for `fit` of a head: the same samples in the same order.

    Nothing is augmented or mixed, for the body has seen every image once. Epochs are counted with those of the images:
    a fit on the images goes on where one on features ended.

    Attributes:
        images: What was seen.
        train_features: float32 (training samples, …), as the body puts them out.
        valid_features: The same for validation.
        test_features: The same for the test; None where there is none.

    Example:
        >>> body, head = kerasdl.models.split_head(model)
        >>> features = kerasdl.data.features.precompute(body, pets)
        >>> head.compile("adam", pets.loss, metrics=["accuracy"])
        >>> head.fit(features.train, validation_data=features.valid, epochs=5)   # trains the head of `model`
    """

    images: Images
    train_features: np.ndarray = field(repr=False)
    valid_features: np.ndarray = field(repr=False)
    test_features: np.ndarray | None = field(repr=False)

    @cached_property
    def train(self) -> tf.data.Dataset:
        """Batches (features, labels), shuffled: another epoch at every iteration."""
        source = self._source(self.train_features, self.images.train_pictures)
        return training(source, self.plan, counter=self.images.counter)

    @cached_property
    def valid(self) -> tf.data.Dataset:
        """The same, in the order of `images.valid_names`."""
        return self._in_order(self.valid_features, self.images.valid_pictures)

    @cached_property
    def test(self) -> tf.data.Dataset:
        """The same of the test's images.

        Raises:
            ValueError: The data have none.
        """
        if self.test_features is None or self.images.test_pictures is None:
            raise ValueError(f"The data have no test of their own: take valid. Received: {self.images}")
        return self._in_order(self.test_features, self.images.test_pictures)

    @property
    def loss(self) -> keras.losses.Loss:
        """That of the images."""
        return self.images.loss

    @property
    def plan(self) -> Plan:
        """How training goes through its samples."""
        return replace(self.images.plan, augmentation=None, mixing=None)

    def _in_order(self, features: np.ndarray, pictures: Pictures) -> tf.data.Dataset:
        return validation(self._source(features, pictures), batch_size=self.images.batch_size)

    def _source(self, features: np.ndarray, pictures: Pictures) -> Source:
        return array_source(features, self.images.labelled(pictures).labels, pictures.names)


def precompute(body: keras.Model, images: Images, *, folder: str | Path | None = None, verbose: int = 1) -> Features:
    """Runs a frozen body once over all images, as they are: fastai's `precompute=True` (fast.ai's first lesson, 2018).

    A head then trains on what was found, without its body: an epoch takes as long as one of a small network. The
    files are named by the body's weights and what it makes of a few pictures, the image size and every image; where any
    of these changes, features are computed anew. The folder can be deleted at any time.

    Args:
        body: From images to features, such as the first of `models.split_head(model)`; dropout is off and
            BatchNormalization keeps its statistics, as in a frozen body.
        images: What it sees; their augmentation and mixing are passed over.
        folder: Where the files are kept; by default `$XDG_CACHE_HOME/kerasdl/features` (`~/.cache/kerasdl/features`).
        verbose: 1 for a progress bar where something is computed, 0 for none.

    Returns:
        The features of training, validation and test.

    Raises:
        ValueError: The body takes images of another shape, or is not from one tensor to one.
        BadInput: A file that does not decode, or a folder that cannot be written or is full.

    Example:
        >>> body, head = kerasdl.models.split_head(model)
        >>> features = kerasdl.data.features.precompute(body, pets)
    """
    _check(body, images)
    folder, made_of = Path(folder or cache_folder() / "features"), _identity(body, images)
    parts = [images.train_pictures, images.valid_pictures, images.test_pictures]
    found = [None if part is None else _features(body, made_of, images, part, folder, verbose) for part in parts]
    return Features(images, *found)


def _features(
    body: keras.Model, made_of: str, images: Images, pictures: Pictures, folder: Path, verbose: int
) -> np.ndarray:
    size = images.shape[:2]
    seen = pictures.store.identity(pictures.rows, size)
    name = hashlib.sha256(f"{made_of} {seen}".encode()).hexdigest()[:32]
    shape = (len(pictures.names), *body.compute_output_shape((1, *images.shape))[1:])
    dataset = validation(pictures.source(size), batch_size=images.batch_size)
    fill = partial(_fill, body=body, pictures=pictures, dataset=dataset, verbose=verbose)
    return array_file(folder / f"{name}.npy", shape, np.float32, fill)


def _fill(features: np.ndarray, body: keras.Model, pictures: Pictures, dataset: tf.data.Dataset, verbose: int) -> None:
    bar, begin = keras.utils.Progbar(len(features), unit_name="image", verbose=verbose), 0
    try:
        for inputs, *_ in dataset:
            end = begin + len(inputs)
            features[begin:end] = body.predict_on_batch(inputs)
            bar.update(end)
            begin = end
    except tf.errors.OpError:
        pictures.store.blame(pictures.rows)
        raise


def _identity(body: keras.Model, images: Images) -> str:
    """A name for what a body computes: by its weights, and by what it makes of pictures that are always the same.

    Neither names nor options of its layers enter, which may change where the function does not, nor the code of custom
    ones, which may change unseen.
    """
    probes = np.random.default_rng(0).integers(0, 256, (4, *images.shape)).astype(np.float32)
    probes[0], probes[1] = 0, 255
    digest = hashlib.sha256(body.predict_on_batch(probes).tobytes())
    for weight in body.weights:
        digest.update(keras.ops.convert_to_numpy(weight).tobytes())
    return f"{digest.hexdigest()} {kerasdl.__version__} {keras.__version__} {tf.__version__}"


def _check(body: keras.Model, images: Images) -> None:
    expected, made = getattr(body, "input_shape", None), getattr(body, "output_shape", None)
    if not all(isinstance(shape, tuple) and not isinstance(shape[0], tuple) for shape in (expected, made)):
        raise ValueError(
            "A body takes one input, images, and puts out one tensor, features: a built functional or Sequential model "
            f"does, see models.split_head. Received: inputs {expected}, outputs {made}"
        )
    sides = cast(tuple, expected)[1:]
    if len(sides) != 3 or any(want not in (None, have) for want, have in zip(sides, images.shape, strict=True)):
        raise ValueError(f"The body takes inputs of {sides}: load such images. Received: images of {images.shape}")
