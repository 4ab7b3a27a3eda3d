"""What speeds a training up, whether it applies to a model on a machine, and if not, why.

What is said of Keras and TensorFlow was read in the source of Keras 3.15 and TensorFlow 2.21.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers
from kerasdl.families import flat_layers
from kerasdl.precision import Capability, best_precision, bfloat16_gain

# float16 and bfloat16 matrix products are efficient if every size is a multiple of this:
# https://docs.nvidia.com/deeplearning/performance/dl-performance-matrix-multiplication/index.html#requirements-tc
_TENSOR_CORE_MULTIPLE = 8
# Layers of whose kernels the last two sizes are those of the product.
_KERNELS_OF_PRODUCTS = (
    *(layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D),
    *(layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose),
    *(layers.LSTMCell, layers.GRUCell, layers.SimpleRNNCell),
)
_MOST_NAMES = 4


@dataclass(frozen=True)
class Machine:
    """What of a machine decides.

    Args:
        gpus: Compute capability of each GPU.
        deterministic: Whether TensorFlow's operations are deterministic.
        tensor_float_32: Whether float32 products may be rounded to 10 bits of mantissa, TensorFlow's default.
        bfloat16_gain: How many times as fast its CPU multiplies matrices in bfloat16; None if it was not measured.
    """

    gpus: tuple[Capability, ...] = ()
    deterministic: bool = False
    tensor_float_32: bool = True
    bfloat16_gain: float | None = None

    @classmethod
    def here(cls) -> "Machine":
        """This machine, as TensorFlow sees it; without TensorFlow as backend nothing is known of it.

        Example:
            >>> Machine.here().deterministic
            False
        """
        if keras.backend.backend() != "tensorflow":
            return cls()
        import tensorflow as tf
        from tensorflow.python.framework.config import is_op_determinism_enabled

        # Logical devices would start the GPUs, after which nobody can set their memory growth.
        gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
        return cls(
            tuple(gpu.get("compute_capability", (0, 0)) for gpu in gpus),
            is_op_determinism_enabled(),
            tf.config.experimental.tensor_float_32_execution_enabled(),
            None if gpus else bfloat16_gain(),
        )


def acceleration(model: keras.Model, machine: Machine) -> dict[str, str]:
    """One line for each means of acceleration: whether it is on, and if not, why.

    Args:
        model: A built model, compiled or not.
        machine: Where it is to train.

    Example:
        >>> acceleration(keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)]), Machine())["XLA"]
        "off - jit_compile='auto' compiles only where there is a GPU; jit_compile=True does anywhere"
    """
    if keras.backend.backend() != "tensorflow":
        return {"backend": f"{keras.backend.backend()}: what applies is known of TensorFlow alone"}
    found = {"GPU": ", ".join(f"compute capability {major}.{minor}" for major, minor in machine.gpus)}
    found["GPU"] = found["GPU"] or "none, so neither cuDNN nor Tensor Cores"
    found["mixed precision"] = _mixed_precision(model, machine)
    if missing := _lacks_loss_scaling(model):
        found["loss scaling"] = missing
    found["XLA"] = _xla(model, machine)
    if machine.gpus:
        found |= {f"cuDNN, {path}": _cudnn(layer, masked) for path, layer, masked in _recurrent(model)}
        found["Tensor Cores"] = _tensor_cores(model, machine)
    return found


def _leaves(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers with weights of their own."""
    return [layer for layer in model._flatten_layers() if layer._trainable_variables or layer._non_trainable_variables]


def _dtypes(model: keras.Model) -> Counter[str]:
    return Counter(layer.compute_dtype for layer in _leaves(model))


def _half(model: keras.Model) -> str | None:
    """The 16-bit dtype in which most layers compute, if any does."""
    return next((dtype for dtype, _ in _dtypes(model).most_common() if dtype in ("float16", "bfloat16")), None)


def _mixed_precision(model: keras.Model, machine: Machine) -> str:
    half, best = _half(model), best_precision(list(machine.gpus), machine.bfloat16_gain)
    if half is None:
        return "off - the layers compute in float32" + (f"; {best} is faster here" if best != "float32" else "")
    dtypes = _dtypes(model)
    used = f"on - {dtypes[half]} of {dtypes.total()} layers with weights compute in {half}"
    if not machine.gpus and best != f"mixed_{half}":
        return f"{used}; only a measurement tells whether this CPU gains by it"
    return used if best == f"mixed_{half}" or best == "mixed_bfloat16" else f"{used}; {best} is faster here"


