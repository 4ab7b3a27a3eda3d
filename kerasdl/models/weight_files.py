"""Reading files of weights as {name: array in Keras's layout}, and the names of weights in each kind of file."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.files import check_unpacked
from kerasdl.optional import import_optional

Tensors = dict[str, np.ndarray]

# Weights of each kind that an error lists.
_NAMED = 5

_BLOCK = re.compile(r"stage(\d+)_block(\d+)_(conv|norm)(\d|_shortcut)")
_VARIABLES = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def torch_name(layer: str, _: int, variable: str) -> str:
    """Torchvision's name of a residual network's weight; LAYER/VARIABLE if torchvision has no such weight.

    Args:
        layer: kerasdl's name of the layer.
        variable: Keras's name of the variable.

    Example:
        >>> torch_name("stage2_block1_norm_shortcut", 0, "gamma")
        'layer2.0.downsample.1.weight'
    """
    known = {"stem_conv": "conv1", "stem_norm": "bn1", "head_logits": "fc"}
    if match := _BLOCK.fullmatch(layer):
        stage, block, kind, part = match.groups()
        torch_kind = {"conv": "conv", "norm": "bn"}[kind]
        last = f"downsample.{'01'[kind == 'norm']}" if part == "_shortcut" else f"{torch_kind}{part}"
        known[layer] = f"layer{stage}.{int(block) - 1}.{last}"
    if layer not in known or variable not in _VARIABLES:
        return f"{layer}/{variable}"
    return f"{known[layer]}.{_VARIABLES[variable]}"


def own_name(layer: str, index: int, _: str) -> str:
    """The name of a weight in Keras's files: its layer and its index there.

    Args:
        layer: Name of the layer.
        index: Index of the weight in the layer.

    Example:
        >>> own_name("stem_conv", 0, "kernel")
        'stem_conv/0'
    """
    return f"{layer}/{index}"


def read_safetensors(path: Path) -> Tensors:
    """Read the weights of a PyTorch network, transposed for Keras.

    Args:
        path: A .safetensors file.

    Returns:
        torchvision's names to arrays: kernels (height, width, channels in, channels out), matrices (in, out).

    Raises:
        BadInput: The file is damaged or not a safetensors file.
        ModuleNotFoundError: safetensors is not installed.

    Example:
        >>> read_safetensors(Path("resnet18.safetensors"))["conv1.weight"].shape
        (7, 7, 3, 64)
    """
    return {
        _canonical(name): tensor.transpose({4: (2, 3, 1, 0), 2: (1, 0)}.get(tensor.ndim))
        for name, tensor in raw_tensors(path).items()
        if not name.endswith(".num_batches_tracked")
    }


def raw_tensors(path: Path) -> Tensors:
    """Read a file of tensors as it is.

    Args:
        path: A .safetensors file.

    Raises:
        BadInput: The file is damaged or not a safetensors file.
        ModuleNotFoundError: safetensors is not installed.

    Example:
        >>> raw_tensors(Path("resnet18.safetensors"))["conv1.weight"].shape
        (64, 3, 7, 7)
    """
    safetensors, arrays = import_optional("safetensors"), import_optional("safetensors.numpy")
    try:
        return arrays.load_file(path)
    except safetensors.SafetensorError as error:
        raise _broken(path, error) from error


def read_keras(path: Path) -> Tensors:
    """Read the weights of a model's layers, including nested models, from a Keras file.

    Args:
        path: A .weights.h5 or .keras file.

    Returns:
        LAYER/INDEX to arrays.

    Raises:
        BadInput: The file is damaged or not a Keras file.

    Example:
        >>> read_keras(Path("runs/pets/model.keras"))["stem_conv/0"].shape
        (3, 3, 3, 32)
    """
    import h5py

    found: Tensors = {}

    def collect(name: str, entry: h5py.Group | h5py.Dataset) -> None:
        if isinstance(entry, h5py.Group) and re.search(r"(^|/)layers/[^/]+/vars$", name):
            found.update({f"{entry.attrs['name']}/{index}": value[()] for index, value in entry.items()})

    try:
        with h5py.File(_weights_of(path), "r") as file:
            file.visititems(collect)
    except Exception as error:  # a damaged file may raise anything
        raise _broken(path, error) from error
    return found


def check_fit(tensors: Tensors, targets: Mapping[str, Any], model: keras.Model, path: Path, advice: str) -> None:
    """Raise unless tensors and variables have the same names and shapes, and the tensors are finite.

    Args:
        tensors: What a file holds.
        targets: The variables of a model.
        model: The model, for the error.
        path: The file, for the error.
        advice: What to do if they differ.

    Raises:
        BadInput: They differ, or a tensor is not finite.

    Example:
        >>> check_fit({}, {}, model, Path("resnet18.safetensors"), "download it again")
    """
    faults = {
        "missing from the file": [name for name in targets if name not in tensors],
        "not in the model": [name for name in tensors if name not in targets],
        "of another shape": [
            f"{name} {tensors[name].shape} instead of {tuple(variable.shape)}"
            for name, variable in targets.items()
            if name in tensors and tensors[name].shape != tuple(variable.shape)
        ],
        "not finite": [name for name in targets if name in tensors and not np.isfinite(tensors[name]).all()],
    }
    if any(faults.values()):
        listed = "; ".join(f"{kind}: {_shortened(names)}" for kind, names in faults.items() if names)
        raise BadInput(
            f"The weights do not fit model {model.name!r}. {listed}. (Shapes in Keras's layout; {advice}.) "
            f"Received: weights={str(path)!r}"
        )


def _shortened(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _weights_of(path: Path) -> Path | io.BytesIO:
    if path.suffix != ".keras":
        return path
    check_unpacked(path)
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read("model.weights.h5"))


def _canonical(name: str) -> str:
    """Torchvision's name: other implementations say shortcut and linear for its downsample and fc."""
    name = name.removeprefix("module.").replace(".shortcut.", ".downsample.")
    return re.sub("^linear[.]", "fc.", name)


def _broken(path: Path, error: Exception) -> BadInput:
    return BadInput(
        f"{path.name} is damaged or not a weight file: {error}. Download it again. Received: weights={str(path)!r}"
    )
