"""Which precision GPUs, or a CPU, compute fastest in."""

import statistics
import time
from functools import cache
from pathlib import Path
from typing import Any, Literal

import keras

Policy = Literal["float32", "mixed_float16", "mixed_bfloat16"]
Capability = tuple[int, int]

# A step gains less than its products, and some steps nothing. AVX-512 BF16 multiplies at most twice as fast as float32,
# AMX up to sixteen times: between the two, so that noise does not decide which policy a run gets.
LEAST_GAIN = 3.0


def best_precision(compute_capabilities: list[Capability], gain: float | None = None) -> Policy:
    """The fastest policy: on GPUs by their compute capabilities, for Tensor Cores need 7.0, bfloat16 8.0.

    Args:
        compute_capabilities: Of each GPU; none for a CPU.
        gain: Of a CPU, by `bfloat16_gain`: from 3 on it gets mixed_bfloat16, otherwise float32.

    Example:
        >>> best_precision([(7, 5)])
        'mixed_float16'
    """
    if not compute_capabilities:
        return "mixed_bfloat16" if (gain or 0) >= LEAST_GAIN else "float32"
    lowest = min(compute_capabilities)
    if lowest >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if lowest >= (7, 0) else "float32"


@cache
def bfloat16_gain() -> float | None:
    """How many times as fast as in float32 this CPU multiplies matrices in bfloat16; None, unmeasured, without AMX.

    Measured once in a process, in a fraction of a second.

    Example:
        >>> bfloat16_gain() is None or bfloat16_gain() > 0
        True
    """
    return measured_gain() if "amx_bf16" in cpu_flags() else None


def measured_gain(side: int = 1024, rounds: int = 9) -> float:
    """The same, measured on any CPU: the median of interleaved rounds, in CPU time, which other work disturbs least.

    Args:
        side: Of the square matrices.
        rounds: Number of rounds, after one that is not counted.

    Example:
        >>> measured_gain(side=64) > 0
        True
    """
    seconds = [
        [_seconds(keras.ops.ones((side, side), dtype)) for dtype in ("float32", "bfloat16")] for _ in range(rounds + 1)
    ]
    return statistics.median(single / half for single, half in seconds[1:])


def _seconds(matrix: Any) -> float:
    started = time.process_time()
    float(keras.ops.matmul(matrix, matrix)[0, 0])  # waits for it
    return time.process_time() - started


def cpu_flags() -> frozenset[str]:
    """The names of this CPU's instructions, as Linux gives them; elsewhere none.

    Example:
        >>> "amx_bf16" in cpu_flags()
        False
    """
    file = Path("/proc/cpuinfo")
    return frozenset(file.read_text().split()) if file.exists() else frozenset()
