from types import SimpleNamespace

import numpy as np
import pytest
from kerasdl.interpret import Regression
from kerasdl.plots import Figure
from kerasdl.runs.watch import Watch, drawn

BATCH = np.zeros((4, 2), np.float32), np.zeros((4, 1), np.float32)
DATA = SimpleNamespace(
    valid=BATCH,
    valid_labels=BATCH[1],
    steps=3,
    draw=lambda indices, titles: Figure(),
    draw_batch=Figure,
)


@pytest.mark.parametrize(("epochs", "seen"), [(3, [0, 1, 2]), (9, [1, 3, 5, 7, 8]), (100, [19, 39, 59, 79, 99])])
def test_an_evaluation_that_fails_ends_no_fit_and_few_are_made(tmp_path, epochs, seen):
    called, epoch = [], 0

    def evaluate():
        called.append(epoch)
        raise ValueError("no memory")

    def fit(figures):
        nonlocal epoch
        figures.set_params({"epochs": epochs})
        figures.on_train_begin()
        for epoch in range(epochs):
            figures.on_epoch_end(epoch)
        figures.on_train_end()

    with pytest.warns(UserWarning, match=r"The run goes on without figures of an epoch. ValueError: no memory"):
        fit(Watch(tmp_path, DATA, evaluate).callbacks[-1])
    assert called == seen


def test_without_a_finite_prediction_samples_are_shown_all_the_same():
    found = Regression(np.full((4, 1), np.nan), BATCH[1], ["price"])
    assert list(drawn(found, DATA)) == ["results", "top_losses"]
