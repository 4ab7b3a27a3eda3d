import keras
import numpy as np
import pytest
from kerasdl.interpret import Regression

FOUND = Regression(np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[2.0, 0.0], [4.0, 2.0]]), ["price", "rent"])


def test_scores_by_hand():
    assert FOUND.residuals.tolist() == [[-1, 0], [-1, 2]]
    assert FOUND.rmse == pytest.approx(np.sqrt(6 / 4))
    assert FOUND.mae == 1.0
    # Each target has variance 1; the mean squared error is 1 for price and 2 for rent.
    assert FOUND.r2 == pytest.approx((0 - 1) / 2)
    assert FOUND.scores == {
        "rmse": FOUND.rmse, "mae": 1.0, "r2": FOUND.r2, "rmse_price": 1.0, "rmse_rent": pytest.approx(np.sqrt(2)),
    }  # fmt: skip
    assert FOUND.worst(1).tolist() == [1]


def test_r2_of_a_constant_target_is_nan():
    assert np.isnan(Regression(np.ones((2, 1)), np.ones((2, 1)), ["price"]).r2)


def test_predictions_are_in_the_users_units():
    class Twice:
        def predict_on_batch(self, inputs):
            return 2 * inputs

    batches = [(np.array([[1.0]]), np.array([[2.5]])), (np.array([[3.0], [4.0]]), np.array([[6.0], [8.0]]))]
    found = Regression.of(Twice(), batches, ["price"], lambda values: values * 10)
    assert (found.predictions.ravel().tolist(), found.targets.ravel().tolist()) == ([20, 60, 80], [25, 60, 80])


def test_a_model_of_two_outputs_is_refused_by_name():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, [inputs, inputs * 2], name="two")
    with pytest.raises(ValueError, match="must have one output.*Received: 'two'"):
        Regression.of(model, [(np.ones((2, 1)), np.ones((2, 1)))], ["price"], lambda values: values)


def test_shapes_that_do_not_match_raise():
    with pytest.raises(ValueError, match=r"\(samples, targets\)"):
        Regression(np.ones((2, 1)), np.ones((2, 2)), ["price"])


def test_a_model_worse_than_the_mean_is_named_by_target():
    targets = np.array([[0.0, 0.0], [2.0, 2.0]])
    found = Regression(targets + np.array([0.5, 3.0]), targets, ["area", "price"])
    assert found.warning == "The model is worse than always predicting the mean: RMSE 3 instead of 1 for price."
    assert Regression(targets, targets, ["area", "price"]).warning == ""


def test_it_is_shown_in_one_line_and_in_a_notebook_with_its_residuals():
    assert repr(FOUND) == "Regression(2 samples, 2 targets: rmse 1.225, mae 1, r2 -0.5)"
    assert FOUND._repr_html_().startswith(f'<p>{FOUND!r}</p><img src="data:image/png;base64,iVBOR')
    dollars = Regression(np.array([[48503.2]]), np.array([[0.0]]), ["price"])
    assert repr(dollars) == "Regression(1 sample, 1 target: rmse 48,503, mae 48,503, r2 nan)"


def test_quantiles_have_coverage_and_a_figure():
    targets = np.arange(20.0)[:, None]
    quantiles = {0.05: targets * 0 + 1, 0.5: targets, 0.8: targets - 1, 0.95: targets * 0 + 17}
    found = Regression(targets, targets, ["price"], quantiles)
    assert found.coverage == {"coverage_90": 17 / 20, "below_80": 0}
    assert list(found.figures()) == ["residuals", "quantiles"]
    assert found.warning == ""
    shifted = Regression(targets + 6, targets, ["price"], {0.5: targets + 6})
    assert shifted.warning.startswith("The model is worse than always predicting the median: MAE 6 instead of 5.")
    with pytest.raises(ValueError, match="must have the shape of the targets"):
        Regression(targets, targets, ["price"], {0.5: targets[:3]})
