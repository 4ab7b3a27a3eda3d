import keras
import numpy as np
import pytest
from kerasdl.layers import LogMelSpectrogram
from kerasdl.layers.log_mel_spectrogram import FLOOR, mel_weights

NAN = np.nan


def noise(count, samples):
    return np.random.default_rng(0).normal(scale=0.1, size=(count, samples)).astype("float32")


def test_a_tone_is_loudest_in_the_band_that_holds_it():
    layer = LogMelSpectrogram(8000)
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)[None]
    loudest = layer(tone).numpy()[0].mean(axis=0).argmax()
    assert np.abs(np.array(layer.centers) - 1000).argmin() == loudest


def test_power_by_hand():
    """Of a constant 1 under a Hann window of 8: its sum, 4, at 0 Hz and half of it beside; above that nothing."""
    layer = LogMelSpectrogram(8, bands=1, window=1.0, hop=1.0, lowest=0.0)
    weights = mel_weights(8, 8, 1, 0.0, 4.0)[:, 0]
    found = layer(np.ones((1, 8), "float32")).numpy()
    assert found.ravel() == pytest.approx(np.log(16 * weights[0] + 4 * weights[1] + FLOOR), abs=1e-5)


def test_every_sample_is_in_a_frame_and_silence_fills_the_last():
    layer = LogMelSpectrogram(100, bands=2, window=0.08, hop=0.02, lowest=0.0)
    frames = [layer(np.ones((1, count), "float32")).shape[1] for count in (1, 8, 9, 10, 11)]
    assert frames == [1, 1, 2, 2, 3]
    assert [layer.compute_output_shape((None, count))[1] for count in (1, 8, 9, 10, 11)] == frames
    silent = LogMelSpectrogram(8000)(np.zeros((1, 300), "float32"))
    assert silent.numpy() == pytest.approx(np.log(FLOOR))


@pytest.mark.parametrize("centered", [False, True])
def test_neither_padding_nor_other_sounds_change_a_bit(centered):
    layer, sounds = LogMelSpectrogram(8000, centered=centered), noise(3, 2000)
    sounds[1, 700:], sounds[2] = NAN, 100 * sounds[2]
    together = layer(sounds).numpy()
    model = keras.Sequential([keras.Input((None,)), layer])
    assert np.array_equal(model.predict(sounds, verbose=0), together, equal_nan=True)
    for row, length in enumerate((2000, 700, 2000)):
        alone = layer(sounds[row : row + 1, :length]).numpy()[0]
        assert np.array_equal(alone, together[row, : len(alone)])
        assert np.isnan(together[row, len(alone) :]).all()


def test_a_centered_band_has_no_mean_and_what_multiplies_all_of_a_sound_vanishes():
    sounds = noise(2, 2000)
    sounds[1, 900:] = NAN
    plain, centered = (LogMelSpectrogram(8000, centered=each)(sounds).numpy() for each in (False, True))
    np.testing.assert_allclose(centered, plain - np.nanmean(plain, axis=1, keepdims=True), atol=2e-3)
    np.testing.assert_allclose(np.nanmean(centered, axis=1), 0, atol=2e-3)
    louder = LogMelSpectrogram(8000, centered=True)(8 * sounds).numpy()
    np.testing.assert_allclose(louder, centered, atol=5e-3)


def test_it_computes_in_float32_under_any_policy_and_is_saved():
    sound = noise(1, 999)
    expected = LogMelSpectrogram(8000, bands=20, hop=0.02, highest=3000.0, centered=True)(sound)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    layer = LogMelSpectrogram.from_config(
        LogMelSpectrogram(8000, bands=20, hop=0.02, highest=3000.0, centered=True).get_config()
    )
    assert np.array_equal(layer(sound), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bands": 0}, "At least one band.*Received: bands=0"),
        ({"hop": 0.0}, "one sample per window and hop.*hop=0.0"),
        ({"highest": 5000.0}, "half of the sample rate. Received: .*highest=5000.0 at sample_rate=8000"),
        ({"lowest": 4000.0}, "Received: .*lowest=4000.0"),
        ({"bands": 200}, "Band .* holds no frequency: take fewer bands.*bands=200 for a window of 256 samples"),
    ],
)
def test_what_cannot_be_computed(options, message):
    with pytest.raises(ValueError, match=message):
        LogMelSpectrogram(8000, **options)
