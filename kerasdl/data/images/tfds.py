"""Images of TensorFlow Datasets by name: from prepared data, else from local files; downloads only on request."""

from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.images.build import images_of, size_of
from kerasdl.data.images.images import Images
from kerasdl.data.images.options import Options
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import EncodedStore
from kerasdl.data.splits import as_parts, stratified
from kerasdl.data.tfds import prepared_builder, supervised_keys
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
    builder = prepared_builder(name, data_dir=data_dir, manual_dir=manual_dir, download=download)
    keys = supervised_keys(builder, "Image", "ClassLabel")
    if keys is None:
        raise BadInput(f"Dataset {name!r} has no labelled images. Received: features {list(builder.info.features)}")
    image, label = keys
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
    all_pictures = Pictures(names, labels, store, np.arange(len(names)))
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
