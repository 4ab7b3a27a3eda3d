"""Weight initialization: too small and the signal dies out, too large and it explodes.

A weighted sum of n inputs has n times the variance of one of its terms. So the variance of the weights must be about
1/n for tanh (Glorot and Bengio, AISTATS 2010), and 2/n for ReLU, which drops half of the signal (He et al.,
arXiv:1502.01852).
"""

import keras
import numpy as np
from kerasdl import plots, runs

LAYERS, WIDTH = 30, 256
INITIALIZERS = {
    "0.01": keras.initializers.RandomNormal(stddev=0.01, seed=0),
    "Glorot": keras.initializers.GlorotNormal(seed=0),
    "He": keras.initializers.HeNormal(seed=0),
    "0.2": keras.initializers.RandomNormal(stddev=0.2, seed=0),
}


def deviations(initializer: keras.initializers.Initializer, inputs: np.ndarray) -> list[float]:
    """Standard deviation of the activations of each of many ReLU layers."""
    signal, found = inputs, []
    for _ in range(LAYERS):
        layer = keras.layers.Dense(WIDTH, activation="relu", kernel_initializer=initializer.clone())
        # Every layer draws anew: a clone of one seed would draw the same weights.
        layer.kernel_initializer.seed = keras.random.SeedGenerator()
        signal = layer(signal)
        found.append(float(keras.ops.std(signal)))
    return found


def main(options: runs.LessonOptions) -> runs.Lesson:
    inputs = np.random.default_rng(options.seed).standard_normal((512, WIDTH)).astype("float32")
    found = {name: deviations(initializer, inputs) for name, initializer in INITIALIZERS.items()}
    figure = plots.lines(
        {name: (np.arange(1, LAYERS + 1), each) for name, each in found.items()},
        "layer", "deviation of the activations", "The signal through thirty ReLU layers",
    )  # fmt: skip
    figure.axes[0].set_yscale("log")
    return runs.Lesson(
        "He's initialization keeps the signal of ReLU layers; smaller weights lose it, larger ones blow it up.",
        {
            f"deviation after {LAYERS} layers / after the first, {name}": each[-1] / each[0]
            for name, each in found.items()
        },
        {"signal": figure},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
