"""Devices: the workers of the job, seeds, GPU memory, precision and determinism."""

from typing import Any, Literal, get_args

import keras
import tensorflow as tf
from kerasdl import distribute
from kerasdl.precision import Policy, best_precision, bfloat16_gain

Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]


def set_up_devices(precision: Precision, seed: int, deterministic: bool = False) -> dict[str, Any]:
    """Meets the other workers, sets all random seeds, GPU memory growth, the dtype policy and determinism; prints them.

    On a CPU the same seed gives the same bits in any case. TensorFlow's deterministic operations would add nothing but
    the cost, since they run the Python functions of a pipeline one at a time and disable XLA.

    Args:
        precision: A Keras dtype policy, or "auto": mixed_bfloat16 on a GPU of compute capability 8.0 or more,
            mixed_float16 on one of 7.0 or more; mixed_bfloat16 on a CPU with AMX that is measured to multiply matrices
            three times as fast in it; otherwise float32. Of several workers the chief chooses.
        seed: Random seed of Python, NumPy and Keras.
        deterministic: Whether operations on a GPU are deterministic, so that the same seed gives the same bits there
            too; slower.

    Returns:
        {"devices": names, "workers": number, "precision": policy, "deterministic": whether the same seed gives the same
        bits}, for the configuration of the run; on a CPU that was measured also {"bfloat16_gain": how many times as
        fast it multiplies in bfloat16}.

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
    gain = bfloat16_gain() if precision == "auto" and not gpus else None
    if precision == "auto":
        precision = best_precision([detail.get("compute_capability", (0, 0)) for detail in details], gain)
    precision = _of_chief(precision)
    keras.mixed_precision.set_dtype_policy(precision)
    devices = [detail.get("device_name", "GPU") for detail in details] or ["CPU"]
    workers = distribute.workers()
    of_workers = f"; one of {workers} workers" if workers > 1 else ""
    measured = {"bfloat16_gain": round(gain, 2)} if gain else {}
    why = f" (bfloat16 is {gain:.2f} times as fast)" if gain else ""
    print(f"Devices: {', '.join(devices)}; precision: {precision}{why}{of_workers}")
    facts = {"devices": devices, "workers": workers, "precision": precision, **measured}
    return {**facts, "deterministic": deterministic or not gpus}


def _of_chief(precision: Policy) -> Policy:
    """The chief's: machines may differ, and it alone reads what an unfinished run had."""
    policies = get_args(Policy)
    [chosen] = distribute.largest_of_workers([policies.index(precision) if distribute.is_chief() else 0])
    return policies[int(chosen)]
