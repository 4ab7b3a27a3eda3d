"""Pretrained weights for the residual networks: where they are had from, and how strictly they are taken."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.models.preprocess import Preprocess
from kerasdl.models.weight_files import Tensors, own_name, read_keras, read_safetensors, torch_name

# Block and depths of each network that torchvision published for ImageNet.
PUBLISHED = {
    ("basic", (2, 2, 2, 2)): "resnet18",
    ("basic", (3, 4, 6, 3)): "resnet34",
    ("bottleneck", (3, 4, 6, 3)): "resnet50",
    ("bottleneck", (3, 4, 23, 3)): "resnet101",
    ("bottleneck", (3, 8, 36, 3)): "resnet152",
}
TAGS = ("imagenet",)
CLASSES = 1000
# How long the hub may take to answer, and how many weights an error names of each kind.
_SECONDS, _NAMED = 5, 5


def load_weights(model: keras.Model, path: str | os.PathLike[str], *, top: bool = True) -> None:
    """Loads a file of weights into a network for images, every one or none.

    Where the images have another number of channels than the file's, the first kernel is adapted: summed over its
    channels for one channel, which on grey images is the same function, and else repeated in turn and scaled by the
    file's number of channels over the new one.

    Args:
        model: Of `resnet`, `cifar_resnet` or `convnet`.
        path: .safetensors under torchvision's names (a prefix `module.` and the counters `num_batches_tracked` do not
            matter, nor whether the last layer is called `fc` or `linear`), .weights.h5 or .keras under the model's own.
        top: Whether the head is loaded too; without it the file's is passed over.

    Raises:
        BadInput: No such file, one that is cut short or of another kind, or weights that are missing, not the model's,
            or of another shape, named.
        ImportError: safetensors is not installed.

    Example:
        >>> model = kerasdl.models.cifar_resnet((32, 32, 3), 10, preprocess="imagenet")
        >>> kerasdl.models.load_weights(model, "resnet20_cifar10.safetensors")
    """
    path = Path(path)
    read, name_of = _format(path)
    tensors, targets = read(path), _targets(model, name_of)
    if not top:
        heads = ("head_", "fc.")
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(heads)}
        targets = {name: variable for name, variable in targets.items() if not name.startswith(heads)}
    _adapt_first_kernel(tensors, targets)
    _check(tensors, targets, model, path)
    for name, variable in targets.items():
        variable.assign(tensors[name])


def initialize(
    model: keras.Model, weights: str | os.PathLike[str], *, block: str, depths: Sequence[int], top: bool
) -> None:
    """What `weights=` of a builder does.

    Args:
        model: As it was built.
        weights: A tag or a path.
        block: As for `resnet`.
        depths: As for `resnet`.
        top: Whether the model has a head.

    Raises:
        BadInput: A tag that has no such network, or as for `published_file` and `load_weights`.

    Example:
        >>> initialize(model, "imagenet", block="basic", depths=(2, 2, 2, 2), top=True)
    """
    if weights not in TAGS:
        load_weights(model, weights, top=top)
        return
    architecture = (block, tuple(depths))
    if architecture not in PUBLISHED:
        raise BadInput(
            f"weights={weights!r} is published for {', '.join(PUBLISHED.values())}. "
            f"Received: block={block!r}, depths={tuple(depths)}"
        )
    published_head = [layer.name for layer in model.layers if layer.name.startswith("head_") and layer.weights]
    same_head = published_head == ["head_logits"] and model.output_shape[-1] == CLASSES
    load_weights(model, published_file(PUBLISHED[architecture]), top=top and same_head)


def published_preprocessing(weights: str | os.PathLike[str] | None) -> Preprocess:
    """What published weights need before the first convolution; nothing for others.

    Those of "imagenet" were trained by torchvision on crops of 224 pixels, and are evaluated on the middle of images
    whose shorter side is 256 (a crop of 0.875), resized bilinearly.

    Args:
        weights: As for `resnet`.

    Returns:
        A value for `preprocess`.

    Example:
        >>> published_preprocessing("imagenet")
        'imagenet'
    """
    return "imagenet" if weights in TAGS else None


def published_file(network: str) -> Path:
    """The file of torchvision's ImageNet weights, as timm publishes them on huggingface.co.

    It is taken from ~/.keras/models (or KERAS_HOME) if it lies there as NETWORK.tv_in1k.safetensors, then from the
    cache of huggingface_hub, which downloads it once and checks that it is whole.

    Args:
        network: "resnet18" and so on.

    Returns:
        Path of a safetensors file.

    Raises:
        BadInput: It cannot be downloaded.
        ImportError: huggingface_hub is not installed.

    Example:
        >>> published_file("resnet18")
    """
    by_hand = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / f"{network}.tv_in1k.safetensors"
    if by_hand.exists():
        return by_hand
    try:
        import huggingface_hub as hub
    except ImportError as error:
        raise ImportError("Pretrained weights need two libraries more: pip install 'kerasdl[pretrained]'") from error
    repository, name = f"timm/{network}.tv_in1k", "model.safetensors"
    cached = hub.try_to_load_from_cache(repository, name)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # Asked for once, without the download's own patience of many retries.
        hub.get_hf_file_metadata(hub.hf_hub_url(repository, name), timeout=_SECONDS)
        return Path(hub.hf_hub_download(repository, name))
    except Exception as error:  # of whatever library the hub speaks HTTP with
        url = f"https://huggingface.co/{repository}/resolve/main/{name}"
        raise BadInput(
            f"The weights of {network} could not be downloaded ({type(error).__name__}: {_first_line(error)}). "
            f"Download {url} by hand to {by_hand}. Received: weights='imagenet'"
        ) from error


def _format(path: Path) -> tuple[Callable[[Path], Tensors], Callable[[str, int, str], str]]:
    if not path.is_file():
        raise BadInput(
            f"No such file; and weights that are no file are one of the tags {list(TAGS)}. "
            f"Received: weights={str(path)!r}"
        )
    if path.suffix == ".safetensors":
        return read_safetensors, torch_name
    if path.suffix == ".keras" or path.name.endswith(".weights.h5"):
        return read_keras, own_name
    raise BadInput(f"Weights are read from .safetensors, .weights.h5 and .keras. Received: weights={str(path)!r}")


def _targets(model: keras.Model, name_of: Callable[[str, int, str], str]) -> dict[str, Any]:
    return {
        name_of(layer.name, index, variable.name): variable
        for layer in model.layers
        for index, variable in enumerate(layer.weights)
    }


def _adapt_first_kernel(tensors: Tensors, targets: dict[str, Any]) -> None:
    name = next((name for name, variable in targets.items() if len(variable.shape) == 4), None)
    if name is None or name not in tensors or tensors[name].ndim != 4:
        return
    kernel, channels = tensors[name], targets[name].shape[2]
    if kernel.shape[2] != channels:
        turns = np.arange(channels) % kernel.shape[2]
        summed = kernel.sum(axis=2, keepdims=True)
        tensors[name] = summed if channels == 1 else kernel[:, :, turns] * (kernel.shape[2] / channels)


def _check(tensors: Tensors, targets: dict[str, Any], model: keras.Model, path: Path) -> None:
    shared = [name for name in targets if name in tensors]
    faults = {
        "missing in the file": [name for name in targets if name not in tensors],
        "not the model's": [name for name in tensors if name not in targets],
        "of another shape": [
            f"{name} {tensors[name].shape} for {tuple(targets[name].shape)}"
            for name in shared
            if tensors[name].shape != tuple(targets[name].shape)
        ],
    }
    if any(faults.values()):
        said = "; ".join(f"{kind}: {_shortened(names)}" for kind, names in faults.items() if names)
        raise BadInput(
            f"The weights do not fit model {model.name!r}. {said}. (Shapes as Keras has them. For other classes build "
            f"the file's own network, then call replace_head.) Received: weights={str(path)!r}"
        )


def _shortened(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
