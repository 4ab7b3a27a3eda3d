"""What an LSTM's gates do over a sequence (Hochreiter and Schmidhuber, doi:10.1162/neco.1997.9.8.1735).

A sequence of numbers has two marked ones; the network must add the marked numbers at the end. The input gate opens
where something is marked, the forget gate keeps the cell state in between. We read the gates of every step of a
trained LSTM: each is a sigmoid of what the layer computes anyway.
"""

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

STEPS, UNITS, SAMPLES, EPOCHS = 20, 16, 4096, 20
GATES = ("input gate", "forget gate", "candidate", "output gate")  # the order of Keras's kernel


def adding(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (count, steps, 2) of numbers and marks, and the sums of the two marked numbers (count, 1)."""
    random = np.random.default_rng(seed)
    numbers, marks = random.uniform(0, 1, (count, STEPS)), np.zeros((count, STEPS))
    places = random.permuted(np.tile(np.arange(STEPS), (count, 1)), axis=1)[:, :2]
    np.put_along_axis(marks, places, 1, axis=1)
    return np.stack([numbers, marks], axis=-1).astype("float32"), (numbers * marks).sum(axis=1, keepdims=True)


def gates(layer: keras.layers.LSTM, sequence: np.ndarray) -> dict[str, np.ndarray]:
    """The gates and the cell state of every step (steps, units), computed as the layer does."""
    kernel, recurrent, bias = layer.get_weights()
    state, cell, found = np.zeros(layer.units), np.zeros(layer.units), []
    for inputs in sequence:
        parts = np.split(inputs @ kernel + state @ recurrent + bias, 4)
        enter, forget, leave = (1 / (1 + np.exp(-parts[place])) for place in (0, 1, 3))
        cell = forget * cell + enter * np.tanh(parts[2])
        state = leave * np.tanh(cell)
        found.append((enter, forget, np.tanh(parts[2]), leave, cell))
    return dict(zip((*GATES, "cell state"), map(np.array, zip(*found, strict=True)), strict=True))


def main(options: runs.LessonOptions) -> runs.Lesson:
    x, y = adding(SAMPLES, options.seed)
    new_x, new_y = adding(512, options.seed + 1)
    model = models.forecaster((STEPS, 2), 1, units=(UNITS,), normalization=None, skip=None)
    model.compile(optimizers.Adam(), "mse", jit_compile=True, steps_per_execution=8)
    model.fit(x, y[:, None], batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[callbacks.OneCycle(0.02)])
    layer = next(each for each in model.layers if isinstance(each, keras.layers.LSTM))
    rmse = float(np.sqrt(np.square(model.predict(new_x, verbose=0)[:, 0] - new_y).mean()))
    found = [gates(layer, sequence) for sequence in new_x[:64]]
    marked = new_x[:64, :, 1] == 1
    moved = np.array([np.abs(np.diff(each["cell state"], axis=0, prepend=0)).mean(axis=1) for each in found])
    one = found[0]
    lines = {name: (np.arange(STEPS), one[name].mean(axis=1)) for name in ("input gate", "forget gate", "output gate")}
    figure = plots.lines(lines, "step", "mean over the units", "The gates of one sequence")
    largest = np.abs(one["cell state"]).max(axis=0).argsort()[-4:]
    states = {f"unit {unit}": (np.arange(STEPS), one["cell state"][:, unit]) for unit in largest}
    cells = plots.lines(states, "step", "cell state", "The four largest cells; dashed: marked steps")
    for step in np.flatnonzero(marked[0]):
        for each in (figure, cells):
            each.axes[0].axvline(step, color="black", linestyle="--", linewidth=1)
    return runs.Lesson(
        "The cell state moves where a number is marked, and is kept where none is.",
        {
            "RMSE of the sum of two numbers from 0 to 1": rmse,
            "RMSE of always saying 1": float(np.sqrt(np.square(new_y - 1).mean())),
            "mean move of the cell state at marked steps / at others": float(
                moved[marked].mean() / moved[~marked].mean()
            ),
        },
        {"gates": figure, "cells": cells},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
