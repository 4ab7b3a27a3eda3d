"""Universal approximation: one hidden layer, wide enough, follows any curve (Cybenko, 1989; Hornik, 1991).

Each ReLU is a hinge, flat and then straight. A sum of hinges is a line with a corner for each: the more corners, the
closer it comes. The curve here has a bump, a wave and a corner.
"""

import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

WIDTHS = (2, 8, 32, 128)
REPEATS, EPOCHS = 20, 10


def curve(x: np.ndarray) -> np.ndarray:
    return np.sin(3 * x) + np.abs(x) - np.exp(-20 * np.square(x - 0.7))


def fitted(width: int, x: np.ndarray) -> np.ndarray:
    """The outputs of a network with one hidden layer of this width after its training."""
    model = models.mlp((1,), outputs=1, hidden=(width,), normalization="none")
    # Hinges all over the range, not only at 0.
    kernel, corners = np.random.default_rng(width).choice((-2, 2), (1, width)), np.linspace(-2, 2, width + 2)[1:-1]
    model.get_layer("stage1_dense").set_weights([kernel, -kernel[0] * corners])
    model.compile(optimizers.Adam(), "mse", steps_per_execution=16, jit_compile=False)
    repeated = np.tile(x, (REPEATS, 1))
    policy = callbacks.OneCycle(0.02)
    model.fit(repeated, curve(repeated), batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[policy])
    return model.predict(x, batch_size=512, verbose=0)[:, 0]


def main(_: runs.LessonOptions) -> runs.Lesson:
    x = np.linspace(-2, 2, 512)[:, None].astype("float32")
    truth = curve(x)[:, 0]
    found = {width: fitted(width, x) for width in WIDTHS}
    errors = {width: float(np.sqrt(np.square(each - truth).mean())) for width, each in found.items()}
    shown = {"truth": (x[:, 0], truth)} | {f"{width} neurons": (x[:, 0], each) for width, each in found.items()}
    figure = plots.lines({"RMSE": (list(errors), list(errors.values()))}, "neurons", "RMSE", "Error by width")
    figure.axes[0].set(xscale="log", yscale="log")
    return runs.Lesson(
        "A wider hidden layer comes closer to the curve.",
        {f"RMSE with {width} neurons": error for width, error in errors.items()},
        {"curves": plots.lines(shown, "x", "y", "One hidden layer of several widths"), "errors": figure},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
