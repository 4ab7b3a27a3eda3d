"""Batch size: large batches use the machine better, small ones make more steps of an epoch.

The same network and number of epochs at several batch sizes, with the learning rate scaled by the batch (Goyal et al.,
arXiv:1706.02677). Seconds an epoch fall as batches grow, until the machine is busy; accuracy falls once too few steps
are left (Keskar et al., arXiv:1609.04836).
"""

import time

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

BATCH_SIZES, EPOCHS, RATE = (8, 32, 128, 512, 1437), 15, 0.0005


def trained(batch_size: int, parts: list[np.ndarray], seed: int) -> tuple[float, float]:
    """Validation accuracy, and milliseconds an epoch after the first."""
    x, valid_x, y, valid_y = parts
    keras.utils.set_random_seed(seed)
    model = models.mlp((64,), 10, hidden=(128, 64), normalization="batch")
    model.compile(
        optimizers.AdamW(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    rate, seconds = min(RATE * batch_size**0.5, 0.02), []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seconds.append(time.perf_counter()))
    model.fit(x, y, batch_size=batch_size, epochs=EPOCHS, verbose=0, callbacks=[callbacks.OneCycle(rate), clock])
    accuracy = model.evaluate(valid_x, valid_y, batch_size=512, verbose=0, return_dict=True)["accuracy"]
    return accuracy, 1000 * float(np.median(np.diff(seconds)))


def main(options: runs.LessonOptions) -> runs.Lesson:
    digits = load_digits()
    parts = train_test_split(
        digits.data / 16, digits.target, test_size=0.2, random_state=options.seed, stratify=digits.target
    )
    found = {size: trained(size, parts, options.seed) for size in BATCH_SIZES}
    sizes = list(found)
    speed = plots.lines(
        {"epoch": (sizes, [each[1] for each in found.values()])}, "batch size", "milliseconds an epoch", "Speed"
    )
    accuracy = plots.lines(
        {"validation": (sizes, [each[0] for each in found.values()])},
        "batch size",
        "accuracy",
        f"Accuracy after {EPOCHS} epochs",
    )
    for figure in (speed, accuracy):
        figure.axes[0].set_xscale("log")
    return runs.Lesson(
        "Larger batches make an epoch faster, and too large ones leave too few steps to learn.",
        {f"validation accuracy, batches of {size}": each[0] for size, each in found.items()}
        | {f"milliseconds an epoch, batches of {size}": each[1] for size, each in found.items()},
        {"speed": speed, "accuracy": accuracy},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
