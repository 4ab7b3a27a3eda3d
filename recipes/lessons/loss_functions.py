"""Loss functions: mean squared error for numbers, cross entropy for classes, and what their slopes do.

The slope of the loss by the output is the error signal that backpropagation carries into the network. For squared error
it is twice the error. For cross entropy behind a softmax it is probability minus truth, however wrong the network is.
Squared error behind a sigmoid has a slope that vanishes where the network is sure and wrong: it hardly learns from its
worst mistakes. Goodfellow, Bengio and Courville, Deep Learning, section 6.2: https://www.deeplearningbook.org
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl import losses, plots, runs
from keras import ops


def slopes(loss: Callable[[Any], Any], outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss and its slope at each output, by automatic differentiation."""
    place = tf.constant(outputs)
    with tf.GradientTape() as tape:
        tape.watch(place)
        values = loss(place)
    return values.numpy(), tape.gradient(values, place).numpy()


def main(_: runs.LessonOptions) -> runs.Lesson:
    logits = np.linspace(-8, 8, 161)
    cross = slopes(lambda z: ops.softplus(-z), logits)
    squared = slopes(lambda z: ops.square(ops.sigmoid(z) - 1), logits)
    errors = np.linspace(-3, 3, 121)
    numbers = slopes(lambda y: ops.square(y - 1.0), errors + 1.0)

    scores, truth = np.array([[2.0, 1.0, -1.0]]), np.array([2])
    table = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(table)
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)(truth, table)
    by_tape = tape.gradient(loss, table).numpy()[0]
    by_hand = np.exp(scores[0]) / np.exp(scores[0]).sum() - np.eye(3)[truth[0]]
    middle = len(logits) // 2
    sure_and_wrong = 0
    return runs.Lesson(
        "Cross entropy keeps its slope where the network is sure and wrong; squared error behind a sigmoid loses it.",
        {
            "slope of cross entropy at a logit of -8, true class 1": float(cross[1][sure_and_wrong]),
            "slope of squared error there": float(squared[1][sure_and_wrong]),
            "slope of cross entropy at 0: probability minus truth": float(cross[1][middle]),
            "largest difference between softmax minus truth and autodiff": float(np.abs(by_tape - by_hand).max()),
            "slope of (y - 1)^2 at y = 3": float(numbers[1][-21]),
        },
        {
            "losses": plots.lines(
                {"cross entropy": (logits, cross[0]), "squared error of the probability": (logits, squared[0])},
                "logit of the true class", "loss", "Loss of one sample",
            ),
            "slopes": plots.lines(
                {"cross entropy": (logits, cross[1]), "squared error of the probability": (logits, squared[1])},
                "logit of the true class", "slope of the loss", "What backpropagation begins with",
            ),
            "squared_error": plots.lines(
                {"loss": (errors, numbers[0]), "slope": (errors, numbers[1])},
                "prediction minus truth", "", "Mean squared error of a number",
            ),
        },
    )  # fmt: skip


if __name__ == "__main__":
    runs.run_lesson(main)
