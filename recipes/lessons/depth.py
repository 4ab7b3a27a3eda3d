"""Why depth is cheaper: a wave of 16 teeth takes 16 hinges in one layer, but four layers that fold.

A ReLU layer can fold its input in two, like paper. Each further layer folds what is folded: the number of teeth doubles
with each layer, while one hidden layer needs a neuron for each corner (Telgarsky, arXiv:1602.04485). Whether training
finds such folds is another question: here it starts beside them.
"""

import keras
import numpy as np
from kerasdl import models, plots, runs

FOLDS = range(1, 7)


def folding(layers: int) -> keras.Model:
    """A network of two neurons a layer, each layer of which folds [0, 1] in two: 2x below 1/2, and 2 - 2x above."""
    model = models.mlp((1,), outputs=1, hidden=(2,) * layers)
    fold = [np.array([2.0, -4.0])]  # of relu(x) and relu(x - 1/2)
    for number in range(1, layers + 1):
        inputs = np.ones((1, 1)) if number == 1 else fold[0][:, None]
        model.get_layer(f"stage{number}_dense").set_weights([np.repeat(inputs, 2, axis=1), np.array([0.0, -0.5])])
    model.get_layer("head_outputs").set_weights([fold[0][:, None], np.zeros(1)])
    return model


def hinges(teeth: int) -> keras.Model:
    """One hidden layer that draws the same teeth: a neuron for each corner."""
    model = models.mlp((1,), outputs=1, hidden=(2 * teeth,))
    corners = np.arange(2 * teeth) / (2 * teeth)
    slopes = 2.0 * teeth * np.array([1.0, *[-2.0, 2.0] * teeth][: 2 * teeth])
    model.get_layer("stage1_dense").set_weights([np.ones((1, 2 * teeth)), -corners])
    model.get_layer("head_outputs").set_weights([slopes[:, None], np.zeros(1)])
    return model


def main(_: runs.LessonOptions) -> runs.Lesson:
    x = np.linspace(0, 1, 1025)[:, None].astype("float32")
    deep = {layers: folding(layers) for layers in FOLDS}
    wide = {layers: hinges(2 ** (layers - 1)) for layers in FOLDS}
    waves = {layers: model.predict(x, batch_size=2048, verbose=0)[:, 0] for layers, model in deep.items()}
    difference = max(
        float(np.abs(wide[layers].predict(x, batch_size=2048, verbose=0)[:, 0] - waves[layers]).max())
        for layers in FOLDS
    )
    parameters = {
        "folding layers, two neurons each": (
            [2 ** (each - 1) for each in FOLDS],
            [deep[each].count_params() for each in FOLDS],
        ),
        "one hidden layer": ([2 ** (each - 1) for each in FOLDS], [wide[each].count_params() for each in FOLDS]),
    }
    figure = plots.lines(parameters, "teeth", "parameters", "What the same wave costs")
    figure.axes[0].set(xscale="log", yscale="log")
    return runs.Lesson(
        "Teeth double with each layer of two neurons, but double the neurons of one hidden layer.",
        {
            "parameters of six folding layers, 32 teeth": float(deep[6].count_params()),
            "parameters of one hidden layer, 32 teeth": float(wide[6].count_params()),
            "largest difference between their outputs": difference,
        },
        {
            "folds": plots.lines(
                {f"{each} layers": (x[:, 0], waves[each]) for each in (1, 2, 4)}, "x", "y", "Each layer folds once more"
            ),
            "parameters": figure,
        },
    )


if __name__ == "__main__":
    runs.run_lesson(main)
