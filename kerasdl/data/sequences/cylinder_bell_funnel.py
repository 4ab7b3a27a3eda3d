"""Cylinder, bell and funnel: generated sequences of three classes."""

import numpy as np

CLASSES = ("cylinder", "bell", "funnel")


def cylinder_bell_funnel(count: int, *, length: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Generate noisy plateaus, ramps up and ramps down, which begin and end anywhere (Saito, Yale, 1994).

    Between steps a and b the height is 6 + n (cylinder), rises to it (bell) or falls from it (funnel); n, and the noise
    of every step, are standard normal. a is drawn from an eighth to a quarter of the length, b - a from a quarter to
    three quarters.

    Args:
        count: Number of sequences; the classes alternate.
        length: Number of steps.
        seed: Random seed.

    Returns:
        float64 (count, length), and labels (count,): 0 for cylinder, 1 for bell, 2 for funnel.

    Example:
        >>> shapes, labels = cylinder_bell_funnel(30)
        >>> shapes.shape, labels[:4].tolist()
        ((30, 128), [0, 1, 2, 0])
    """
    random, labels = np.random.default_rng(seed), np.arange(count) % len(CLASSES)
    steps = np.arange(length)[None]
    begin = random.integers(length // 8, length // 4 + 1, (count, 1))
    width = random.integers(length // 4, 3 * length // 4 + 1, (count, 1))
    share = (steps - begin) / width
    shape = np.choose(labels[:, None], [np.ones_like(share), share, 1 - share])
    height = 6 + random.standard_normal((count, 1))
    inside = (share >= 0) & (share <= 1)
    return height * np.where(inside, shape, 0) + random.standard_normal((count, length)), labels
