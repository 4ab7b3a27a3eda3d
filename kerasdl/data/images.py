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
from kerasdl.data.sources import (
    DECODABLE,
    Source,
    array_source,
    encoded_examples,
    folder_source,
    image_files,
    tfds_builder,
    tfds_source,
)
from kerasdl.epochs import EpochCounter
from kerasdl.errors import BadInput

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
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise BadInput(
            f"Labels must lie in 0..{len(classes) - 1}. Received: {labels.min()}..{labels.max()} for "
            f"{len(classes)} classes"
        )
    source = array_source(images, labels, [f"image[{index}]" for index in range(len(images))])
    train, valid = _split(source, classes, valid_share, seed)
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
    classes = _class_folders(train_folder)
    if len(classes) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: {str(train_folder)!r} with {classes}")
    if valid_folder is not None:
        _check_same(classes, _class_folders(valid_folder), valid_folder)
    first = (tf.io.read_file(str(path)) for path in image_files(train_folder / classes[0]))
    shape = (*_size(image_size, first), channels)
    load: dict[str, Any] = {"size": shape[:2], "channels": channels, "skip_unreadable": skip_unreadable}
    train = folder_source(train_folder, classes, **load)
    if valid_folder is not None:
        valid = folder_source(valid_folder, classes, **load)
        skipped = train.skipped + valid.skipped
        for source, place in ((train, train_folder), (valid, valid_folder)):
            _check_every_class(source, classes, place)
    else:
        skipped = train.skipped
        train, valid = _split(train, classes, valid_share, seed)
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
        train, valid = _split(train, classes, valid_share, seed)
    augmentation = _choose(augment, channels == 3 and first.startswith(b"\xff\xd8"), classes)
    return _images(train, valid, classes, shape, batch_size, augmentation, seed)


def epoch_batches(
    source: Source, epoch: tf.Tensor | int, *, batch_size: int, seed: int, augmentation: Augmentation | None
) -> tf.data.Dataset:
    """The batches of one training epoch: a pure function of (source, seed, epoch).

    Args:
        source: The samples.
        epoch: Which epoch, from 0.
        batch_size: Samples a batch; the last may be smaller.
        seed: Of the order and the augmentation.
        augmentation: What the images go through, or None.

    Returns:
        A dataset of (images, labels) of known length.

    Example:
        >>> third = epoch_batches(source, 2, batch_size=64, seed=0, augmentation=None)
    """
    count = len(source.labels)
    seed_pair = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
    # Drawn for the whole epoch at once, so that a sample's row does not depend on where it falls.
    draws = tf.random.stateless_uniform((count, augmentation.draws), seed_pair) if augmentation else None
    labels = tf.constant(source.labels)

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        places = tf.range(step * batch_size, tf.minimum((step + 1) * batch_size, count), dtype=tf.int64)
        # The raw op, for tf.random.experimental.index_shuffle does not let the rounds be set: at its 4, neighbours in
        # the permutation of a small set are correlated.
        indices = tf.raw_ops.RandomIndexShuffle(
            index=places,
            seed=tf.repeat([tf.stack([*tf.unstack(seed_pair), 0])], tf.size(places), axis=0),
            max_index=tf.constant(count - 1, tf.int64),
            rounds=12,
        )
        images = source.load(indices)
        if augmentation:
            images = augmentation(images, tf.gather(draws, indices))
        return tf.cast(images, tf.float32), tf.gather(labels, indices)

    return tf.data.Dataset.range(_steps(count, batch_size)).map(batch, num_parallel_calls=tf.data.AUTOTUNE)


def _training(source: Source, *, batch_size: int, seed: int, augmentation: Augmentation | None) -> tf.data.Dataset:
    with tf.device("CPU"):
        counter = EpochCounter(tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch"))

    def next_epoch(_: tf.Tensor) -> tf.data.Dataset:
        epoch = counter.variable.assign_add(1) - 1
        return epoch_batches(source, epoch, batch_size=batch_size, seed=seed, augmentation=augmentation)

    return _ready(tf.data.Dataset.range(1).flat_map(next_epoch), len(source.labels), batch_size)


def _validation(source: Source, *, batch_size: int) -> tf.data.Dataset:
    count, labels = len(source.labels), tf.constant(source.labels)

    def batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        indices = tf.range(step * batch_size, tf.minimum((step + 1) * batch_size, count), dtype=tf.int64)
        return tf.cast(source.load(indices), tf.float32), tf.gather(labels, indices)

    steps = tf.data.Dataset.range(_steps(count, batch_size))
    return _ready(steps.map(batch, num_parallel_calls=tf.data.AUTOTUNE), count, batch_size)


def _ready(dataset: tf.data.Dataset, count: int, batch_size: int) -> tf.data.Dataset:
    """Of known length, and prefetched: to the GPU where there is exactly one."""
    steps = _steps(count, batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    devices = tf.config.list_logical_devices("GPU")
    if len(devices) != 1 or tf.distribute.has_strategy():
        return dataset.prefetch(2)
    dataset = dataset.apply(tf.data.experimental.prefetch_to_device(devices[0].name, buffer_size=2))
    # The copy to the device forgets the length, and tf.data can assert one on the CPU only.
    dataset.cardinality = lambda: tf.constant(steps, tf.int64)
    return dataset


def _steps(count: int, batch_size: int) -> int:
    return -(-count // batch_size)


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
        train=_training(train, batch_size=batch_size, seed=seed, augmentation=augmentation),
        valid=_validation(valid, batch_size=batch_size),
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


def _class_folders(folder: Path) -> list[str]:
    names = [path.name for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    classes = [name for name in names if image_files(folder / name)]
    if not classes:
        raise BadInput(
            f"No images: expected a folder a class, with {', '.join(DECODABLE)} files. Received: {str(folder)!r} with "
            f"folders {names}"
        )
    return classes


def _check_same(classes: Sequence[str], held_out: Sequence[str], folder: Path) -> None:
    if missing := sorted(set(classes) - set(held_out)):
        raise BadInput(f"Classes without images in validation: {missing}. Received: {str(folder)!r} with {held_out}")
    if extra := sorted(set(held_out) - set(classes)):
        raise BadInput(f"Classes in validation that training lacks: {extra}. Received: {str(folder)!r}")


def _check_every_class(source: Source, classes: Sequence[str], place: object) -> None:
    counts = np.bincount(source.labels, minlength=len(classes))
    if empty := [name for name, count in zip(classes, counts, strict=True) if not count]:
        raise BadInput(f"Classes left without a readable image: {empty}. Received: {str(place)!r}")


def _split(source: Source, classes: Sequence[str], valid_share: float, seed: int) -> tuple[Source, Source]:
    """The same share of every class for validation, drawn by seed; both parts in the source's order."""
    if not 0 < valid_share < 1:
        raise BadInput(f"valid_share must lie between 0 and 1. Received: valid_share={valid_share}")
    if len(classes) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: classes={list(classes)}")
    random = np.random.default_rng(seed)
    held_out: list[int] = []
    for label, name in enumerate(classes):
        members = random.permutation(np.flatnonzero(source.labels == label))
        if len(members) < 2:
            raise BadInput(
                "A class needs two images at least, one to train on and one to validate. "
                f"Received: class {name!r} with {len(members)}"
            )
        held_out += members[: min(max(1, round(valid_share * len(members))), len(members) - 1)].tolist()
    chosen = np.isin(np.arange(len(source.labels)), held_out)
    return source.take(np.flatnonzero(~chosen)), source.take(np.flatnonzero(chosen))


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
