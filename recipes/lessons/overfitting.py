"""Overfitting: a polynomial of degree 9 goes through ten noisy points of a sine, and is wrong everywhere else.

With more freedom the error on the training points falls and falls; the error on new points falls first, then rises.
Only data that were not trained on tell. An over-large network on as few points does the same, only later.
Bishop, Pattern Recognition and Machine Learning, section 1.1.
"""

import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

POINTS, NOISE, DEGREES, EPOCHS, STEPS = 10, 0.2, range(10), 40, 50


def sine(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(0, 1, count)
    return x, np.sin(2 * np.pi * x) + random.normal(scale=NOISE, size=count)


def rmse(predicted: np.ndarray, true: np.ndarray) -> float:
    return float(np.sqrt(np.square(predicted - true).mean()))


def main(options: runs.LessonOptions) -> runs.Lesson:
    random = np.random.default_rng(options.seed)
    x, y = sine(POINTS, random)
    new_x = np.linspace(0, 1, 200)
    new_y = np.sin(2 * np.pi * new_x)
    fits = {degree: np.polynomial.Polynomial.fit(x, y, degree) for degree in DEGREES}
    train = [rmse(fit(x), y) for fit in fits.values()]
    valid = [rmse(fit(new_x), new_y) for fit in fits.values()]

    model = models.mlp((1,), outputs=1, hidden=(100, 100))
    model.compile(optimizers.Adam(), "mse", jit_compile=False, steps_per_execution=10)
    # An epoch is the ten points fifty times, so that what is measured after each costs little.
    repeated = np.tile(x, STEPS)[:, None], np.tile(y, STEPS)[:, None]
    settings = {"batch_size": POINTS, "epochs": EPOCHS, "shuffle": False, "verbose": 0}
    valid_data = new_x[:, None], new_y[:, None]
    policy = callbacks.OneCycle(0.003)
    history = model.fit(*repeated, validation_data=valid_data, callbacks=[policy], **settings).history
    errors = np.sqrt(history["loss"]), np.sqrt(history["val_loss"])
    steps = STEPS * np.arange(1, EPOCHS + 1)
    shown = {f"degree {degree}": (new_x, fits[degree](new_x)) for degree in (1, 3, 9)}
    network = plots.lines(
        {"training": (steps, errors[0]), "new points": (steps, errors[1])},
        "step",
        "RMSE",
        "A network of 10,401 parameters",
    )
    polynomials = plots.lines(
        {"training": (DEGREES, train), "new points": (DEGREES, valid)}, "degree", "RMSE", "Error by degree"
    )
    for figure in (network, polynomials):
        figure.axes[0].set_yscale("log")
    curves = plots.lines(shown, "x", "y", "Ten noisy points of a sine")
    curves.axes[0].plot(x, y, "o", color="black")
    curves.axes[0].set_ylim(-2, 2)
    return runs.Lesson(
        "The training error falls to nothing with degree 9, and the error on new points rises.",
        {
            "RMSE of degree 3 on the training points": train[3],
            "RMSE of degree 3 on new points": valid[3],
            "RMSE of degree 9 on the training points": train[9],
            "RMSE of degree 9 on new points": valid[9],
            "RMSE of the network on the training points": float(errors[0][-1]),
            "RMSE of the network on new points": float(errors[1][-1]),
        },
        {"curves": curves, "degrees": polynomials, "network": network},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
