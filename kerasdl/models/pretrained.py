"""Pretrained weights of the residual networks: finding, downloading and loading them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.models.preprocess import Preprocess
from kerasdl.models.weight_files import Tensors, check_fit, own_name, read_keras, read_safetensors, torch_name
from kerasdl.optional import import_optional

# Block and depths of the networks with published ImageNet weights (torchvision).
PUBLISHED = {
    ("basic", (2, 2, 2, 2)): "resnet18",
    ("basic", (3, 4, 6, 3)): "resnet34",
    ("bottleneck", (3, 4, 6, 3)): "resnet50",
    ("bottleneck", (3, 4, 23, 3)): "resnet101",
    ("bottleneck", (3, 8, 36, 3)): "resnet152",
}
TAGS = ("imagenet",)
CLASSES = 1000
# Timeout of the hub's answer.
_SECONDS = 5


def load_weights(model: keras.Model, path: str | os.PathLike[str], *, top: bool = True) -> None:
    """Load a file of weights into an image network: all of them, or none if any does not fit.

    If the number of channels differs from the file's, the first kernel is adapted. For one channel it is summed over
    the channels, which gives the same outputs on gray images. Otherwise its channels are repeated cyclically and scaled
    by the ratio of the file's number of channels to the model's.

    Args:
        model: A model of `resnet`, `cifar_resnet` or `convnet`.
        path: .safetensors with torchvision's names (a prefix `module.`, counters `num_batches_tracked` and a last layer
            called `linear` are accepted), or .weights.h5 or .keras with the model's layer names.
        top: Whether to load the head; if False the file's head is ignored.

    Raises:
        BadInput: A file that is missing, damaged or of an unknown kind; weights that are missing, unknown or of another
            shape.
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
    advice = "for other classes, build the model with the file's classes, then call replace_head"
    check_fit(tensors, targets, model, path, advice)
    for name, variable in targets.items():
        variable.assign(tensors[name])


def initialize(
    model: keras.Model, weights: str | os.PathLike[str], *, block: str, depths: Sequence[int], top: bool
) -> None:
    """Load the weights that a builder's `weights=` names.

    Args:
        model: The new model.
        weights: "imagenet" or a path.
        block: As for `resnet`.
        depths: As for `resnet`.
        top: Whether the model has a head.

    Raises:
        BadInput: No weights are published for this network; or as for `published_file` and `load_weights`.

    Example:
        >>> model = kerasdl.models.cifar_resnet((32, 32, 3), 10)
        >>> initialize(model, "resnet20_cifar10.safetensors", block="basic", depths=(3, 3, 3), top=True)
    """
    if weights not in TAGS:
        load_weights(model, weights, top=top)
        return
    architecture = (block, tuple(depths))
    if architecture not in PUBLISHED:
        raise BadInput(
            f"weights={weights!r} is available for {', '.join(PUBLISHED.values())}. "
            f"Received: block={block!r}, depths={tuple(depths)}"
        )
    published_head = [layer.name for layer in model.layers if layer.name.startswith("head_") and layer.weights]
    same_head = published_head == ["head_logits"] and model.output_shape[-1] == CLASSES
    load_weights(model, published_file(PUBLISHED[architecture]), top=top and same_head)


def published_preprocessing(weights: str | os.PathLike[str] | None) -> Preprocess:
    """The preprocessing that published weights need; None for all others.

    The "imagenet" weights were trained by torchvision on crops of 224 pixels. They are evaluated on the center crop of
    images resized bilinearly to a shorter side of 256 pixels (a crop of 0.875).

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
    """Find or download torchvision's ImageNet weights, as published by timm on huggingface.co.

    Looks for NETWORK.tv_in1k.safetensors in ~/.keras/models (or $KERAS_HOME/models), then in the cache of
    huggingface_hub, which downloads the file once and verifies it.

    Args:
        network: Name of the network, such as "resnet18".

    Returns:
        Path of a safetensors file.

    Raises:
        BadInput: It cannot be downloaded.
        ModuleNotFoundError: huggingface_hub is not installed.

    Example:
        >>> published_file("resnet18")
    """
    by_hand = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / f"{network}.tv_in1k.safetensors"
    if by_hand.exists():
        return by_hand
    hub = import_optional("huggingface_hub")
    repository, name = f"timm/{network}.tv_in1k", "model.safetensors"
    cached = hub.try_to_load_from_cache(repository, name)
    if isinstance(cached, str):
        return Path(cached)
    try:
        # One request with a timeout: the download itself would retry many times.
        hub.get_hf_file_metadata(hub.hf_hub_url(repository, name), timeout=_SECONDS)
        return Path(hub.hf_hub_download(repository, name))
    except Exception as error:  # the hub's HTTP library decides the type
        url = f"https://huggingface.co/{repository}/resolve/main/{name}"
        raise BadInput(
            f"Cannot download the weights of {network} ({type(error).__name__}: {_first_line(error)}). "
            f"Download {url} manually to {by_hand}. Received: weights='imagenet'"
        ) from error


def _format(path: Path) -> tuple[Callable[[Path], Tensors], Callable[[str, int, str], str]]:
    if not path.is_file():
        raise BadInput(f"weights must be an existing file or one of {list(TAGS)}. Received: weights={str(path)!r}")
    if path.suffix == ".safetensors":
        return read_safetensors, torch_name
    if path.suffix == ".keras" or path.name.endswith(".weights.h5"):
        return read_keras, own_name
    raise BadInput(f"weights must be a .safetensors, .weights.h5 or .keras file. Received: weights={str(path)!r}")


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


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
