import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.models import forecaster

WINDOWS = np.random.default_rng(0).standard_normal((5, 12, 3)).astype("float32").cumsum(axis=1)


@pytest.mark.parametrize("decoder", [False, True])
@pytest.mark.parametrize("normalization", ["window", None])
def test_untrained_model_gives_the_naive_forecast(decoder, normalization):
    options = {"horizon": 6, "units": (4,), "decoder": decoder, "normalization": normalization}
    naive = forecaster((12, 3), 2, **options)(WINDOWS).numpy()
    assert np.array_equal(naive, np.repeat(WINDOWS[:, -1:, :2], 6, axis=1))
    seasonal = forecaster((12, 3), 2, skip="seasonal", season=4, **options)(WINDOWS).numpy()
    assert np.array_equal(seasonal, np.concatenate([WINDOWS[:, -4:, :2], WINDOWS[:, -4:-2, :2]], axis=1))


def test_normalization_makes_the_forecast_equivariant_to_shift_and_scale():
    model = forecaster((12, 3), 1, horizon=2, skip=None, units=(4,))
    assert model(WINDOWS).numpy().std() > 0
    np.testing.assert_allclose(model(WINDOWS * 8 + 3), model(WINDOWS) * 8 + 3, rtol=1e-3, atol=1e-3)
    plain = forecaster((12, 3), 1, horizon=2, skip=None, normalization=None, units=(4,))
    assert not np.allclose(plain(WINDOWS * 8 + 3), plain(WINDOWS) * 8 + 3, atol=1e-1)
    assert [layer.name for layer in plain.layers if layer.name.endswith(("normalization", "forecast"))] == []


@pytest.mark.parametrize("normalization", ["window", None])
def test_an_adapted_ridge_regression_is_what_an_untrained_model_gives(normalization):
    model = forecaster((12, 3), 2, horizon=2, skip="ridge", season=4, units=(4,), normalization=normalization)
    windows = np.random.default_rng(1).normal(size=(60, 12, 3)).astype("float32")
    batches = [(windows, windows[:, -2:, 1:])]
    model.get_layer("head_forecast").adapt(batches, batches, batches)
    np.testing.assert_allclose(model(windows), batches[0][1], atol=1e-3)
    assert model.get_layer("head_forecast").season == 4


def test_known_channels_are_not_normalized_by_window():
    model = forecaster((12, 3), 1, units=(4,), known=2)
    found = model.get_layer("stem_normalization")(WINDOWS).numpy()
    assert np.array_equal(found[..., 1:], WINDOWS[..., 1:])
    assert found[..., 0].std(axis=1) == pytest.approx(1, abs=1e-3)


def test_layers_and_parameters():
    model = forecaster((12, 3), 2, horizon=6, cell="gru", units=(4, 5), decoder=True, dropout=0.3)
    assert [layer.name for layer in model.layers] == [
        "window", "stem_normalization", "stage1_gru", "stage1_dropout", "stage2_gru", "stage2_dropout", "stage3_repeat",
        "stage3_gru", "stage3_dropout", "head_dense", "head_forecast",
    ]  # fmt: skip
    assert model.get_layer("stage3_gru").units == 5
    assert model.get_layer("stage2_dropout").rate == 0.3
    # A GRU with n units and m inputs has 3n(m + n + 2) weights.
    assert model.count_params() == 3 * 4 * (3 + 4 + 2) + 3 * 5 * (4 + 5 + 2) + 3 * 5 * (5 + 5 + 2) + 5 * 2 + 2
    # An LSTM has 4n(m + n + 1); then one dense layer gives all steps.
    assert forecaster((12, 3), 2, horizon=6, units=(4,)).count_params() == 4 * 4 * (3 + 4 + 1) + (4 + 1) * 12


def test_decoder_starts_from_the_encoders_state():
    model = forecaster((12, 3), 1, horizon=4, units=(4,), decoder=True, skip=None)
    decoder = model.get_layer("stage2_lstm")
    # Without its inputs, only the initial state differs between samples.
    kernel, _, _ = decoder.get_weights()
    decoder.set_weights([np.zeros_like(kernel), *decoder.get_weights()[1:]])
    found = keras.Model(model.input, decoder.output)(WINDOWS).numpy()
    assert np.abs(found - found[:1]).max() > 1e-2


def test_learns_a_rising_line():
    rows = np.arange(60, dtype="float32")[:, None] + np.arange(9)
    model = forecaster((8, 1), 1, units=(8,))
    model.compile(keras.optimizers.Adam(0.03), "mse")
    often = np.tile(rows, (40, 1))
    model.fit(often[:, :8, None], often[:, 8:, None], verbose=0)
    # Far outside the training data; the naive forecast is off by 1.
    np.testing.assert_allclose(model(rows[:, :8, None] + 1000), rows[:, 8:, None] + 1000, atol=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "rnn"}, "cell must be one of.*Received: cell='rnn'"),
        ({"normalization": "batch"}, "normalization must be"),
        ({"skip": "linear"}, "skip must be"),
        ({"units": ()}, "at least one recurrent layer"),
        ({"known": 3}, "known must be between 0 and.*Received: known=3 of 2"),
        ({"outputs": 4}, "number of channels.*Received: outputs=4 of 3"),
        ({"skip": "seasonal"}, "needs a season between.*Received: season=None"),
        ({"skip": "ridge", "season": 13}, "skip='ridge' needs a season.*Received: season=13, lookback=12"),
        ({"skip": "seasonal", "season": 13}, "Received: season=13, lookback=12"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(ValueError, match=message):
        forecaster((12, 3), **{"outputs": 1, **options})


assert kerasdl
