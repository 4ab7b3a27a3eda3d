"""Gradient descent: step downhill, against the slope; the learning rate decides how far.

On a long valley, 50 times as steep across as along, a low rate creeps, a high one jumps from side to side, and beyond
2 / steepness the steps grow without end. Momentum keeps some of the last step (Polyak, 1964): across the valley the
steps cancel, along it they add up.
"""

import keras
import numpy as np
from kerasdl import optimizers, plots, runs

STEEPNESS = np.array([1.0, 50.0])
START, STEPS = (-9.0, 1.5), 60
SETTINGS = {
    "rate 0.004": (0.004, 0.0),
    "rate 0.036": (0.036, 0.0),
    "rate 0.041": (0.041, 0.0),
    "rate 0.036, momentum 0.7": (0.036, 0.7),
}


def height(place: np.ndarray) -> np.ndarray:
    """The surface: half of the steepness times the square of the distance, along both axes."""
    return (STEEPNESS / 2 * np.square(place)).sum(axis=-1)


def descend(rate: float, momentum: float) -> np.ndarray:
    """The places that gradient descent visits (steps + 1, 2), by an optimizer of Keras."""
    place = keras.Variable(np.array(START), dtype="float64")
    optimizer = optimizers.SGD(rate, momentum=momentum)
    optimizer.build([place])
    path = [np.array(START)]
    for _ in range(STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(STEEPNESS * path[-1])], [place])
        path.append(keras.ops.convert_to_numpy(place))
    return np.array(path)


def main(_: runs.LessonOptions) -> runs.Lesson:
    paths = {name: descend(*setting) for name, setting in SETTINGS.items()}
    heights = {name: height(path) for name, path in paths.items()}
    figures = {
        "paths": plots.paths(height, paths, "Sixty steps down a valley"),
        "heights": plots.lines(
            {name: (np.arange(STEPS + 1), each) for name, each in heights.items()}, "step", "height", "Loss by step"
        ),
    }
    figures["heights"].axes[0].set_yscale("log")
    return runs.Lesson(
        "The highest rate that does not diverge is the fastest, and momentum makes it faster.",
        {f"height after {STEPS} steps, {name}": float(each[-1]) for name, each in heights.items()},
        figures,
    )


if __name__ == "__main__":
    runs.run_lesson(main)
