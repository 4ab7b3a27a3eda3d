from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl.layers import TiedEmbedding, WeightDropLSTM

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "awd_lstm.npz")
X = np.random.default_rng(0).standard_normal((4, 7, 3)).astype("float32")


def built(**options):
    layer = WeightDropLSTM(5, return_sequences=True, seed=1, **options)
    layer.build(X.shape)
    return layer


def test_outputs_logits_and_carried_state_equal_fastai():
    """fastai 2.8.12: three layers, tied logits; the second call goes on from the state of the first."""
    weights = {name.removeprefix("w:"): GOLDEN[name] for name in GOLDEN if name.startswith("w:")}
    embedding = TiedEmbedding(*weights["encoder.weight"].shape, embedding_dropout=0.2)
    embedding.build(None)
    embedding.set_weights([weights["encoder.weight"]])
    layers = [WeightDropLSTM(units, return_sequences=True, stateful=True) for units in (20, 20, 12)]
    x = embedding(GOLDEN["tokens"])
    for index, layer in enumerate(layers):
        layer.build(x.shape)
        recurrent, module = f"rnns.{index}.weight_hh_l0_raw", f"rnns.{index}.module."
        bias = weights[f"{module}bias_ih_l0"] + weights[f"{module}bias_hh_l0"]
        layer.set_weights([weights[f"{module}weight_ih_l0"].T, weights[recurrent].T, bias])
        x = layer(x)
    np.testing.assert_allclose(x, GOLDEN["first"], atol=1e-5)
    np.testing.assert_allclose(embedding(x, reverse=True) + GOLDEN["decoder_bias"], GOLDEN["logits"], atol=1e-5)
    x = embedding(GOLDEN["tokens"][:, ::-1])
    for layer in layers:
        x = layer(x)
    np.testing.assert_allclose(x, GOLDEN["second"], atol=1e-5)


def test_at_inference_it_is_an_lstm_with_the_same_weights():
    layer, stock = built(), keras.layers.LSTM(5, return_sequences=True)
    stock.build(X.shape)
    stock.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(X), stock(X), atol=1e-6)
    assert not np.allclose(layer(X, training=True), stock(X))
    assert [weight.path.split("/")[-1] for weight in layer.weights] == ["kernel", "recurrent_kernel", "bias"]


def test_a_training_step_uses_one_mask_of_the_recurrent_kernel_for_all_steps():
    layer, stock = built(weight_dropout=0.4), keras.layers.LSTM(5, return_sequences=True)
    stock.build(X.shape)
    kernel, recurrent, bias = layer.get_weights()
    outputs = layer(X, training=True)
    mask = keras.random.dropout(np.ones_like(recurrent), 0.4, seed=keras.random.SeedGenerator(1))
    stock.set_weights([kernel, recurrent * np.array(mask), bias])
    np.testing.assert_allclose(outputs, stock(X), rtol=1e-5)
    assert np.array_equal(layer.get_weights()[1], recurrent)


def test_the_masks_have_the_share_and_the_expectation_of_dropout():
    layer = WeightDropLSTM(200, weight_dropout=0.3, seed=0)
    layer.build((None, 3, 2))
    with layer._dropped_kernel(training=True):
        dropped = np.array(layer.cell.recurrent_kernel)
    share = np.mean(dropped == 0)
    assert share == pytest.approx(0.3, abs=0.01)  # of 160,000 entries: 9 standard errors
    raw = layer.get_weights()[1]
    np.testing.assert_allclose(dropped[dropped != 0], raw[dropped != 0] / 0.7, rtol=1e-5)


def test_every_call_draws_another_mask_and_the_same_seed_the_same_masks():
    first, second = built(), built()
    second.set_weights(first.get_weights())
    calls = [np.array(layer(X, training=True)) for layer in (first, first, second, second)]
    assert np.array_equal(calls[0], calls[2])
    assert np.array_equal(calls[1], calls[3])
    assert not np.array_equal(calls[0], calls[1])


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}], ids=str)
def test_the_dropped_entries_get_no_gradient(options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((7, 3)), WeightDropLSTM(5, weight_dropout=0.5, seed=1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    before = model.get_weights()[1]
    mask = np.array(keras.random.dropout(np.ones_like(before), 0.5, seed=keras.random.SeedGenerator(1)))
    model.train_on_batch(X, np.ones((4, 5)))
    assert np.array_equal(model.get_weights()[1] != before, mask != 0)


def test_it_compiles_with_xla():
    model = keras.Sequential([keras.Input((7, 3)), WeightDropLSTM(5, weight_dropout=0.5)])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=True)
    before = model.get_weights()[1]
    model.train_on_batch(X, np.ones((4, 5)))
    assert 0.2 < np.mean(model.get_weights()[1] != before) < 0.8  # XLA draws other masks


def test_a_model_is_loaded_as_it_was_saved(tmp_path):
    model = keras.Sequential([keras.Input((7, 3)), keras.layers.Bidirectional(WeightDropLSTM(5, weight_dropout=0.25))])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].forward_layer.weight_dropout == 0.25
    assert np.array_equal(loaded(X), model(X))


def test_the_conditions_of_cudnn_hold():
    """tanh and sigmoid, a bias, not unrolled, no dropout of the state: what `keras.layers.LSTM` asks for."""
    layer = built(weight_dropout=0.5)
    config = layer.get_config()
    assert (config["activation"], config["recurrent_activation"], config["use_bias"]) == ("tanh", "sigmoid", True)
    assert (config["unroll"], config["recurrent_dropout"], layer.use_cudnn) == (False, 0.0, "auto")


@pytest.mark.parametrize("weight_dropout", [-0.1, 1.0])
def test_dropout_out_of_range(weight_dropout):
    with pytest.raises(ValueError, match=f"Received: weight_dropout={weight_dropout}"):
        WeightDropLSTM(5, weight_dropout=weight_dropout)
