import keras
import numpy as np
import pytest
from kerasdl.layers import ActivationRegularization

X = np.random.default_rng(0).standard_normal((4, 7, 6)).astype("float32")


def test_penalties_by_hand():
    layer = ActivationRegularization(activation=2.0, temporal=0.5)
    assert np.array_equal(layer(X, training=True), X)
    expected = [2 * np.mean(X**2), 0.5 * np.mean((X[:, 1:] - X[:, :-1]) ** 2)]
    np.testing.assert_allclose(layer.losses, expected, rtol=1e-5)


def test_ar_sees_the_outputs_after_dropout_and_tar_those_before():
    layer = ActivationRegularization(0.5, seed=0)
    outputs = np.array(layer(X, training=True))
    expected = [2 * np.mean(outputs**2), np.mean((X[:, 1:] - X[:, :-1]) ** 2)]
    np.testing.assert_allclose(layer.losses, expected, rtol=1e-5)


def test_dropout_has_one_mask_for_all_steps():
    outputs = np.array(ActivationRegularization(0.5, seed=0)(X, training=True))
    zero = outputs == 0
    assert (zero == zero[:, :1]).all()
    assert 0 < zero.mean() < 1
    np.testing.assert_allclose(outputs[~zero], 2 * X[~zero])


def test_at_inference_it_does_nothing():
    layer = ActivationRegularization(0.5)
    assert layer(X) is X or np.array_equal(layer(X), X)
    assert not layer.losses


def test_the_penalties_are_part_of_the_training_loss_only():
    model = keras.Sequential([keras.Input((7, 6)), ActivationRegularization(temporal=0.0)])
    model.compile("sgd", "mse")
    assert model.evaluate(X, np.zeros_like(X), verbose=0) == pytest.approx(np.mean(X**2), rel=1e-5)
    model(X, training=True)
    np.testing.assert_allclose(model.losses, [2 * np.mean(X**2)], rtol=1e-5)


def test_a_model_is_loaded_as_it_was_saved(tmp_path):
    keras.Sequential([keras.Input((7, 6)), ActivationRegularization(0.3, activation=1.0)]).save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras").layers[0]
    assert (loaded.dropout, loaded.activation, loaded.temporal) == (0.3, 1.0, 1.0)


@pytest.mark.parametrize("options", [{"dropout": 1.0}, {"activation": -1.0}, {"temporal": -0.5}])
def test_options_out_of_range(options):
    with pytest.raises(ValueError, match="Received: "):
        ActivationRegularization(**options)
