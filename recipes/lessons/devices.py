"""Devices: the same training step on the CPU and, where there is one, on a GPU.

A GPU has thousands of cores for products of large matrices; small networks leave most of them idle, and starting a
kernel costs more than it computes. So a GPU pays from a certain width on.
"""

import time

import keras
import numpy as np
import tensorflow as tf
from kerasdl import models, optimizers, plots, runs

WIDTHS, BATCH, ROUNDS = (32, 128, 512, 1024), 128, 15


def milliseconds(device: str, width: int) -> float:
    """Median time of a training step of a network with three hidden layers."""
    with tf.device(device):
        model = models.mlp((width,), 10, hidden=(width,) * 3)
        model.compile(optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        x, y = np.random.default_rng(0).standard_normal((BATCH, width)).astype("float32"), np.zeros(BATCH, int)
        times = []
        for _ in range(ROUNDS + 3):
            started = time.perf_counter()
            model.train_on_batch(x, y)  # waits for the loss
            times.append(time.perf_counter() - started)
    return 1000 * float(np.median(times[3:]))


def main(_: runs.LessonOptions) -> runs.Lesson:
    devices = ["CPU", *(["GPU"] if tf.config.list_physical_devices("GPU") else [])]
    found = {device: [milliseconds(f"{device}:0", width) for width in WIDTHS] for device in devices}
    work = [6 * BATCH * (3 * width * width + 10 * width) / 1e9 for width in WIDTHS]  # additions and multiplications
    speeds = {
        device: (WIDTHS, [each / (t / 1000) for each, t in zip(work, times, strict=True)])
        for device, times in found.items()
    }
    figure = plots.lines(
        {name: (WIDTHS, each) for name, each in found.items()}, "width of the layers", "milliseconds", "A training step"
    )
    figure.axes[0].set(xscale="log", yscale="log")
    return runs.Lesson(
        "Wide layers use a device better than narrow ones"
        + ("." if len(devices) > 1 else "; this machine has no GPU to compare."),
        {
            f"milliseconds a step, width {width}, {name}": t
            for name, each in found.items()
            for width, t in zip(WIDTHS, each, strict=True)
        }
        | {
            f"billion operations a second, width {width}, {name}": rate
            for name, (_, rates) in speeds.items()
            for width, rate in zip((WIDTHS[0], WIDTHS[-1]), (rates[0], rates[-1]), strict=True)
        },
        {
            "step": figure,
            "speed": plots.lines(
                speeds, "width of the layers", "billion operations / s", "How well the device is used"
            ),
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
