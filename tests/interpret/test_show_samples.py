"""Samples of results: which are chosen, and what is said of them. How data are drawn is tested with the data."""

from types import SimpleNamespace

import numpy as np
import pytest
from kerasdl.data.scale import Scale
from kerasdl.errors import BadInput
from kerasdl.interpret import Classification, Forecast, Regression, Tagging, show_batch, show_results, show_top_losses


class Data:
    """Draws what it is told to."""

    def __init__(self, labels):
        self.valid_labels = np.array(labels)

    def draw(self, indices, titles, **options):
        return dict(zip([int(index) for index in indices], titles, strict=True)), options

    def draw_batch(self, count):
        return count


CLASSES = Classification(np.log([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]]), np.array([0, 1, 1]), ["cat", "dog"])
PRICES = Regression(np.array([[1.0], [20000.0], [3.0]]), np.array([[1e-7], [10000.0], [3.0]]), ["price"])


def test_the_highest_losses_come_first():
    shown, options = show_top_losses(CLASSES, Data([0, 1, 1]), count=2)
    assert shown == {1: "predicted cat, actual dog, loss 2.30", 0: "predicted cat, actual cat, loss 0.69"}
    assert list(shown) == [1, 0]
    assert options == {}


def test_the_largest_errors_come_first():
    shown, _ = show_top_losses(PRICES, Data([[0.1], [0.2], [0.3]]), count=2)
    assert shown == {1: "price: predicted 20,000, actual 10,000", 0: "price: predicted 1, actual 0"}


def test_tags():
    found = Tagging(np.array([[9.0, -9.0], [-9.0, -9.0]]), np.array([[1, 0], [1, 0]]), ["red", "round"])
    assert show_top_losses(found, Data([[1, 0], [1, 0]]), count=1)[0] == {
        1: "predicted none; actual red; loss 4.50"  # (9 + 0) / 2
    }


def test_the_worst_origins_do_not_overlap():
    """Errors of six origins, two steps ahead: 3 and 4 would show the same rows."""
    truth = np.zeros((6, 2, 1))
    forecasts = truth + np.array([1, 0, 2, 5, 4, 3.0])[:, None, None]
    found = Forecast(forecasts, truth, {"truth": truth})
    shown, options = show_top_losses(found, Data(truth))
    assert shown == {3: "RMSE 5", 5: "RMSE 3", 0: "RMSE 1"}
    assert options["forecasts"].ravel().tolist() == [5, 5, 3, 3, 1, 1]
    assert found.worst(1).tolist() == [3]


def test_results_are_a_seeded_choice():
    truth = np.arange(50.0)[:, None]
    found, data = Regression(truth, truth, ["n"]), Data(truth)
    first, again, other = (show_results(found, data, count=9, seed=seed)[0] for seed in (0, 0, 1))
    assert list(first) == list(again) != list(other)
    assert len(first) == 9
    assert all(title == f"n: predicted {index}, actual {index}" for index, title in first.items())
    assert sorted(show_results(found, data, count=99)[0]) == list(range(50))


def test_a_batch():
    assert show_batch(Data([0]), 3) == 3


@pytest.mark.parametrize("show", [show_results, show_top_losses])
def test_a_result_of_other_samples_is_refused(show):
    with pytest.raises(BadInput, match="evaluate data.valid.*Classification of targets 3 for Data with.*labels 2$"):
        show(CLASSES, Data([0, 1]))
    with pytest.raises(BadInput, match="but other ones.*Received: 2 samples with other labels"):
        show(CLASSES, Data([1, 0, 1]))
    with pytest.raises(BadInput, match="Regression of targets 3x1 for Data with validation labels 3$"):
        show(PRICES, Data([0, 1, 1]))


def test_numbers_of_other_samples_are_refused():
    """In the user's units, in which labels are what float32 made of them."""
    prices = np.array([[100.1], [200.2], [300.3]])
    data = Data(((prices - 200) / 100).astype(np.float32))
    data.scale = Scale(np.array([200.0]), np.array([100.0]))
    assert len(show_results(Regression(prices, prices, ["price"]), data)[0]) == 3
    with pytest.raises(BadInput, match="other ones.*in the units of the data. Received: 2 samples with other labels"):
        show_results(Regression(prices, prices[::-1], ["price"]), data)
    data = Data(np.zeros((3, 1, 1)))
    data.scale, data.valid_origins = Scale(np.zeros(2), np.ones(2)), np.arange(3)
    data.futures = lambda origins: origins[:, None, None] + 0.5
    truth = data.futures(data.valid_origins)
    assert len(show_results(Forecast(truth, truth, {"truth": truth}), data)[0]) == 3
    with pytest.raises(BadInput, match="Received: 3 samples with other labels"):
        show_results(Forecast(truth, truth + 1, {"truth": truth}), data)


def test_other_kinds_of_results_and_data_are_refused():
    with pytest.raises(BadInput, match="Classification, Tagging, Regression or Forecast. Received: SimpleNamespace"):
        show_results(SimpleNamespace(), Data([0]))
    for show in (show_batch, lambda data: show_results(CLASSES, data)):
        with pytest.raises(BadInput, match="not their batches: Images.*Received: list"):
            show([])
    with pytest.raises(BadInput, match="at least one sample. Received: count=0"):
        show_batch(Data([0]), 0)
