"""Every LSTM and GRU of a builder meets the conditions of cuDNN, so that a GPU runs it as one kernel."""

import keras
import pytest
from kerasdl import models
from kerasdl.families import flat_layers
from kerasdl.model_summary.acceleration import Machine, acceleration

from tests.contracts import FORECASTERS, LANGUAGE_MODELS, SEQUENCE_BUILDERS, TOKEN_BUILDERS

BUILT = {
    **SEQUENCE_BUILDERS,
    **FORECASTERS,
    **LANGUAGE_MODELS,
    **TOKEN_BUILDERS,
    "encoder_decoder": lambda: models.encoder_decoder(8, 5, embedding=3, units=4, dropout=0.1),
    "music_model": lambda: models.music_model(3, embedding=2, units=4),
}
# Without a recurrent layer; and cuDNN's simple recurrent layer is not one that Keras calls.
WITHOUT = {
    *("resnet_1d", "resnet_1d-ensemble", "resnet_1d-preprocess", "language_model-rnn"),
    *("ngram_classifier", "ngram_classifier-bayes", "ngram_classifier-hashed"),
}


@pytest.mark.parametrize("name", sorted(set(BUILT) - WITHOUT))
def test_recurrent_layers_run_on_cudnn(name):
    model = BUILT[name]()
    found = {line: said for line, said in acceleration(model, Machine(((8, 0),))).items() if line.startswith("cuDNN")}
    assert found
    assert all(said.startswith("on") for said in found.values()), found


def test_those_without_have_none():
    for name in WITHOUT:
        layers = [layer for _, layer in flat_layers(BUILT[name]())]
        assert not any(isinstance(layer, keras.layers.LSTM | keras.layers.GRU) for layer in layers), name
