"""How far back a network remembers: the LSTM beside the simple recurrent network.

The network must add two marked numbers of a long sequence, of which the first may stand at its beginning. A simple
recurrent network multiplies its state by the same matrix at each step, so what it knew fades, and its gradient does
(Bengio, Simard and Frasconi, doi:10.1109/72.279181). The LSTM's cell state is kept by a gate (Hochreiter and
Schmidhuber, doi:10.1162/neco.1997.9.8.1735, whose task this is).
"""

import keras
import numpy as np
from kerasdl import callbacks, optimizers, plots, runs

LENGTHS, UNITS, SAMPLES, EPOCHS = (10, 30, 60), 24, 4096, 15
CELLS = {"LSTM": keras.layers.LSTM, "simple recurrent network": keras.layers.SimpleRNN}


def adding(count: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (count, length, 2) of numbers and marks, one mark in each half; the sums of the marked numbers."""
    random = np.random.default_rng(seed)
    numbers, marks = random.uniform(0, 1, (count, length)), np.zeros((count, length))
    places = random.integers((0, length // 2), (length // 2, length), (count, 2))
    np.put_along_axis(marks, places, 1, axis=1)
    return np.stack([numbers, marks], axis=-1).astype("float32"), (numbers * marks).sum(axis=1, keepdims=True)


def rmse(cell: str, length: int, seed: int) -> float:
    """RMSE on new sequences after training."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((length, 2)), CELLS[cell](UNITS), keras.layers.Dense(1)])
    model.compile(optimizers.Adam(clipnorm=1.0), "mse", jit_compile=True, steps_per_execution=8)
    policy = callbacks.OneCycle(0.01)
    model.fit(*adding(SAMPLES, length, seed), batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[policy])
    x, y = adding(1024, length, seed + 1)
    return float(np.sqrt(np.square(model.predict(x, batch_size=1024, verbose=0) - y).mean()))


def main(options: runs.LessonOptions) -> runs.Lesson:
    found = {cell: [rmse(cell, length, options.seed) for length in LENGTHS] for cell in CELLS}
    figure = plots.lines(
        {cell: (LENGTHS, each) for cell, each in found.items()}, "length of the sequence", "RMSE", "Adding two numbers"
    )
    figure.axes[0].axhline(1 / np.sqrt(6), color="black", linestyle=":", linewidth=1)
    figure.axes[0].annotate("always saying 1", (LENGTHS[0], 1 / np.sqrt(6)), va="bottom", fontsize=8)
    figure.axes[0].set_ylim(0, 0.5)
    return runs.Lesson(
        "The LSTM adds over sixty steps, where the simple recurrent network cannot.",
        {
            f"RMSE over {length} steps, {cell}": value
            for cell, each in found.items()
            for length, value in zip(LENGTHS, each, strict=True)
        },
        {"memory": figure},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
