"""Image pipelines: from a folder, arrays or TensorFlow Datasets to the datasets that `fit` takes.

A training sample is a pure function of (seed, epoch, index): the order of an epoch is a stateless permutation, and the
augmentation of a sample draws its own numbers. Every iteration of `train` is the next epoch. Validation is neither
shuffled, augmented nor cut short.
"""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from kerasdl.data.augment import Augmentation, standard
from kerasdl.data.pipeline import training, validation
from kerasdl.data.sources import (
    Source,
    array_source,
    encoded_examples,
    folder_source,
    image_files,
    tfds_builder,
    tfds_source,
)
from kerasdl.data.splits import (
    check_every_class,
    check_label_range,
    check_same_classes,
    class_folders,
    stratified_split,
)
from kerasdl.errors import BadInput
from kerasdl.layers import FitImage

Augment = Augmentation | Literal["auto"] | None
VALID_FOLDERS = ("valid", "validation", "val")
LARGEST_DEFAULT_SIZE = 128


@dataclass(frozen=True)
class Images:
    """Labelled images, ready for `fit`.

    Attributes:
        train: Batches (images, labels): float32 (batch, height, width, channels) in 0..255, int64 (batch,); shuffled
            and augmented, and a new epoch whenever it is iterated.
        valid: The same, in the order of `valid_names`, as they are.
        classes: Class names; a label is an index into them.
        shape: (height, width, channels).
        train_names: The file (or split and number) behind each training sample.
        valid_names: The same for validation.
        augmentation: What training images go through; None for nothing.
        skipped: Files left out because they do not decode, with the reason.

    Example:
        >>> pets = kerasdl.data.images.from_folder("pets", image_size=128)
        >>> model.fit(pets.train, validation_data=pets.valid, epochs=5)
    """

    train: tf.data.Dataset = field(repr=False)
    valid: tf.data.Dataset = field(repr=False)
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train_names: Sequence[str] = field(repr=False)
    valid_names: Sequence[str] = field(repr=False)
    augmentation: Augmentation | None
    skipped: tuple[str, ...] = field(default=(), repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many images are for training, for validation, and left out."""
        return {
            "train_images": len(self.train_names),
            "valid_images": len(self.valid_names),
            "skipped_images": len(self.skipped),
        }

    def __str__(self) -> str:
        height, width, channels = self.shape
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation images of "
            f"{height}x{width}x{channels} in {len(self.classes)} classes"
            + (f", {len(self.skipped)} unreadable left out" if self.skipped else "")
        )


def from_arrays(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    classes: Sequence[str],
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    augment: Augment = "auto",
    valid_share: float = 0.2,
    seed: int = 0,
) -> Images:
    """Images in memory, split into training and validation by class and seed.

    Args:
        images: uint8 (count, height, width) or (count, height, width, channels).
        labels: Integers (count,), indices into `classes`.
        classes: Class names.
        image_size: Side in pixels, or (height, width), to which they are cropped and resized; by default their own.
        batch_size: Samples a batch; the last one of an epoch may be smaller.
        augment: An `Augmentation`, None, or "auto": the standard one, without flips.
        valid_share: Share of each class kept for validation, at least one image.
        seed: Of the split, the order and the augmentation.

    Returns:
        The pipelines.

    Raises:
        BadInput: Images that are not uint8, labels that do not fit, fewer than two classes or two images a class.

    Example:
        >>> digits = from_arrays(images, labels, classes=list("0123456789"))
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8 or images.ndim != 4:
        raise BadInput(
            "Images must be uint8 (count, height, width[, channels]), values 0..255: scale and cast them. "
            f"Received: {images.dtype} {images.shape}"
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise BadInput(f"One whole-number label an image. Received: {labels.dtype} {labels.shape} for {images.shape}")
    check_label_range(labels, classes)
    if image_size is not None:
        images = FitImage(*_size(image_size, ()))(images).numpy().astype(np.uint8)
    source = array_source(images, labels, [f"image[{index}]" for index in range(len(images))])
    train, valid = stratified_split(source, classes, valid_share, seed)
    return _images(train, valid, classes, images.shape[1:], batch_size, _choose(augment, False, classes), seed)


def from_folder(
    folder: str | Path,
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: Literal[1, 3] = 3,
    batch_size: int = 64,
    augment: Augment = "auto",
    valid_share: float = 0.2,
    seed: int = 0,
    skip_unreadable: bool = False,
) -> Images:
    """Images in `folder/train/CLASS/` and `folder/valid/CLASS/`, or in `folder/CLASS/` only.

    Beside `train` every other folder but `valid` (or `validation`, `val`) is left alone. Without validation images
    the training images are split by class and seed. JPEG, PNG, GIF (first frame), BMP and WebP are read, at any depth
    below the class. Images are cropped to the target's aspect about their centre and resized.

    Args:
        folder: Where the images are.
        image_size: Side in pixels, or (height, width); by default the shorter side of the first image, at most 128.
        channels: 3 for colour, 1 for grey.
        batch_size: Samples a batch; the last one of an epoch may be smaller.
        augment: An `Augmentation`, None, or "auto": the standard one, with flips if these are photographs (colour
            JPEG files whose classes are not named by a number or a single character).
        valid_share: Share of each class kept for validation where the folder does not say.
        seed: Of the split, the order and the augmentation.
        skip_unreadable: Leave out files that do not decode (`skipped` lists them) instead of raising.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such folder, no images, one class, classes that differ between training and validation, or files
            that do not decode, all named.

    Example:
        >>> pets = from_folder("pets", image_size=128)
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput(f"No such folder. Received: {str(folder)!r}")
    train_folder = folder / "train" if (folder / "train").is_dir() else folder
    valid_folder = next((folder / name for name in VALID_FOLDERS if (folder / name).is_dir()), None)
    if valid_folder is not None and train_folder == folder:
        raise BadInput(f"{valid_folder.name}/ needs train/ beside it. Received: {str(folder)!r}")
    classes = class_folders(train_folder)
    if len(classes) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: {str(train_folder)!r} with {classes}")
    if valid_folder is not None:
        check_same_classes(classes, class_folders(valid_folder), valid_folder)
    first = (tf.io.read_file(str(path)) for path in image_files(train_folder / classes[0]))
    shape = (*_size(image_size, first), channels)
    load: dict[str, Any] = {"size": shape[:2], "channels": channels, "skip_unreadable": skip_unreadable}
    train = folder_source(train_folder, classes, **load)
    if valid_folder is not None:
        valid = folder_source(valid_folder, classes, **load)
        skipped = train.skipped + valid.skipped
        for source, place in ((train, train_folder), (valid, valid_folder)):
            check_every_class(source, classes, place)
    else:
        skipped = train.skipped
        train, valid = stratified_split(train, classes, valid_share, seed)
    photographs = channels == 3 and all(name.lower().endswith((".jpg", ".jpeg")) for name in train.names)
    augmentation = _choose(augment, photographs, classes)
    return _images(train, valid, classes, shape, batch_size, augmentation, seed, skipped)


def from_tfds(
    name: str,
    *,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 64,
    augment: Augment = "auto",
    valid_share: float = 0.2,
    seed: int = 0,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    download: bool = False,
) -> Images:
    """A classification dataset of TensorFlow Datasets, by name (https://www.tensorflow.org/datasets).

    What is prepared in `data_dir` is used as it is; else it is prepared from the files in `manual_dir`; the network is
    used only if asked. Validation is the split "validation", else "test", else a part of "train".

    Args:
        name: As for `tfds.builder`, such as "mnist".
        image_size: Side in pixels, or (height, width); by default the shorter side of the first image, at most 128.
        batch_size: Samples a batch; the last one of an epoch may be smaller.
        augment: An `Augmentation`, None, or "auto": the standard one, with flips if these are photographs (colour
            JPEG data whose classes are not named by a number or a single character).
        valid_share: Share of each class kept for validation where the dataset has only one split.
        seed: Of the split, the order and the augmentation.
        data_dir: Where prepared datasets lie; by default TensorFlow Datasets' own place.
        manual_dir: Folder with the dataset's original files.
        download: Whether missing files may be fetched.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such dataset, not one of labelled images, not prepared and no way to, or out of reach.

    Example:
        >>> mnist = from_tfds("mnist", manual_dir="downloads/mnist")
    """
    builder = tfds_builder(name, data_dir=data_dir, manual_dir=manual_dir, download=download)
    image, label = builder.info.supervised_keys
    channels = builder.info.features[image].shape[-1] or 3
    classes = builder.info.features[label].names
    first = encoded_examples(builder, "train[:1]")[0][0]
    shape = (*_size(image_size, [first]), channels)
    train = tfds_source(builder, "train", shape[:2], channels)
    held_out = next((split for split in ("validation", "test") if split in builder.info.splits), None)
    if held_out:
        valid = tfds_source(builder, held_out, shape[:2], channels)
    else:
        train, valid = stratified_split(train, classes, valid_share, seed)
    augmentation = _choose(augment, channels == 3 and first.startswith(b"\xff\xd8"), classes)
    return _images(train, valid, classes, shape, batch_size, augmentation, seed)


def _images(
    train: Source,
    valid: Source,
    classes: Sequence[str],
    shape: tuple[int, int, int],
    batch_size: int,
    augmentation: Augmentation | None,
    seed: int,
    skipped: tuple[str, ...] = (),
) -> Images:
    if batch_size < 1:
        raise BadInput(f"A batch holds at least one image. Received: batch_size={batch_size}")
    return Images(
        train=training(train, batch_size=batch_size, seed=seed, augmentation=augmentation),
        valid=validation(valid, batch_size=batch_size),
        classes=tuple(classes),
        shape=shape,
        train_names=train.names,
        valid_names=valid.names,
        augmentation=augmentation,
        skipped=skipped,
    )


def _choose(augment: Augment, photographs: bool, classes: Sequence[str]) -> Augmentation | None:
    if augment != "auto":
        return augment
    # A class named by one character or a number is a glyph, which mirroring would turn into another.
    glyphs = all(len(name) == 1 or name.isdigit() for name in classes)
    return standard(flip=photographs and not glyphs)


def _size(image_size: int | tuple[int, int] | None, encoded: Iterable[tf.Tensor | bytes]) -> tuple[int, int]:
    size = _default_size(encoded) if image_size is None else image_size
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 1:
        raise BadInput(f"An image has at least one pixel. Received: image_size={image_size}")
    return height, width


def _default_size(encoded: Iterable[tf.Tensor | bytes]) -> int:
    """The shorter side of the first image that decodes, within bounds; those that do not are named later, together."""
    for image in encoded:
        with contextlib.suppress(tf.errors.OpError):
            return min(*tf.io.decode_image(image, expand_animations=False).shape[:2], LARGEST_DEFAULT_SIZE)
    return LARGEST_DEFAULT_SIZE
