"""Precomputed features: the outputs of a frozen body for each image, computed once and cached on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.datasets import Datasets, Target
from kerasdl.data.feature_file import feature_file, function_identity, write_features
from kerasdl.data.images.images import Images
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.pipeline import validation
from kerasdl.data.source import Source, array_source
from kerasdl.data.splits import Part
from kerasdl.files import cache_folder


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Datasets):
    """Features of labelled images, ready for `fit` of a head: the same samples in the same order.

    Nothing is augmented or mixed, because the body saw every image once. The epoch counter is that of the images: a
    fit on the images continues where a fit on the features ended.

    Attributes:
        images: The images.
        train_features: float32 (training samples, …), the outputs of the body.
        valid_features: The same for validation.
        test_features: The same for the test part; None if there is none.

    Example:
        >>> body, head = kerasdl.models.split_head(model)
        >>> features = kerasdl.data.features.precompute(body, pets)
        >>> head.compile("adam", pets.loss, metrics=["accuracy"])
        >>> head.fit(features.train, validation_data=features.valid, epochs=5, shuffle=False)   # the head of `model`
    """

    images: Images
    train_features: np.ndarray = field(repr=False)
    valid_features: np.ndarray = field(repr=False)
    test_features: np.ndarray | None = field(repr=False)

    def source(self, part: Part) -> Source:
        """The features of a part, with the labels that the loss of the images expects.

        Raises:
            ValueError: The data have no test part.
        """
        pictures = self.images.labelled(self.images.pictures(part))
        found = {Part.TRAIN: self.train_features, Part.VALID: self.valid_features, Part.TEST: self.test_features}[part]
        assert found is not None  # where there are images, there are features
        return array_source(found, pictures.labels, pictures.names)

    def names(self, part: Part) -> Sequence[str]:
        """Where each image of a part comes from."""
        return self.images.names(part)

    def labels(self, part: Part) -> np.ndarray:
        """The label of each image of a part, before any mixing."""
        return self.images.labels(part)

    @property
    def target_kind(self) -> Target:
        """That of the images."""
        return self.images.target_kind


def precompute(body: keras.Model, images: Images, *, folder: str | Path | None = None, verbose: int = 1) -> Features:
    """Runs a frozen body once over all images, without augmentation: fastai's `precompute=True` (fast.ai, 2018).

    The head then trains on the features without its body, so that an epoch is as fast as that of a small network.
    Features are cached in files whose names are hashes of the body's weights and its outputs for fixed probe images,
    of the image size and of every image; if any of these changes, the features are computed again. The folder can be
    deleted at any time.

    Args:
        body: A model from images to features, such as the first of `models.split_head(model)`. It runs in inference
            mode: no dropout, and BatchNormalization uses its moving statistics.
        images: The images; their augmentation and mixing are ignored.
        folder: The cache folder; by default `$XDG_CACHE_HOME/kerasdl/features` (`~/.cache/kerasdl/features`).
        verbose: 1 for a progress bar if features must be computed, 0 for none.

    Returns:
        The features of training, validation and test.

    Raises:
        ValueError: The body expects another image shape, or has several inputs or outputs.
        BadInput: A file does not decode, or the folder cannot be written or is full.

    Example:
        >>> body, head = kerasdl.models.split_head(model)
        >>> features = kerasdl.data.features.precompute(body, pets)
    """
    _check(body, images)
    folder, made_of = Path(folder or cache_folder() / "features"), _identity(body, images)
    compute = partial(_features, body, made_of, images, folder=folder, verbose=verbose)
    common: dict[str, Any] = {each.name: getattr(images, each.name) for each in fields(Datasets)}
    return Features(
        images=images,
        train_features=compute(images.train_pictures),
        valid_features=compute(images.valid_pictures),
        test_features=compute(images.test_pictures) if images.test_pictures else None,
        **common,
    )


def _features(
    body: keras.Model, made_of: str, images: Images, pictures: Pictures, *, folder: Path, verbose: int
) -> np.ndarray:
    size = images.shape[:2]
    seen = pictures.store.identity(pictures.rows, size)
    shape = (len(pictures.names), *body.compute_output_shape((1, *images.shape))[1:])
    dataset = validation(pictures.source(size), batch_size=images.batch_size)
    fill = partial(_fill, body=body, pictures=pictures, dataset=dataset, verbose=verbose)
    return feature_file(folder, made_of, seen, shape, fill)


def _fill(features: np.ndarray, body: keras.Model, pictures: Pictures, dataset: tf.data.Dataset, verbose: int) -> None:
    def batches() -> Iterator[tuple[slice, np.ndarray]]:
        begin = 0
        for inputs, *_ in dataset:
            yield slice(begin, begin + len(inputs)), body.predict_on_batch(inputs)
            begin += len(inputs)

    try:
        write_features(features, batches(), unit_name="image", verbose=verbose)
    except tf.errors.OpError:
        pictures.store.blame(pictures.rows)
        raise


def _identity(body: keras.Model, images: Images) -> str:
    """A key for the function of a body: a hash of its weights and of its outputs for fixed probe images."""
    probes = np.random.default_rng(0).integers(0, 256, (4, *images.shape)).astype(np.float32)
    probes[0], probes[1] = 0, 255
    return function_identity(body.predict_on_batch(probes), body.weights)


def _check(body: keras.Model, images: Images) -> None:
    expected, made = getattr(body, "input_shape", None), getattr(body, "output_shape", None)
    if not all(isinstance(shape, tuple) and not isinstance(shape[0], tuple) for shape in (expected, made)):
        raise ValueError(
            "A body must be a built functional or Sequential model with one input (images) and one output (features), "
            f"see models.split_head. Received: inputs {expected}, outputs {made}"
        )
    sides = cast(tuple, expected)[1:]
    if len(sides) != 3 or any(want not in (None, have) for want, have in zip(sides, images.shape, strict=True)):
        raise ValueError(
            f"The body expects inputs of shape {sides}: load such images. Received: images of {images.shape}"
        )
