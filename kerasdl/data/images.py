"""Image pipelines: from folders, tables, arrays or TensorFlow Datasets to the datasets that `fit` takes.

A training sample is a pure function of (seed, epoch, index): the order of an epoch is a stateless permutation, and the
augmentation of a sample draws its own numbers. Every iteration of `train` is the next epoch. Validation is neither
shuffled, augmented nor cut short. Targets are classes, tags (any number of classes a picture) or numbers; boxes and
masks are out of scope.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.data.assembly import TEST, TRAIN, VALID, check_every_class, images_of, images_of_files, size_of, store_of
from kerasdl.data.folders import image_files, matched, parts_of, training_folder
from kerasdl.data.image_options import FileOptions, Options
from kerasdl.data.image_tables import from_csv, from_frame
from kerasdl.data.labelled_images import Images, as_size
from kerasdl.data.pictures import Pictures
from kerasdl.data.splits import check_label_range, stratified, whole_groups
from kerasdl.data.stores import ArrayStore, EncodedStore
from kerasdl.data.tfds import encoded_examples, tfds_builder
from kerasdl.errors import BadInput

__all__ = [
    "FileOptions",
    "Images",
    "Options",
    "from_arrays",
    "from_csv",
    "from_folder",
    "from_frame",
    "from_pattern",
    "from_tfds",
]


def from_folder(folder: str | Path, *, group: str | None = None, **options: Any) -> Images:
    r"""Images in `folder/train/CLASS/`, `folder/valid/CLASS/` and `folder/test/CLASS/`, or in `folder/CLASS/` only.

    Beside `train` every other folder but `valid` (or `validation`, `val`) and a `test` of the same classes is left
    alone. Without validation images the training images are split by class and seed, or by whole groups. JPEG, PNG,
    GIF (first frame), BMP and WebP are read, at any depth below the class.

    Args:
        folder: Where the images are.
        group: A regular expression whose first group finds, in a path below the class folders' folder, what must not
            be parted between training and validation, such as r"(patient\d+)".
        **options: As for `Options` and `FileOptions`.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such folder, no images, one class, classes that differ between training and validation, or files
            that do not decode, all named.

    Example:
        >>> pets = from_folder("pets", image_size=128)
    """
    folder, choices = Path(folder), FileOptions(**options)
    parts = parts_of(folder)
    classes = tuple(parts[0][1])
    found = [(file, classes.index(name), part) for part, by_name in parts for name in by_name for file in by_name[name]]
    files = [file for file, _, _ in found]
    labels, given = ([row[column] for row in found] for column in (1, 2))
    if group is not None and VALID in given:
        raise BadInput(f"The folders say what is for validation already. Received: group={group!r}")
    root = training_folder(folder)

    def split(kept: np.ndarray, labels: np.ndarray) -> np.ndarray:
        part = np.array(given)[kept]
        if VALID in given:
            check_every_class(labels[part == VALID], classes, folder)
        else:
            training_part = np.flatnonzero(part == TRAIN)
            names = [files[index] for index in kept[training_part]]
            part[training_part] = _held_out(labels[training_part], names, root, classes, group, choices)
        return part

    return images_of_files(files, np.array(labels, np.int64), split, choices, classes=classes, where=folder)


def from_pattern(folder: str | Path, pattern: str, *, group: str | None = None, **options: Any) -> Images:
    r"""Images anywhere below a folder, whose class is in their name or path.

    Args:
        folder: Where the images are.
        pattern: A regular expression, whose first group finds the class in a file's path below `folder`.
        group: As for `from_folder`.
        **options: As for `Options` and `FileOptions`.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such folder, no images, a file that the expression does not match, one class; or as `from_folder`.

    Example:
        >>> pets = from_pattern("images", r"([^/]+)_\d+.jpg$")   # great_pyrenees_173.jpg
    """
    folder, choices = Path(folder), FileOptions(**options)
    files = image_files(folder)
    if not files:
        raise BadInput(f"No images, or no such folder. Received: {str(folder)!r}")
    words = matched(files, folder, pattern)
    classes = tuple(sorted(set(words)))
    index = {name: label for label, name in enumerate(classes)}

    def split(kept: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return _held_out(labels, [files[each] for each in kept], folder, classes, group, choices)

    labels = np.array([index[word] for word in words], np.int64)
    return images_of_files(files, labels, split, choices, classes=classes, where=folder)


def from_arrays(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    classes: Sequence[str],
    valid: tuple[np.ndarray, np.ndarray] | None = None,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    **options: Any,
) -> Images:
    """Images in memory, with those for validation, or split by class and seed.

    Args:
        images: uint8 (count, height, width) or (count, height, width, channels).
        labels: Integers (count,), indices into `classes`.
        classes: Class names.
        valid: Images and labels to validate on; by default a share of each class.
        test: Images and labels to test on at the end.
        **options: As for `Options`; "auto" augmentation does not mirror.

    Returns:
        The pipelines.

    Raises:
        BadInput: Images that are not uint8, labels that do not fit, fewer than two classes or two images a class.

    Example:
        >>> digits = from_arrays(images, labels, classes=list("0123456789"))
        >>> (x, y), held_out = keras.datasets.cifar10.load_data()
        >>> cifar = from_arrays(x, y[:, 0], classes=names, test=(held_out[0], held_out[1][:, 0]))
    """
    choices = Options(**options)
    if choices.cache not in ("auto", "memory", None):
        raise BadInput(f"Images in memory are not kept on disk. Received: cache={choices.cache!r}")
    parts = [_checked(images, labels, classes)]
    parts += [_checked(*each, classes) for each in (valid, test) if each is not None]
    if len({pictures.shape[1:] for pictures, _ in parts}) > 1:
        raise BadInput(f"Images of one size. Received: {[pictures.shape for pictures, _ in parts]}")
    kinds = [TRAIN, *([VALID] if valid is not None else []), *([TEST] if test is not None else [])]
    part = np.repeat(kinds, [len(labels) for _, labels in parts])
    if valid is None:
        held_out = stratified(parts[0][1], classes, choices.valid_share, choices.seed)
        part[: len(held_out)][held_out] = VALID
    all_images, all_labels = (np.concatenate(each) for each in zip(*parts, strict=True))
    names = [f"image[{index}]" for index in range(len(all_images))]
    pictures = Pictures(names, all_labels.astype(np.int64), ArrayStore(all_images), np.arange(len(names)))
    size = all_images.shape[1:3] if choices.image_size is None else as_size(choices.image_size)
    return images_of(pictures, part, size, choices, classes=tuple(classes), photographs=False)


def from_tfds(
    name: str,
    *,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    download: bool = False,
    **options: Any,
) -> Images:
    """A classification dataset of TensorFlow Datasets, by name (https://www.tensorflow.org/datasets).

    What is prepared in `data_dir` is used as it is; else it is prepared from the files in `manual_dir`; the network is
    used only if asked. Validation is the split "validation", else "test", else a part of "train"; where there is
    "validation", "test" is the test. The encoded images are held in memory.

    Args:
        name: As for `tfds.builder`, such as "mnist".
        data_dir: Where prepared datasets lie; by default TensorFlow Datasets' own place.
        manual_dir: Folder with the dataset's original files.
        download: Whether missing files may be fetched.
        **options: As for `Options`.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such dataset, not one of labelled images, not prepared and no way to, or out of reach.

    Example:
        >>> mnist = from_tfds("mnist", manual_dir="downloads/mnist")
    """
    choices = Options(**options)
    builder = tfds_builder(name, data_dir=data_dir, manual_dir=manual_dir, download=download)
    image, label = builder.info.supervised_keys
    channels = builder.info.features[image].shape[-1] or 3
    classes = tuple(builder.info.features[label].names)
    held_out = [split for split in ("validation", "test") if split in builder.info.splits]
    encoded: list[bytes] = []
    names: list[str] = []
    labels, part = np.zeros(0, np.int64), np.zeros(0, int)
    for split in ["train", *held_out]:
        pictures, found = encoded_examples(builder, split)
        if (found < 0).any():
            # Unlabelled, as a competition's test is.
            continue
        encoded += pictures
        names += [f"{builder.name}/{split}[{number}]" for number in range(len(found))]
        labels, part = np.append(labels, found), np.append(part, np.full(len(found), part.max(initial=-1) + 1))
    if not part.any():
        part = stratified(labels, classes, choices.valid_share, choices.seed).astype(int)
    store = EncodedStore(encoded, names, channels=channels, background=255, are_files=False)
    size = size_of(choices.image_size, store)
    keeping = store_of(store, encoded, size, choices)
    all_pictures = Pictures(names, labels, keeping, np.arange(len(names)))
    photographs = channels == 3 and encoded[0].startswith(b"\xff\xd8")
    return images_of(all_pictures, part, size, choices, classes=classes, photographs=photographs)


def _held_out(
    labels: np.ndarray,
    files: Sequence[str],
    root: Path,
    classes: Sequence[str],
    group: str | None,
    choices: Options,
) -> np.ndarray:
    """Of files that do not say it: 1 for validation, by class and seed or by whole groups."""
    if group is None:
        return stratified(labels, classes, choices.valid_share, choices.seed).astype(int)
    return whole_groups(np.array(matched(files, root, group)), choices.valid_share, choices.seed).astype(int)


def _checked(images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Arrays of images and labels, as four dimensions and one."""
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
    return images, labels
