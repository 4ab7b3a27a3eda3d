import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.export import class_names, sequence_classifier
from kerasdl.layers import LogMelSpectrogram


def test_sequences_in_and_probabilities_out(tmp_path):
    model = models.resnet_1d((None, 2), 3, widths=(4,))
    exported = sequence_classifier(model, ["a", "b", "c"])
    sequences = np.random.default_rng(0).normal(size=(2, 7, 2)).astype("float32")
    sequences[1, 3:] = np.nan
    expected = keras.ops.softmax(model.predict(sequences, verbose=0))
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(sequences, verbose=0), expected, rtol=1e-6)
    assert (class_names(loaded), loaded.input.name) == (("a", "b", "c"), "sequences")


@pytest.mark.parametrize(
    ("shape", "bands", "message"),
    [
        ((4, 4, 1), None, r"take one batch of sequences.*input_shape=\(None, 4, 4, 1\)"),
        ((50, 40), 40, r"build it for \(None, 40\). Received: input_shape=\(None, 50, 40\)"),
        ((None, 20), 40, r"Received: input_shape=\(None, None, 20\)"),
    ],
)
def test_models_that_do_not_fit(shape, bands, message):
    model = keras.Sequential([keras.Input(shape), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=message):
        sequence_classifier(model, ["a", "b"], spectrogram=LogMelSpectrogram(8000, bands=bands) if bands else None)
