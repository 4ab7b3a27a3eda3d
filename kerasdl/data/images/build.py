"""From labelled samples to `Images`: skips bad files, chooses the image size, caches decoded images."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.data.images.augment.augmentation import digits, standard
from kerasdl.data.images.bad_files import NOT_A_FILE, bad_files, is_no_file
from kerasdl.data.images.cached import cached
from kerasdl.data.images.decoding.crops import Size
from kerasdl.data.images.images import Images, as_size
from kerasdl.data.images.listing import UNDECODABLE
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import EncodedStore, Store
from kerasdl.data.listing import refuse_bad_files
from kerasdl.data.order import balanced_weights
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

LARGEST_DEFAULT_SIZE = 128
CACHE_BYTES = 2**30
CHECKED_BYTES = 2**28
# Cached training images are larger by this: `standard` zooms in by up to 1.1, and by 1.2 at an edge in perspective.
MARGIN = 1.25


def images_of_files(
    files: Sequence[str],
    labels: np.ndarray,
    split: Callable[[np.ndarray, np.ndarray], np.ndarray],
    choices: FileOptions,
    *,
    classes: tuple[str, ...],
    numbers: tuple[str, ...] = (),
    tags: bool = False,
    where: object,
    place: Callable[[int], str] = lambda _: "",
) -> Images:
    """Labelled files; `split` takes the indices and labels of the good ones and returns the part of each.

    `place` is what an error says of a file after its name: the line of the table that lists it.
    """
    bad = _bad(files, choices, where, place)
    good = np.array([index for index, file in enumerate(files) if file not in bad], int)
    files, labels = [files[index] for index in good], labels[good]
    if classes and not tags:
        check_every_class(labels, classes, where)
    part = split(good, labels)
    _check_parts(labels, part, () if tags else classes, where)
    store = EncodedStore(files, files, channels=choices.channels, background=choices.background, are_files=True)
    size = size_of(choices.image_size, store)
    pictures = Pictures(files, labels, store, np.arange(len(files)))
    photographs = choices.channels == 3 and all(file.lower().endswith((".jpg", ".jpeg")) for file in files)
    about: dict[str, Any] = {"classes": classes, "numbers": numbers, "tags": tags, "photographs": photographs}
    return images_of(
        pictures, part, size, choices, **about, skipped=tuple(f"{file} ({why})" for file, why in bad.items())
    )


def images_of(
    pictures: Pictures,
    part: np.ndarray,
    size: tuple[int, int],
    choices: Options,
    *,
    classes: tuple[str, ...],
    photographs: bool,
    numbers: tuple[str, ...] = (),
    tags: bool = False,
    skipped: tuple[str, ...] = (),
) -> Images:
    """Images with the part that each belongs to, and with the augmentation, mixing and balancing of the options."""
    if (choices.balanced or choices.mixing) and not (classes and not (tags and choices.balanced)):
        raise BadInput(
            "Mixing needs classes or tags; balancing needs one class per image. Received: "
            f"mixing={choices.mixing}, balanced={choices.balanced} for {numbers or 'tags'}"
        )
    train, valid, test = (pictures.take(np.flatnonzero(part == which)) for which in Part)
    augmentation, where = _augmentation(choices, photographs, classes), _cache(pictures, size, choices)
    if where is not None:
        margin = 1.0 if augmentation is None else _margin(pictures.store, size)
        train, valid, test = (
            _cached(each, size, where, of_part) for each, of_part in ((train, margin), (valid, 1.0), (test, 1.0))
        )
    return Images(
        train_pictures=train,
        valid_pictures=valid,
        test_pictures=test if len(test.names) else None,
        classes=classes,
        numbers=numbers,
        tags=tags,
        shape=(*size, pictures.store.channels),
        batch_size=choices.batch_size,
        seed=choices.seed,
        augmentation=augmentation,
        mixing=choices.mixing,
        weights=balanced_weights(np.bincount(train.labels, minlength=len(classes)))[train.labels]
        if choices.balanced
        else None,
        skipped=skipped,
    )


def _augmentation(choices: Options, photographs: bool, classes: Sequence[str]) -> Any:
    if choices.augment != "auto":
        return choices.augment
    # A class named by one character or a number is a glyph, and its mirror image may be another glyph.
    glyphs = bool(classes) and all(len(name) == 1 or name.isdigit() for name in classes)
    # Numbers to predict may be angles or positions, which mirroring changes.
    return digits() if glyphs else standard(flip=photographs and bool(classes))


def _bad(files: Sequence[str], choices: FileOptions, where: object, place: Callable[[int], str]) -> dict[str, str]:
    """The files to skip, with the reason; raises if there are any and `on_bad` is "raise"."""
    if choices.check is False or (choices.check == "auto" and choices.on_bad == "raise" and not _are_small(files)):
        bad = {file: why for file in files if (why := _unread(file))}
    else:
        bad = bad_files(files, channels=choices.channels)
    if bad and choices.on_bad == "raise":
        named = (f"{file}{place(files.index(file))} ({why})" for file, why in bad.items())
        refuse_bad_files(named, failed=len(bad), count=len(files), problem="do not decode", where=where)
    return bad


def _unread(file: str) -> str | None:
    """Why a file does not decode, as far as can be told without reading it."""
    if is_no_file(file):
        return NOT_A_FILE
    return "TensorFlow does not decode this format" if file.lower().endswith(UNDECODABLE) else None


def _are_small(files: Sequence[str]) -> bool:
    """Whether decoding all files takes only seconds."""
    total = 0
    for file in files:
        # A missing file costs no time, and the check reports it.
        with contextlib.suppress(OSError):
            total += os.stat(file).st_size  # noqa: PTH116 - many
        if total > CHECKED_BYTES:
            return False
    return True


def _cache(pictures: Pictures, size: Size, choices: Options) -> str | Path | None:
    """Where to cache decoded images, if at all: "memory" or a folder."""
    store = pictures.store
    if not isinstance(store, EncodedStore):
        return None
    if choices.cache == "auto":
        fits = len(pictures.names) * size[0] * size[1] * store.channels <= CACHE_BYTES
        return "memory" if fits and store.first_shape == size else None
    if choices.cache not in ("memory", None) and not isinstance(choices, FileOptions):
        raise BadInput(f"Only files can be cached on disk: use cache='memory'. Received: cache={choices.cache!r}")
    return choices.cache


def _margin(store: Store, size: Size) -> float:
    """How much larger than their size training images are cached: at most as large as the first file."""
    assert isinstance(store, EncodedStore)  # no other is cached
    return min(MARGIN, max(1.0, min(have / want for have, want in zip(store.first_shape, size, strict=True))))


def _cached(pictures: Pictures, size: Size, where: str | Path, margin: float) -> Pictures:
    if not pictures.names:
        return pictures
    store = cached(pictures.store, pictures.rows, size, where, margin=margin)
    return replace(pictures, store=store, rows=np.arange(len(pictures.names)))


def check_every_class(labels: np.ndarray, classes: Sequence[str], where: object) -> None:
    """Raises if a class has no files left."""
    if empty := [name for label, name in enumerate(classes) if not (labels == label).any()]:
        raise BadInput(f"Classes without a readable image: {empty}. Received: {str(where)!r}")


def _check_parts(labels: np.ndarray, part: np.ndarray, classes: Sequence[str], where: object) -> None:
    for which, name in ((Part.TRAIN, "training"), (Part.VALID, "validation")):
        present = labels[part == which]
        if not len(present):
            raise BadInput(f"No images for {name}. Received: {str(where)!r}")
        # A split by groups may leave a rare class out of validation; a class without training images is an error.
        if lost := [each for label, each in enumerate(classes) if which == Part.TRAIN and label not in present]:
            raise BadInput(f"Classes without training images: {lost}. Received: {str(where)!r}")


def size_of(image_size: int | tuple[int, int] | None, store: EncodedStore) -> tuple[int, int]:
    """The given size, or by default the shorter side of the first image, at most `LARGEST_DEFAULT_SIZE`."""
    return as_size(min(*store.first_shape, LARGEST_DEFAULT_SIZE) if image_size is None else image_size)
