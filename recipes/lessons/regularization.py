"""Regularization: the same over-large network on few noisy points, with five remedies.

L2 keeps weights small, L1 makes many of them zero, dropout (Srivastava et al., JMLR 2014) lets no neuron rely on
another, early stopping ends before the noise is learned, and more data leave less room for it.
"""

from typing import Any

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

POINTS, NOISE, EPOCHS, STEPS = 20, 0.3, 30, 50
REMEDIES: dict[str, dict[str, Any]] = {
    "none": {},
    "dropout 0.2": {"dropout": 0.2},
    "L1 0.001": {"l1": 1e-3},
    "L2 0.01": {"l2": 1e-2},
    "early stopping": {},
    "ten times the data": {},
}


def sine(count: int, random: np.random.Generator, noise: float = NOISE) -> tuple[np.ndarray, np.ndarray]:
    x = random.uniform(-1, 1, (count, 1)).astype("float32")
    return x, np.sin(np.pi * x) + random.normal(scale=noise, size=(count, 1))


def fitted(name: str, seed: int) -> tuple[keras.Model, float, float]:
    """The network trained with a remedy, and its RMSE on the training points and on the sine itself."""
    random = np.random.default_rng(seed)
    stop, valid = sine(POINTS, random), sine(500, random, noise=0)
    x, y = sine(10 * POINTS if name == "ten times the data" else POINTS, random)
    keras.utils.set_random_seed(seed)
    model = models.mlp((1,), outputs=1, hidden=(100, 100), **REMEDIES[name])
    model.compile(optimizers.Adam(0.003), "mse", jit_compile=False, steps_per_execution=10)
    stops = name == "early stopping"
    policy = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True) if stops else callbacks.OneCycle(0.01)
    options = {"validation_data": stop} if stops else {}
    repeated = np.tile(x, (STEPS, 1)), np.tile(y, (STEPS, 1))
    model.fit(*repeated, batch_size=len(x), epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[policy], **options)
    errors = [
        float(np.sqrt(np.square(model.predict(a, batch_size=512, verbose=0) - b).mean())) for a, b in ((x, y), valid)
    ]
    return model, errors[0], errors[1]


def main(options: runs.LessonOptions) -> runs.Lesson:
    found = {name: fitted(name, options.seed) for name in REMEDIES}
    grid = np.linspace(-1, 1, 200)[:, None].astype("float32")
    shown = {name: (grid[:, 0], found[name][0].predict(grid, batch_size=512, verbose=0)[:, 0]) for name in REMEDIES}
    valid = {name: error for name, (_, _, error) in found.items()}
    return runs.Lesson(
        "Each remedy brings the network closer to the sine; most of all more data.",
        {f"RMSE to the sine, {name}": error for name, error in valid.items()}
        | {"RMSE on the noisy training points, none": found["none"][1]},
        {
            "curves": plots.lines(
                {"sine": (grid[:, 0], np.sin(np.pi * grid[:, 0])), **shown}, "x", "y", "Twenty noisy points"
            ),
            "errors": plots.bars(valid, "RMSE to the sine", "What each remedy gains"),
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