def _lacks_loss_scaling(model: keras.Model) -> str | None:
    # `compile` looks at the policy of the model, never at those of its layers.
    scaled = (
        isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        if model.compiled
        else model.dtype_policy.name == "mixed_float16"
    )
    if scaled or "float16" not in _dtypes(model):
        return None
    return "off - small gradients vanish in float16; compile with keras.optimizers.LossScaleOptimizer(optimizer)"


def _xla(model: keras.Model, machine: Machine) -> str:
    if model.compiled and model.jit_compile:
        return "on - compiled with jit_compile=True"
    if model.run_eagerly:
        return "off - compiled with run_eagerly=True"
    without = Counter(f"{layer.name} ({type(layer).__name__})" for layer in _without_xla(model))
    if without:
        return f"off - not supported by {_names(list(without))}"
    if machine.deterministic:
        return "off - Keras turns it off where operations are deterministic"
    if not machine.gpus:
        return "off - jit_compile='auto' compiles only where there is a GPU; jit_compile=True does anywhere"
    if getattr(model, "_distribute_strategy", None):
        return "off - jit_compile='auto' does not compile under a strategy"
    if model.compiled:
        # `compile` saves what it made of 'auto' on the machine where it was called.
        return "off - compiled with jit_compile=False, or loaded after a compile without a GPU; compile again"
    return "on - jit_compile='auto' compiles on a GPU"


def _without_xla(model: keras.Model) -> Iterator[Any]:
    yield from (layer for layer in model._flatten_layers() if not layer.supports_jit)


def _names(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _recurrent(model: keras.Model) -> Iterator[tuple[str, Any, bool]]:
    """Recurrent layers, also inside of others, with their path and whether their inputs have a mask."""
    for path, layer in flat_layers(model):
        inputs = [tensor for node in layer._inbound_nodes for tensor in node.input_tensors]
        masked = any(getattr(tensor, "_keras_mask", None) is not None for tensor in inputs)
        inside = [each for each in layer._flatten_layers() if isinstance(each, layers.RNN)]
        for each in inside:
            yield path if len(inside) == 1 else f"{path}/{each.name}", each, masked


def _cudnn(layer: Any, masked: bool) -> str:
    if obstacle := _cudnn_obstacle(layer):
        return f"off - {obstacle}"
    # Keras asserts it in the step itself.
    return "on - as long as masks are padded on the right; another one ends the training" if masked else "on"


def _cudnn_obstacle(layer: Any) -> str:
    """As Keras decides, in `cudnn_ok` of its TensorFlow backend and in `inner_loop` of the layers."""
    if not isinstance(layer, layers.LSTM | layers.GRU):
        return f"Keras has it for LSTM and GRU, not for {type(layer).__name__}"
    wanted = {
        "activation": layer.activation in (keras.activations.tanh, keras.ops.tanh),
        "recurrent_activation": layer.recurrent_activation in (keras.activations.sigmoid, keras.ops.sigmoid),
        "use_bias": layer.use_bias,
        "unroll": not layer.unroll,
        "recurrent_dropout": not layer.recurrent_dropout,
        "use_cudnn": layer.use_cudnn is not False,
        "reset_after": getattr(layer, "reset_after", True),
    }
    config = layer.get_config()
    return ", ".join(f"{name}={config.get(name, layer.use_cudnn)!r}" for name, fits in wanted.items() if not fits)


def _tensor_cores(model: keras.Model, machine: Machine) -> str:
    half, lowest = _half(model), min(machine.gpus)
    if half is None:
        if lowest >= (8, 0) and machine.tensor_float_32:
            return "on - for float32 rounded to 10 bits of mantissa (TensorFloat-32)"
        return "off - float32 needs compute capability 8.0 and TensorFloat-32; 16 bits need mixed precision"
    needed = (7, 0) if half == "float16" else (8, 0)
    if lowest < needed:
        return f"off - {half} needs compute capability {needed[0]}.{needed[1]}"
    odd = list(_odd_sizes(model))
    return f"on - less efficient where a size is no multiple of 8: {_names(odd)}" if odd else "on"


def _odd_sizes(model: keras.Model) -> Iterator[str]:
    for path, layer in flat_layers(model):
        for each in layer._flatten_layers():
            if isinstance(each, _KERNELS_OF_PRODUCTS) and each.compute_dtype != "float32":
                sizes = [str(size) for size in each.kernel.shape[-2:] if size % _TENSOR_CORE_MULTIPLE]
                if sizes:
                    yield f"{path} ({' and '.join(sizes)})"
