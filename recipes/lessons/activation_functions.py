"""Activation functions, and why gradients vanish.

Backpropagation multiplies by the slope of the activation in every layer. A sigmoid's slope is at most 1/4: after ten
layers the gradient is a millionth. Tanh's is at most 1; ReLU's is exactly 1 for half of the neurons, and with He's
initialization (arXiv:1502.01852) the gradient keeps its size. Glorot and Bengio, AISTATS 2010.
"""

import keras
import numpy as np
import tensorflow as tf
from kerasdl import models, plots, runs

ACTIVATIONS = ("sigmoid", "tanh", "relu", "selu", "gelu")
LAYERS, WIDTH = 10, 64


def gradient_norms(activation: str, inputs: np.ndarray) -> np.ndarray:
    """Norm of the gradient of the loss by the kernel of each hidden layer, first to last, in a new network."""
    model = models.mlp((inputs.shape[1],), 2, hidden=(WIDTH,) * LAYERS, activation=activation, normalization="none")
    kernels = [each for each in model.trainable_variables if each.path.endswith("kernel")][:LAYERS]
    labels = (inputs[:, 0] > 0).astype(int)
    with tf.GradientTape() as tape:
        logits = model(inputs)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
    return np.array([np.linalg.norm(each) for each in tape.gradient(loss, [kernel.value for kernel in kernels])])


def main(options: runs.LessonOptions) -> runs.Lesson:
    inputs = np.random.default_rng(options.seed).standard_normal((256, WIDTH)).astype("float32")
    norms = {name: gradient_norms(name, inputs) for name in ACTIVATIONS}
    z = np.linspace(-4, 4, 201)
    curves = {name: keras.ops.convert_to_numpy(keras.activations.get(name)(z)) for name in ACTIVATIONS}
    by_layer = plots.lines(
        {name: (np.arange(1, LAYERS + 1), each) for name, each in norms.items()},
        "layer", "norm of the gradient", "Gradient of the loss by the kernel of each layer",
    )  # fmt: skip
    by_layer.axes[0].set_yscale("log")
    return runs.Lesson(
        "Through ten layers ReLU carries the gradient; the sigmoid loses it.",
        {
            f"gradient of the first layer / of the last, {name}": float(each[0] / each[-1])
            for name, each in norms.items()
        },
        {
            "functions": plots.lines(
                {name: (z, each) for name, each in curves.items()}, "weighted sum", "activation", "Activation functions"
            ),
            "slopes": plots.lines(
                {name: (z, np.gradient(each, z)) for name, each in curves.items()},
                "weighted sum",
                "slope",
                "Their slopes",
            ),
            "gradients": by_layer,
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
