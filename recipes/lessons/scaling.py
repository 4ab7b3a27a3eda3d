"""How methods scale with data: a network beside logistic regression, over the number of training samples.

With few samples the simple model is as good or better. Its accuracy then levels off, because a straight line is all it
has; the network goes on (Ng's figure in the lessons). The classes here depend on products of numbers, which no line
sees.
"""

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots, runs
from sklearn.linear_model import LogisticRegression

SIZES, VALID, STEPS, CLASSES, FEATURES = (30, 100, 300, 1000, 3000, 10_000), 5000, 900, 3, 10


def samples(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers whose class depends on a weighted sum, as a line sees it, and on products, as it does not."""
    x = random.standard_normal((count, FEATURES))
    scores = np.stack([x[:, 0] + x[:, 1] * x[:, 2], x[:, 3] + x[:, 4] * x[:, 5], x[:, 6] - x[:, 7]], axis=1)
    return x.astype("float32"), scores.argmax(axis=1)


def network(x: np.ndarray, y: np.ndarray, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = models.mlp((FEATURES,), CLASSES, hidden=(64, 64), dropout=0.1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizers.AdamW(weight_decay=0.05), loss, metrics=["accuracy"], jit_compile=False, steps_per_execution=5
    )
    batch = min(64, len(x))
    epochs = max(5, STEPS * batch // (len(x) * (3 if len(x) < 1000 else 1)))
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, callbacks=[callbacks.OneCycle(0.005)])
    return model


def main(options: runs.LessonOptions) -> runs.Lesson:
    random = np.random.default_rng(options.seed)
    x, y = samples(max(SIZES), random)
    valid_x, valid_y = samples(VALID, random)
    found: dict[str, list[float]] = {"logistic regression": [], "MLP": []}
    for size in SIZES:
        line = LogisticRegression(max_iter=1000).fit(x[:size], y[:size])
        found["logistic regression"].append(float(line.score(valid_x, valid_y)))
        logits = network(x[:size], y[:size], options.seed).predict(valid_x, batch_size=1024, verbose=0)
        found["MLP"].append(float((logits.argmax(axis=1) == valid_y).mean()))
    figure = plots.lines(
        {name: (SIZES, each) for name, each in found.items()},
        "training samples",
        "validation accuracy",
        "Accuracy over the size of the data",
    )
    figure.axes[0].set_xscale("log")
    return runs.Lesson(
        "More data help the network long after logistic regression has levelled off.",
        {
            f"accuracy, {name}, {size:,} samples": each[SIZES.index(size)]
            for name, each in found.items()
            for size in (SIZES[0], 1000, SIZES[-1])
        },
        {"scaling": figure},
    )


if __name__ == "__main__":
    runs.run_lesson(main)
