"""Devices: the workers of the job, seeds, GPU memory, precision and determinism."""

from typing import Any, Literal

import keras
import tensorflow as tf
from kerasdl import distribute
from kerasdl.precision import best_precision

Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]


def set_up_devices(precision: Precision, seed: int, deterministic: bool = False) -> dict[str, Any]:
    """Meets the other workers, sets all random seeds, GPU memory growth, the dtype policy and determinism; prints them.

    On a CPU the same seed gives the same bits in any case. TensorFlow's deterministic operations would add nothing but
    the cost, since they run the Python functions of a pipeline one at a time and disable XLA.

    Args:
        precision: A Keras dtype policy, or "auto": mixed_bfloat16 on a GPU of compute capability 8.0 or more,
            mixed_float16 on one of 7.0 or more, otherwise float32.
        seed: Random seed of Python, NumPy and Keras.
        deterministic: Whether operations on a GPU are deterministic, so that the same seed gives the same bits there
            too; slower.

    Returns:
        {"devices": names, "workers": number, "precision": policy, "deterministic": whether the same seed gives the same
        bits}, for the configuration of the run.

    Raises:
        BadInput: TF_CONFIG is wrong, or TensorFlow has begun to work before.

    Example:
        >>> set_up_devices("auto", seed=0)
        Devices: CPU; precision: float32
        {'devices': ['CPU'], 'workers': 1, 'precision': 'float32', 'deterministic': True}
    """
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if gpus and deterministic:
        tf.config.experimental.enable_op_determinism()
    distribute.strategy()  # before anything else of TensorFlow but its options
    keras.utils.set_random_seed(seed)
    if precision == "auto":
        precision = best_precision([detail.get("compute_capability", (0, 0)) for detail in details])
    keras.mixed_precision.set_dtype_policy(precision)
    devices = [detail.get("device_name", "GPU") for detail in details] or ["CPU"]
    workers = distribute.workers()
    of_workers = f"; one of {workers} workers" if workers > 1 else ""
    print(f"Devices: {', '.join(devices)}; precision: {precision}{of_workers}")
    facts = {"devices": devices, "workers": workers, "precision": precision}
    return {**facts, "deterministic": deterministic or not gpus}
