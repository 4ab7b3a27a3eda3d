"""A playground, after https://playground.tensorflow.org: a small network learns to part two classes of points.

Choose the data, what the network sees of them, its layers, activation, regularization and learning rate, and look: the
decision surface, what every neuron has learned, and an animation of the training.
"""

from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs

FEATURES = {
    "x": lambda at: at[:, 0], "x2": lambda at: at[:, 0] ** 2, "sin_x": lambda at: np.sin(np.pi * at[:, 0]),
    "y": lambda at: at[:, 1], "y2": lambda at: at[:, 1] ** 2, "sin_y": lambda at: np.sin(np.pi * at[:, 1]),
    "xy": lambda at: at.prod(axis=1),
}  # fmt: skip
SIDE, COUNT, FRAMES = 60, 500, 20


@dataclass(frozen=True)
class Options(runs.LessonOptions):
    data: Literal["circle", "xor", "gauss", "spiral"] = "spiral"
    noise: float = 0.05
    features: tuple[Literal["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"], ...] = ("x", "y")
    hidden: tuple[int, ...] = (16, 8)
    activation: Literal["tanh", "relu", "sigmoid", "linear"] = "tanh"
    l1: float = 0.0
    l2: float = 0.0
    peak_lr: float = 0.03
    epochs: int = 200


def points(data: str, noise: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 2), about from -1 to 1, and their classes (count, 1)."""
    labels, square = np.arange(COUNT) % 2, random.uniform(-1, 1, (COUNT, 2))
    turn, angle, near = random.uniform(0.1, 1, COUNT), random.uniform(0, 2 * np.pi, COUNT), np.where(labels, 0.4, 0.9)
    if data == "spiral":
        angle = 3.5 * np.pi * turn + np.pi * labels
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    places = {"xor": square, "spiral": around * turn[:, None], "circle": around * near[:, None]}
    places["gauss"] = (labels - 0.5)[:, None] + random.normal(scale=0.2, size=(COUNT, 2))
    labels = (square.prod(axis=1) > 0).astype(int) if data == "xor" else labels
    return places[data] + random.normal(scale=noise, size=(COUNT, 2)), labels[:, None]


def main(options: Options) -> runs.Lesson:
    place, labels = points(options.data, options.noise, np.random.default_rng(options.seed))
    axis, half = np.linspace(-1.1, 1.1, SIDE), COUNT // 2
    everywhere = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    features = [FEATURES[name] for name in options.features]
    x, grid = (np.stack([each(at) for each in features], axis=1).astype("float32") for at in (place, everywhere))
    network = {name: getattr(options, name) for name in ("hidden", "activation", "l1", "l2")}
    model = models.mlp((len(options.features),), outputs=1, **network)
    accuracy = keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(), loss, metrics=[accuracy], steps_per_execution=8)
    frames = []

    def look(epoch: int, _: object) -> None:
        if epoch % max(1, options.epochs // FRAMES) == 0 or epoch == options.epochs - 1:
            logits = model.predict_on_batch(grid).reshape(SIDE, SIDE)
            frames.append(plots.surface(axis, logits, place, labels[:, 0], f"Epoch {epoch + 1}"))

    watch = [callbacks.OneCycle(options.peak_lr), keras.callbacks.LambdaCallback(on_epoch_end=look)]
    fitted = model.fit(x[:half], labels[:half], batch_size=32, epochs=options.epochs, verbose=0, callbacks=watch)
    layers = [model.get_layer(f"stage{number}_activation").output for number in range(1, len(options.hidden) + 1)]
    hidden = [keras.Model(model.inputs, each).predict_on_batch(grid).reshape(SIDE, SIDE, -1) for each in layers]
    found = model.evaluate(x[half:], labels[half:], verbose=0)[1]
    return runs.Lesson(
        "Hidden layers bend the straight lines of single neurons until they part the classes.",
        {"accuracy on training points": fitted.history["accuracy"][-1], "accuracy on new points": found},
        {"surface": frames[-1], "neurons": plots.neurons(axis, hidden), "loss": plots.curves(fitted.history, ["loss"])},
        {"training.gif": plots.animation(frames)},
    )


if __name__ == "__main__":
    runs.run_lesson(main, Options)
