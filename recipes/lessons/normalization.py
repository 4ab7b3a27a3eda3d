"""Normalization: layers that keep activations in scale, side by side; and batch renormalization at small batches.

Batch normalization (arXiv:1502.03167) uses the statistics of a batch, so tiny batches make it noisy, and differ from
the moving averages that predictions use. Batch renormalization (arXiv:1702.03275) corrects for that. Layer and group
normalization (arXiv:1607.06450, arXiv:1803.08494) look at one sample at a time.
"""

from collections.abc import Callable

import keras
import numpy as np
from kerasdl import callbacks, layers, optimizers, plots, runs
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

STEPS, PEAK_LR, BATCH_SIZES = 2000, 0.01, (4, 32)
KINDS: dict[str, Callable[[], keras.layers.Layer]] = {
    "none": keras.layers.Identity,
    "batch": lambda: keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
    # The correction grows during the first half of the training; before, it is batch normalization.
    "batch_renorm": lambda: layers.BatchRenormalization(r_ramp=(100, 1000), d_ramp=(100, 700)),
    "layer": keras.layers.LayerNormalization,
    "group": lambda: keras.layers.GroupNormalization(groups=4),
}


def trained(kind: str, batch_size: int, parts: list[np.ndarray], seed: int) -> float:
    """Validation accuracy after a fixed number of steps, in a network of six hidden layers."""
    x, valid_x, y, valid_y = parts
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((64,))])
    for _ in range(6):
        model.add(keras.layers.Dense(64, use_bias=False))
        model.add(KINDS[kind]())
        model.add(keras.layers.ReLU())
    model.add(keras.layers.Dense(10))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.SGD(momentum=0.9), loss, metrics=["accuracy"], steps_per_execution=10)
    chosen = np.random.default_rng(seed).integers(len(x), size=STEPS * batch_size)
    policy = [callbacks.OneCycle(PEAK_LR)]
    model.fit(x[chosen], y[chosen], batch_size=batch_size, shuffle=False, verbose=0, callbacks=policy)
    return model.evaluate(valid_x, valid_y, batch_size=512, verbose=0, return_dict=True)["accuracy"]


def main(options: runs.LessonOptions) -> runs.Lesson:
    digits = load_digits()
    parts = train_test_split(
        digits.data / 16, digits.target, test_size=0.2, random_state=options.seed, stratify=digits.target
    )
    found = {size: {kind: trained(kind, size, parts, options.seed) for kind in KINDS} for size in BATCH_SIZES}
    return runs.Lesson(
        "Batches of four harm batch normalization, renormalization less, and layer normalization not at all.",
        {f"accuracy, {kind}, batches of {size}": value for size, each in found.items() for kind, value in each.items()},
        {
            f"batches_of_{size}": plots.bars(each, "validation accuracy", f"After {STEPS} steps in batches of {size}")
            for size, each in found.items()
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
