"""Where images come from: a folder, arrays, or TensorFlow Datasets. Each becomes samples to load by index."""

import os
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import keras
import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput
from kerasdl.layers import FitImage

DECODABLE = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
# Formats of images that TensorFlow cannot decode: named rather than passed over.
UNDECODABLE = (".tif", ".tiff", ".avif", ".heic", ".heif", ".ico", ".psd", ".jp2", ".ppm", ".pgm", ".mpo")
CACHE_BYTES = 2**30


@dataclass(frozen=True)
class Source:
    """Labelled samples that can be loaded by index.

    Attributes:
        names: What is behind each sample: a file, or a split and a number.
        labels: int64, an index into the class names each; or float32 numbers to predict, (count, any).
        load: From indices (batch,) to inputs: of images uint8 (batch, height, width, channels).
        skipped: Files left out because they do not decode, with the reason.
        weights: float32, of each sample in the loss; None where all count alike.
    """

    names: Sequence[str]
    labels: np.ndarray
    load: Callable[[tf.Tensor], Any]
    skipped: tuple[str, ...] = ()
    weights: np.ndarray | None = None

    def take(self, indices: np.ndarray) -> "Source":
        """The samples at `indices`, in that order."""
        kept = tf.constant(indices, tf.int64)
        rows: dict[str, Any] = {"names": [self.names[i] for i in indices], "labels": self.labels[indices]}
        rows["weights"] = None if self.weights is None else self.weights[indices]
        return replace(self, load=lambda i: self.load(tf.gather(kept, i)), **rows)


