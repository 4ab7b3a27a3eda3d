"""Images of TensorFlow Datasets by name: from prepared data, else from local files; downloads only on request."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.images.build import images_of, size_of, store_of
from kerasdl.data.images.images import Images
from kerasdl.data.images.options import Options
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import EncodedStore
from kerasdl.data.splits import as_parts, stratified
from kerasdl.errors import BadInput


@known_arguments(Options)
def from_tfds(
    name: str,
    *,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    download: bool = False,
    **options: Any,
) -> Images:
    """A classification dataset of TensorFlow Datasets, by name (https://www.tensorflow.org/datasets).

    A dataset that is prepared in `data_dir` is used directly, else it is prepared from the files in `manual_dir`;
    nothing is downloaded unless `download` is set. Validation is the split "validation", else "test", else a share of
    "train". "test" is the test part if there is a "validation" split. The encoded images are held in memory.

    Args:
        name: A name for `tfds.builder`, such as "mnist".
        data_dir: The folder of prepared datasets; by default that of TensorFlow Datasets.
        manual_dir: A folder with the dataset's original files.
        download: Whether missing files may be downloaded.
        **options: The fields of `Options`.

    Returns:
        The training, validation and test pipelines.

    Raises:
        BadInput: No such dataset, no labelled images in it, its files are missing, or the network is unreachable.

    Example:
        >>> mnist = from_tfds("mnist", manual_dir="downloads/mnist")
    """
    choices = Options(**options)
    builder = _builder(name, data_dir=data_dir, manual_dir=manual_dir, download=download)
    image, label = builder.info.supervised_keys
    channels = builder.info.features[image].shape[-1] or 3
    classes = tuple(builder.info.features[label].names)
    held_out = [split for split in ("validation", "test") if split in builder.info.splits]
    encoded: list[bytes] = []
    names: list[str] = []
    labels, part = np.zeros(0, np.int64), np.zeros(0, int)
    for split in ["train", *held_out]:
        pictures, found = _encoded_examples(builder, split)
        if (found < 0).any():
            # No labels, such as the test split of a competition.
            continue
        encoded += pictures
        names += [f"{builder.name}/{split}[{number}]" for number in range(len(found))]
        labels, part = np.append(labels, found), np.append(part, np.full(len(found), part.max(initial=-1) + 1))
    if not part.any():
        part = as_parts(stratified(labels, classes, choices.valid_share, choices.seed))
    store = EncodedStore(encoded, names, channels=channels, background=255, are_files=False)
    size = size_of(choices.image_size, store)
    cached = store_of(store, encoded, size, choices)
    all_pictures = Pictures(names, labels, cached, np.arange(len(names)))
    photographs = channels == 3 and encoded[0].startswith(b"\xff\xd8")
    return images_of(all_pictures, part, size, choices, classes=classes, photographs=photographs)


def _encoded_examples(builder: Any, split: str) -> tuple[list[bytes], np.ndarray]:
    """The encoded images of a split and their labels."""
    import tensorflow_datasets as tfds

    image, label = builder.info.supervised_keys
    encoded: list[bytes] = []
    labels: list[int] = []
    for batch in builder.as_dataset(split=split, decoders={image: tfds.decode.SkipDecoding()}).batch(1024):
        encoded += batch[image].numpy().tolist()
        labels += batch[label].numpy().tolist()
    return encoded, np.array(labels, np.int64)


def _builder(name: str, *, data_dir: str | None, manual_dir: str | None, download: bool) -> Any:
    """A prepared builder: already prepared, else from `manual_dir`, else (if `download`) from the network.

    Raises:
        BadInput: No such name, no images with labels, missing files, or the network is unreachable.
    """
    import tensorflow_datasets as tfds

    unknown = BadInput(
        f"No such folder, and no TensorFlow Datasets name (tfds.list_builders() lists them). Received: {name!r}"
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
    keys, features = builder.info.supervised_keys, builder.info.features
    kinds = [type(features[key]) for key in keys or ()]
    if kinds != [tfds.features.Image, tfds.features.ClassLabel] or "train" not in builder.info.splits:
        raise BadInput(
            f"Dataset {name!r} has no labelled images, or no train split. Received: features {list(features)}"
        )
    return builder


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
