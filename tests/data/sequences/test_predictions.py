"""Sounds are predicted in audio/test_recordings.py."""

import numpy as np
import pytest
from kerasdl import export, models
from kerasdl.data import sequences
from kerasdl.data.sequences.predictions import samples_of, sequence_of
from kerasdl.errors import BadInput
from kerasdl.layers import LogMelSpectrogram


def exported(length=None):
    return export.sequence_classifier(models.resnet_1d((length, 2), 2, widths=(4,)), ["up", "down"])


def test_sequences_of_several_lengths_one_after_the_other():
    random, model = np.random.default_rng(0), exported()
    several = [random.normal(size=(length, 2)) for length in (9, 4)]
    found = list(sequences.predict(model, several))
    for each, (name, probability) in zip(several, (next(iter(one.items())) for one in found), strict=True):
        row = model(each[None].astype("float32"))[0].numpy()
        assert (name, probability) == (("up", "down")[row.argmax()], pytest.approx(row.max(), abs=1e-6))


def test_a_model_of_one_length_gets_padding():
    assert np.isnan(sequence_of(np.ones((3, 2)), (None, 5, 2))[3:]).all()
    assert sequence_of([1.0, 2.0], (None, None, 1)).tolist() == [[1], [2]]
    for wrong in (np.ones((6, 2)), np.ones((3, 1)), np.ones((0, 2))):
        with pytest.raises(BadInput, match="up to 5 steps and 2 channels. Received: shape"):
            sequence_of(wrong, (None, 5, 2))


def test_other_models_and_inputs_are_refused():
    with pytest.raises(BadInput, match="is no classifier of sequences or sounds"):
        sequences.predict(models.resnet_1d((None, 2), 2, widths=(4,)), [])
    with pytest.raises(BadInput, match="Give a list"):
        sequences.predict(exported(), "a.wav")
    with pytest.raises(BadInput, match="Cannot be read: No such file.*Received: 'none.wav'"):
        samples_of("none.wav", 8000)
    with pytest.raises(BadInput, match="Cannot be read: The file is empty. Received: 0 bytes"):
        samples_of(b"", 8000)
    with pytest.raises(BadInput, match=r"Samples must be finite.*shape \(2, 2\)"):
        samples_of(np.ones((2, 2)), 8000)
    sound = export.sequence_classifier(
        models.resnet_1d((None, 8), 2, widths=(4,)), ["a", "b"], spectrogram=LogMelSpectrogram(4000, bands=8)
    )
    with pytest.raises(BadInput, match="Cannot be read: There are no samples|The file is empty"):
        list(sequences.predict(sound, [b""]))
