import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.groups import freeze_to, layer_groups

TOKENS = np.random.default_rng(0).integers(0, 9, (4, 6))


def built(build=models.language_model, **options):
    return build(9, **{"batch_size": 4, "embedding": 5, "units": 7, "depth": 2, **options})


@pytest.mark.slow
def test_sizes_of_awd_lstm_are_those_of_the_paper():
    model = models.awd_lstm(100, batch_size=2)
    units = [model.get_layer(f"stage{n}_lstm").layer.units for n in (1, 2, 3)]
    assert (model.get_layer("head_embedding").output_dim, units) == (400, [1152, 1152, 400])


def test_drop_mult_multiplies_every_dropout_and_nothing_else():
    """fastai's rates for language models, halved."""
    model = built(models.awd_lstm, drop_mult=0.5, depth=3)
    rates = [
        model.get_layer("head_embedding").embedding_dropout,
        model.get_layer("stage1_dropout").rate,
        *(model.get_layer(f"stage{n}_lstm").layer.weight_dropout for n in (1, 2, 3)),
        *(model.get_layer(f"stage{n}_dropout").rate for n in (2, 3)),
        model.get_layer("stage3_regularization").dropout,
    ]
    assert rates == [0.01, 0.125, 0.1, 0.1, 0.1, 0.075, 0.075, 0.05]
    assert model.get_layer("stage3_regularization").activation == 2.0
    assert model.get_layer("stage3_regularization").temporal == 1.0


def test_an_lstm_begins_as_in_pytorch():
    """Uniform within 1 / sqrt(units), every weight drawn by itself."""
    weights = built(units=100).get_layer("stage1_lstm").layer.get_weights()
    for weight in weights:
        assert 0.95 < np.abs(weight).max() * 10 <= 1
        assert np.std(weight) == pytest.approx(0.1 / 3**0.5, rel=0.1)
    assert len(np.unique(np.concatenate([weight.ravel() for weight in weights]))) > 42_000


def test_groups_and_what_freezing_leaves():
    tied, untied = built(), built(tied=False)
    assert list(layer_groups(tied)) == ["stage1", "stage2", "head"]
    assert list(layer_groups(untied)) == ["stem", "stage1", "stage2", "head"]
    freeze_to(tied, -1)
    assert [each.path.split("/")[-1] for each in tied.trainable_variables] == ["embeddings", "bias"]
    freeze_to(tied, -2)
    assert len(tied.trainable_variables) == 5


def test_the_conditions_of_cudnn_hold():
    config = built(models.awd_lstm).get_layer("stage1_lstm").layer.get_config()
    assert (config["activation"], config["recurrent_activation"], config["use_bias"]) == ("tanh", "sigmoid", True)
    assert (config["unroll"], config["recurrent_dropout"], config["dropout"]) == (False, 0.0, 0.0)
    assert built(cell="gru").get_layer("stage1_gru").layer.reset_after


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_weights_and_logits_by_cell(cell):
    model = built(cell=cell)
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[cell]
    biases = 2 * gates if cell == "gru" else gates
    recurrent = gates * 7 * (5 + 7) + biases * 7 + gates * 5 * (7 + 5) + biases * 5
    assert sum(np.prod(weight.shape) for weight in model.trainable_weights) == 9 * 5 + 9 + recurrent
    assert model({"tokens": TOKENS, "start": np.ones(4)}).shape == (4, 6, 9)


def test_the_loss_has_the_regularization_of_the_last_layer_in_training_only():
    keras.utils.set_random_seed(0)
    model = built(models.awd_lstm, drop_mult=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    inputs = {"tokens": TOKENS, "start": np.ones(4)}
    plain = model.evaluate(inputs, TOKENS, batch_size=4, verbose=0)
    features = keras.Model(model.input, model.get_layer("stage2_lstm").output)(inputs).numpy()
    penalty = 2 * np.mean(features**2) + np.mean(np.diff(features, axis=1) ** 2)
    model.optimizer.learning_rate = 0.0
    assert model.train_on_batch(inputs, TOKENS) == pytest.approx(plain + penalty, rel=1e-5)


@pytest.mark.parametrize("options", [{"cell": "cnn"}, {"units": 0}, {"batch_size": 0}], ids=str)
def test_wrong_arguments(options):
    with pytest.raises(ValueError, match="all sizes at least 1. Received: cell="):
        built(**options)
