import numpy as np
import pytest
from kerasdl.errors import BadInput
from kerasdl.interpret import Classification, Forecast, Regression, Tagging, bootstrap
from scipy import stats

RANDOM = np.random.default_rng(1)


def classification(count=200, classes=3):
    return Classification(RANDOM.normal(0, 2, (count, classes)), RANDOM.integers(0, classes, count), "abc"[:classes])


def test_the_draws_are_those_of_scipy():
    """Of the same generator, so that the intervals are the same."""
    found = classification()
    drawn = bootstrap(found, repeats=300, seed=7)
    for name, values in (("accuracy", found.predictions == found.targets), ("loss", found.losses)):
        known = stats.bootstrap(
            (values,), np.mean, n_resamples=300, method="percentile", rng=np.random.default_rng(7)
        ).confidence_interval
        assert drawn[name] == pytest.approx((known.low, known.high), rel=1e-12)


def test_scores_of_a_regression_are_those_of_drawn_samples():
    targets = RANDOM.normal([1e6, 5], [10, 2], (60, 2))
    found = Regression(targets + RANDOM.normal(size=(60, 2)), targets, ["price", "rent"])
    draws, scores = np.random.default_rng(3), []
    for _ in range(50):
        drawn = draws.integers(60, size=60)
        scores.append(Regression(found.predictions[drawn], found.targets[drawn], found.names).scores)
    intervals = bootstrap(found, repeats=50, seed=3)
    assert list(intervals) == list(found.scores) == ["rmse", "mae", "r2", "rmse_price", "rmse_rent"]
    for name, interval in intervals.items():
        assert interval == pytest.approx(np.percentile([each[name] for each in scores], (2.5, 97.5)), rel=1e-6)


def test_scores_of_tags_are_those_of_drawn_samples():
    found = Tagging(RANDOM.normal(size=(30, 4)), RANDOM.integers(0, 2, (30, 4)), "abcd")
    draws, scores = np.random.default_rng(0), []
    for _ in range(50):
        drawn = draws.integers(30, size=30)
        scores.append(Tagging(found.logits[drawn], found.targets[drawn], found.classes).scores)
    for name, interval in bootstrap(found, repeats=50).items():
        assert interval == pytest.approx(np.percentile([each[name] for each in scores], (2.5, 97.5)))


@pytest.mark.parametrize(
    ("horizon", "block"), [(10, 10), (1, 3)], ids=["as long as the horizon", "the cube root of 40"]
)
def test_forecasts_are_drawn_in_blocks(horizon, block):
    errors = np.repeat([1.0, 5.0, 2.0, 4.0], 10)[:, None, None] * np.ones((1, horizon, 1))
    truth = np.zeros_like(errors)
    # In some draws either is the better one.
    found = Forecast(truth + errors, truth, {"persistence": truth + errors[::-1], "seasonal": truth + 3.3})
    draws, scores, blocks = np.random.default_rng(0), [], -(-40 // block)
    for _ in range(200):
        starts = draws.integers(40, size=blocks)
        drawn = np.concatenate([np.arange(start, start + block) % 40 for start in starts])[:40]
        baselines = {name: each[drawn] for name, each in found.baselines.items()}
        scores.append(Forecast(found.predictions[drawn], found.targets[drawn], baselines).scores)
    for name, interval in bootstrap(found, repeats=200).items():
        assert interval == pytest.approx(np.percentile([each[name] for each in scores], (2.5, 97.5)))


def test_intervals_hold_the_score_and_are_always_the_same():
    found = classification()
    intervals = bootstrap(found)
    assert intervals == bootstrap(found)
    assert intervals != bootstrap(found, seed=1)
    assert all(low < found.scores[name] < high for name, (low, high) in intervals.items())
    # The normal approximation of a share.
    error = 1.96 * np.sqrt(found.accuracy * (1 - found.accuracy) / 200)
    low, high = intervals["accuracy"]
    assert (low, high) == pytest.approx((found.accuracy - error, found.accuracy + error), abs=0.01)


@pytest.mark.parametrize(
    "found",
    [
        Classification(np.zeros((1, 2)), np.zeros(1, int), "ab"),
        Classification(np.zeros((0, 2)), np.zeros(0, int), "ab"),
        Tagging(np.zeros((1, 2)), np.zeros((1, 2)), "ab"),
        Regression(np.zeros((1, 1)), np.zeros((1, 1)), ["price"]),
        Forecast(*np.zeros((2, 5, 3, 1)), {"mean": np.zeros((5, 3, 1))}),  # fewer origins than two blocks
    ],
    ids=["classification", "nothing", "tagging", "regression", "forecast"],
)
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_what_does_not_tell_how_far_others_differ_has_no_interval(found):
    intervals = bootstrap(found)
    assert list(intervals) == list(found.scores)
    assert np.isnan(list(intervals.values())).all()


def test_another_result_is_refused():
    with pytest.raises(BadInput, match=r"have intervals. Received: list"):
        bootstrap([0.5])


def test_a_score_that_is_not_finite_has_no_interval():
    constant = bootstrap(Regression(np.arange(9.0)[:, None], np.ones((9, 1)), ["price"]))
    assert np.isnan(constant["r2"]).all()
    assert np.isfinite(constant["rmse"]).all()
    not_a_number = bootstrap(Classification(np.array([[np.nan, 0], [0, 1], [1, 0]]), np.array([0, 1, 0]), "ab"))
    assert np.isnan(not_a_number["loss"]).all()
    infinite = bootstrap(Classification(np.array([[-np.inf, 0], [0, 1], [1, 0]]), np.array([0, 1, 0]), "ab"))
    assert np.isnan(infinite["loss"]).all()
    assert infinite["accuracy"] == (0.0, 1.0)
    truth = np.arange(8.0)[:, None, None]
    assert np.isnan(bootstrap(Forecast(truth + 1, truth, {"truth": truth}))["ratio"]).all()


def test_draws_without_any_variance_have_no_r2():
    """Rounding makes the variance of such a draw 1e-17, and its R2 would be -1e16."""
    for other in (2, 19, 21, 29):
        truth = np.full((10, 1), 0.1)
        truth[0] = other
        assert np.isnan(bootstrap(Regression(truth + 1, truth, ["price"]))["r2"]).all()
