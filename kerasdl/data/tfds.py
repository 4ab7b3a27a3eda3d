"""Datasets of TensorFlow Datasets, by name: what is prepared first, then files at hand, the network only if asked."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
from kerasdl.errors import BadInput


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

    unknown = BadInput(
        f"No such folder, and no TensorFlow Datasets name either (tfds.list_builders() lists them). Received: {name!r}"
    )
    if ":" in name and not download:
        # A name of another registry, which is asked over the network.
        raise unknown
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except (ValueError, ImportError) as error:
        raise unknown from error
    if not builder.is_prepared():
        _prepare(builder, manual_dir=manual_dir, download=download)
    keys, features = builder.info.supervised_keys, builder.info.features
    kinds = [type(features[key]) for key in keys or ()]
    if kinds != [tfds.features.Image, tfds.features.ClassLabel] or "train" not in builder.info.splits:
        raise BadInput(
            f"Dataset {name!r} does not hold labelled images, or none for training. Received: {list(features)}"
        )
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
