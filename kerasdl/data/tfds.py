"""Datasets of TensorFlow Datasets by name: from prepared data, else from local files; downloads only on request."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from kerasdl.errors import BadInput


def prepared_builder(name: str, *, data_dir: str | None, manual_dir: str | None, download: bool) -> Any:
    """A prepared builder: already prepared, else from `manual_dir`, else (if `download`) from the network.

    Raises:
        BadInput: No such name, no train split, missing files, or the network is unreachable.
    """
    import tensorflow_datasets as tfds

    unknown = BadInput(
        f"No such file or folder, and no TensorFlow Datasets name (tfds.list_builders() lists them). Received: {name!r}"
    )
    if ":" in name and not download:
        # The name of another registry: looking it up needs the network.
        raise unknown
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except (ValueError, ImportError) as error:
        raise unknown from error
    if not builder.is_prepared():
        _prepare(builder, manual_dir=manual_dir, download=download)
    if "train" not in builder.info.splits:
        raise BadInput(f"Dataset {name!r} has no train split. Received: splits {list(builder.info.splits)}")
    return builder


def supervised_keys(builder: Any, *kinds: str) -> tuple[str, ...] | None:
    """The names of input and label of a dataset if they are features of these kinds, such as "Image", "ClassLabel"."""
    keys, features = builder.info.supervised_keys or (), builder.info.features
    # A key may also be a tuple or dict of names.
    found = [type(features[key]).__name__ for key in keys if isinstance(key, str)]
    return keys if found == [*kinds] else None


def _prepare(builder: Any, *, manual_dir: str | None, download: bool) -> None:
    import tensorflow_datasets as tfds

    wanted = {info.filename: url for url, info in (builder.url_infos or {}).items()}
    missing = [file for file in wanted if not manual_dir or not (Path(manual_dir) / str(file)).exists()]
    if missing and not download:
        raise BadInput(
            f"Dataset {builder.name!r} is not prepared in {builder.data_dir}: put its files in a folder and pass it as "
            "manual_dir (--manual-dir), or allow the download with download=True (--download). Received: "
            f"manual_dir={manual_dir!r} without {', '.join(map(str, missing))}"
        )
    for file in missing:
        # tfds retries an unreachable host for minutes; connecting first fails within seconds.
        address = urlparse(wanted[file])
        try:
            socket.create_connection((address.hostname, address.port or 443), timeout=5).close()
        except OSError as error:
            raise BadInput(
                f"{address.hostname} is unreachable ({error}): download {wanted[file]} by other means and pass its "
                f"folder as manual_dir (--manual-dir). Received: {builder.name!r}"
            ) from error
    configuration = tfds.download.DownloadConfig(manual_dir=manual_dir, try_download_gcs=False)
    builder.download_and_prepare(download_config=configuration)
