"""Which precision a GPU computes fastest in."""

from typing import Literal

Policy = Literal["float32", "mixed_float16", "mixed_bfloat16"]
Capability = tuple[int, int]


def best_precision(compute_capabilities: list[Capability]) -> Policy:
    """The fastest policy for GPUs of these compute capabilities: Tensor Cores need 7.0, bfloat16 8.0.

    Example:
        >>> best_precision([(7, 5)])
        'mixed_float16'
    """
    lowest = min(compute_capabilities, default=(0, 0))
    if lowest >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if lowest >= (7, 0) else "float32"
