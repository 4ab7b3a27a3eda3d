"""Residual connections: 56 plain layers train worse than 20; with a way around each layer they train as well.

He et al., arXiv:1512.03385: the deeper plain network has the higher *training* error, so it is no overfitting. Its
optimization fails: what the first layers tell is lost on the way. A residual layer starts as the identity and learns
what to add.
"""

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs
from sklearn.datasets import load_digits

DEPTHS, WIDTH, EPOCHS = (20, 56), 32, 6


def losses(depth: int, skip: bool, seed: int) -> list[float]:
    """Training loss by epoch."""
    digits = load_digits()
    keras.utils.set_random_seed(seed)
    model = models.mlp((64,), 10, hidden=(WIDTH,) * depth, normalization="batch", skip=skip)
    model.compile(optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    x, y = digits.data / 16, digits.target
    policy = callbacks.OneCycle(0.003)
    return model.fit(x, y, batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[policy]).history["loss"]


def main(options: runs.LessonOptions) -> runs.Lesson:
    found = {
        f"{depth} {'residual' if skip else 'plain'} layers": losses(depth, skip, options.seed)
        for skip in (False, True)
        for depth in DEPTHS
    }
    figure = plots.lines(
        {name: (np.arange(1, EPOCHS + 1), each) for name, each in found.items()},
        "epoch", "training loss (nats)", "Deeper is worse without residual connections",
    )  # fmt: skip
    return runs.Lesson(
        "The plain network of 56 layers trains worse than that of 20; the residual one does not.",
        {f"training loss, {name}": each[-1] for name, each in found.items()},
        {"training_loss": figure},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
