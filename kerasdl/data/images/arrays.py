"""Images in NumPy arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.images.build import images_of
from kerasdl.data.images.images import Images, as_size
from kerasdl.data.images.options import Options
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore
from kerasdl.data.splits import Part, check_label_range, stratified
from kerasdl.errors import BadInput


@known_arguments(Options)
def from_arrays(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    classes: Sequence[str],
    valid: tuple[np.ndarray, np.ndarray] | None = None,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    **options: Any,
) -> Images:
    """Images in arrays, with given validation images or a random share of each class.

    Args:
        images: uint8 (count, height, width) or (count, height, width, channels).
        labels: Integers (count,), indices into `classes`.
        classes: Class names.
        valid: Validation images and labels; by default a share of each class is held out.
        test: Test images and labels.
        **options: The fields of `Options`; "auto" augmentation does not mirror arrays.

    Returns:
        The training, validation and test pipelines.

    Raises:
        BadInput: Images that are not uint8, labels that do not match, only one class, or a class with only one image.

    Example:
        >>> digits = from_arrays(images, labels, classes=list("0123456789"))
        >>> (x, y), held_out = keras.datasets.cifar10.load_data()
        >>> cifar = from_arrays(x, y[:, 0], classes=names, test=(held_out[0], held_out[1][:, 0]))
    """
    choices = Options(**options)
    if choices.cache not in ("auto", "memory", None):
        raise BadInput(f"Arrays are not cached on disk: use cache='memory' or None. Received: cache={choices.cache!r}")
    parts = [_checked(images, labels, classes)]
    parts += [_checked(*each, classes) for each in (valid, test) if each is not None]
    if len({pictures.shape[1:] for pictures, _ in parts}) > 1:
        raise BadInput(f"All images must have the same size. Received: {[pictures.shape for pictures, _ in parts]}")
    kinds = [Part.TRAIN, *([Part.VALID] if valid is not None else []), *([Part.TEST] if test is not None else [])]
    part = np.repeat(kinds, [len(labels) for _, labels in parts])
    if valid is None:
        held_out = stratified(parts[0][1], classes, choices.valid_share, choices.seed)
        part[: len(held_out)][held_out] = Part.VALID
    all_images, all_labels = (np.concatenate(each) for each in zip(*parts, strict=True))
    names = [f"image[{index}]" for index in range(len(all_images))]
    pictures = Pictures(names, all_labels.astype(np.int64), ArrayStore(all_images), np.arange(len(names)))
    size = all_images.shape[1:3] if choices.image_size is None else as_size(choices.image_size)
    return images_of(pictures, part, size, choices, classes=tuple(classes), photographs=False)


def _checked(images: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Validated images (count, height, width, channels) and labels (count,)."""
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8 or images.ndim != 4:
        raise BadInput(
            "Images must be uint8 (count, height, width[, channels]), values 0..255: scale and cast them. "
            f"Received: {images.dtype} {images.shape}"
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise BadInput(f"Give one integer label per image. Received: {labels.dtype} {labels.shape} for {images.shape}")
    check_label_range(labels, classes)
    return images, labels
