"""Forward and backward pass of a small network by hand, against automatic differentiation.

Two inputs, two hidden neurons, two outputs. Forward: weighted sums and a sigmoid, layer by layer, to the loss.
Backward: the chain rule from the loss to each weight. Then every weight takes a step against its slope. The weights are
those of Mazur's example: https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example
"""

import keras
import numpy as np
import tensorflow as tf
from kerasdl import plots, runs

INPUT, TRUTH, RATE = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5
# Of each layer: kernel (from, to) and bias (to,).
HIDDEN = np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([0.35, 0.35])
OUTPUT = np.array([[0.40, 0.50], [0.45, 0.55]]), np.array([0.60, 0.60])
Weights = list[np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def forward(weights: Weights) -> tuple[np.ndarray, np.ndarray, float]:
    """Steps 1 to 3: the hidden layer, the output layer, the loss."""
    kernel1, bias1, kernel2, bias2 = weights
    hidden = sigmoid(INPUT @ kernel1 + bias1)
    output = sigmoid(hidden @ kernel2 + bias2)
    return hidden, output, float(np.square(output - TRUTH).sum() / 2)


def backward(weights: Weights) -> Weights:
    """Step 4: the slope of the loss by every weight, from the last layer to the first."""
    hidden, output, _ = forward(weights)
    kernel2 = weights[2]
    by_sum2 = (output - TRUTH) * output * (1 - output)  # of the loss by the weighted sums of the output layer
    by_hidden = kernel2 @ by_sum2
    by_sum1 = by_hidden * hidden * (1 - hidden)
    return [np.outer(INPUT, by_sum1), by_sum1, np.outer(hidden, by_sum2), by_sum2]


def automatic(weights: Weights) -> Weights:
    """The same slopes by Keras and a tape."""
    layers = [keras.layers.Dense(2, activation="sigmoid", dtype="float64") for _ in range(2)]
    model = keras.Sequential([keras.Input((2,), dtype="float64"), *layers])
    model.set_weights(weights)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(model(INPUT[None]) - TRUTH)) / 2
    return [each.numpy() for each in tape.gradient(loss, [weight.value for weight in model.trainable_weights])]


def main(_: runs.LessonOptions) -> runs.Lesson:
    weights = [*HIDDEN, *OUTPUT]
    by_hand, by_tape = backward(weights), automatic(weights)
    losses = [forward(weights)[2]]
    for _step in range(1000):
        # Step 5: every weight a step against its slope.
        weights = [each - RATE * slope for each, slope in zip(weights, backward(weights), strict=True)]
        losses.append(forward(weights)[2])
    kernels = np.concatenate([by_hand[0].T.ravel(), by_hand[2].T.ravel()])
    slopes = {f"w{number}": float(slope) for number, slope in enumerate(kernels, start=1)}  # numbered as Mazur does
    difference = max(np.abs(one - other).max() for one, other in zip(by_hand, by_tape, strict=True))
    return runs.Lesson(
        "The chain rule by hand gives what automatic differentiation gives.",
        {
            "loss at the beginning": losses[0],
            "largest difference of a slope from automatic differentiation": float(difference),
            "slope of the loss by w5": slopes["w5"],
            "loss after one step": losses[1],
            "loss after 1,000 steps": losses[-1],
        },
        {
            "slopes": plots.bars(slopes, "slope of the loss", "Slope of the loss by each weight"),
            "loss": plots.lines({"loss": (range(len(losses)), losses)}, "step", "loss", "Gradient descent by hand"),
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