def array_source(images: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Source:
    """Images in memory: uint8 (count, height, width, channels)."""
    with tf.device("CPU"):
        images = tf.constant(images)
    return Source(names, np.asarray(labels, np.int64), lambda indices: tf.gather(images, indices))


def folder_source(
    folder: Path, classes: Sequence[str], size: tuple[int, int], channels: int, *, skip_unreadable: bool
) -> Source:
    """Images in `folder/CLASS/`, at any depth below; every file is decoded once to see that it can be.

    The decoded images are kept in memory where they take no more than a gigabyte.
    """
    files = [(path, label) for label, name in enumerate(classes) for path in image_files(folder / name)]
    paths, labels = [str(path) for path, _ in files], np.array([label for _, label in files], np.int64)
    decode = decoder(size, channels)

    def decode_file(path: tf.Tensor) -> tf.Tensor:
        return decode(tf.io.read_file(path))

    images, reasons = _decode_all(paths, decode_file, (*size, channels))
    skipped = tuple(f"{paths[index]} ({reason})" for index, reason in reasons.items())
    if skipped and not skip_unreadable:
        raise BadInput(
            f"{len(skipped)} of {len(paths)} files do not decode: {'; '.join(skipped)}. Mend or remove them, or leave "
            f"them out by skip_unreadable (--skip-unreadable). Received: folder={str(folder)!r}"
        )
    source = _source(images, paths, decode_file, labels, paths)
    readable = np.array([index for index in range(len(paths)) if index not in reasons], int)
    return replace(source.take(readable) if skipped else source, skipped=skipped)


def tfds_source(builder: Any, split: str, size: tuple[int, int], channels: int) -> Source:
    """One split of a prepared TensorFlow Datasets builder, its encoded images held in memory."""
    encoded, labels = encoded_examples(builder, split)
    names = [f"{builder.name}/{split}[{index}]" for index in range(len(labels))]
    decode = decoder(size, channels)
    images, reasons = _decode_all(encoded, decode, (*size, channels))
    if reasons:
        named = "; ".join(f"{names[index]} ({reason})" for index, reason in reasons.items())
        raise BadInput(f"Images of {builder.name} do not decode: prepare it anew. Received: {named}")
    return _source(images, encoded, decode, labels, names)


def encoded_examples(builder: Any, split: str) -> tuple[list[bytes], np.ndarray]:
    """The images of a split as they are stored, encoded, and their labels."""
    import tensorflow_datasets as tfds

    image, label = builder.info.supervised_keys
    encoded: list[bytes] = []
    labels: list[int] = []
    for batch in builder.as_dataset(split=split, decoders={image: tfds.decode.SkipDecoding()}).batch(1024):
        encoded += batch[image].numpy().tolist()
        labels += batch[label].numpy().tolist()
    return encoded, np.array(labels, np.int64)


def tfds_builder(name: str, *, data_dir: str | None, manual_dir: str | None, download: bool) -> Any:
    """A prepared builder: what is prepared already, else from `manual_dir`, else (if asked) from the network.

    Raises:
        BadInput: No such name, no image and label in it, no way to prepare it, or the network is out of reach.
    """
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except (ValueError, ImportError) as error:
        raise BadInput(
            f"No such folder, and no TensorFlow Datasets name either (tfds.list_builders() lists them). Received: "
            f"{name!r}"
        ) from error
    if not builder.is_prepared():
        _prepare(builder, manual_dir=manual_dir, download=download)
    keys = builder.info.supervised_keys
    if not keys or not isinstance(builder.info.features[keys[0]], tfds.features.Image):
        raise BadInput(f"Dataset {name!r} does not hold labelled images. Received: {list(builder.info.features)}")
    return builder


def _prepare(builder: Any, *, manual_dir: str | None, download: bool) -> None:
    import tensorflow_datasets as tfds

    wanted = {info.filename: url for url, info in (builder.url_infos or {}).items()}
    missing = [file for file in wanted if not manual_dir or not (Path(manual_dir) / str(file)).exists()]
    if missing and not download:
        raise BadInput(
            f"Dataset {builder.name!r} is not prepared in {builder.data_dir}: put its files in a folder and give "
            "that as manual_dir (--manual-dir), or let it be fetched by download (--download). Received: "
            f"manual_dir={manual_dir!r} without {', '.join(map(str, missing))}"
        )
    for file in missing:
        # tfds tries an unreachable host for minutes; a dead network shows in seconds.
        address = urlparse(wanted[file])
        try:
            socket.create_connection((address.hostname, address.port or 443), timeout=5).close()
        except OSError as error:
            raise BadInput(
                f"{address.hostname} is out of reach ({error}): fetch {wanted[file]} by other means and give its "
                f"folder as manual_dir (--manual-dir). Received: {builder.name!r}"
            ) from error
    configuration = tfds.download.DownloadConfig(manual_dir=manual_dir, try_download_gcs=False)
    builder.download_and_prepare(download_config=configuration)


def decoder(size: tuple[int, int], channels: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from encoded bytes to a uint8 image of `size`: decoded, cropped to aspect, resized."""
    fit = FitImage(*size)

    def decode(encoded: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(encoded, channels=channels, expand_animations=False)
        return tf.ensure_shape(
            tf.cast(fit(tf.ensure_shape(image, (None, None, channels))), tf.uint8), (*size, channels)
        )

    return decode


def image_files(folder: Path) -> list[Path]:
    """The decodable image files below `folder`, sorted; hidden ones left out.

    Raises:
        BadInput: The folder holds images of a format that TensorFlow cannot decode.
    """
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    for path in files:
        if path.suffix.lower() in UNDECODABLE:
            raise BadInput(
                f"TensorFlow does not decode {path.suffix} files: convert them to PNG or JPEG. Received: {path}"
            )
    return [path for path in files if path.suffix.lower() in DECODABLE]


def _decode_all(
    encoded: Sequence[Any], decode: Callable[[Any], tf.Tensor], shape: tuple[int, int, int]
) -> tuple[np.ndarray | None, dict[int, str]]:
    """Decodes everything once: the images, where they fit into memory, and why any of them does not decode."""
    fits = len(encoded) * int(np.prod(shape)) <= CACHE_BYTES
    images = np.zeros((len(encoded), *shape), np.uint8) if fits else None
    reasons: dict[int, str] = {}
    several = _decode_several(decode)

    def attempt(indices: range) -> int:
        try:
            decoded = several([encoded[index] for index in indices]).numpy()
        except tf.errors.OpError:
            # TensorFlow does not say which, so they are tried one by one.
            decoded = np.stack([alone(index) for index in indices])
        if images is not None:
            images[indices.start : indices.stop] = decoded
        return len(indices)

    def alone(index: int) -> np.ndarray:
        try:
            return decode(encoded[index]).numpy()
        except tf.errors.OpError as error:
            reasons[index] = reason(error)
            return np.zeros(shape, np.uint8)

    bar = keras.utils.Progbar(len(encoded), unit_name="image", verbose=int(len(encoded) > 1000))
    chunks = [range(start, min(start + 64, len(encoded))) for start in range(0, len(encoded), 64)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(attempt, chunks):
            bar.add(done)
    return images, dict(sorted(reasons.items()))


def _decode_several(decode: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[Any], tf.Tensor]:
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
    def several(encoded: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(decode, encoded, fn_output_signature=tf.uint8)

    return several


def reason(error: tf.errors.OpError) -> str:
    """What an eager operation complained of, without the names of nodes and operations."""
    return error.message.split("}} ")[-1].split(" [Op:")[0].strip()


def _source(
    images: np.ndarray | None,
    encoded: Sequence[Any],
    decode: Callable[[tf.Tensor], tf.Tensor],
    labels: np.ndarray,
    names: Sequence[str],
) -> Source:
    """From the decoded images where there are any, else by decoding whenever a batch is asked for."""
    if images is not None:
        return array_source(images, labels, names)
    with tf.device("CPU"):
        table = tf.constant(encoded)
    several = _decode_several(decode)
    return Source(names, labels, lambda indices: several(tf.gather(table, indices)))
