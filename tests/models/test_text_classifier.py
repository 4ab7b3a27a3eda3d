from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import groups, models
from safetensors.numpy import save_file

ENCODER, CLASSIFIER = (
    np.load(Path(__file__).parents[1] / "golden" / f"{name}.npz") for name in ("awd_lstm", "awd_lstm_classifier")
)
# fastai's numbers of padding and of unknown words.
FASTAI_WORDS = ["xxunk", "xxpad", *(f"word{number}" for number in range(28))]
WORDS = ["", "[UNK]", *FASTAI_WORDS[2:]]


def small(classes=2, **options):
    keras.utils.set_random_seed(0)
    return models.text_classifier(30, classes, **{"embedding": 4, "units": (5, 4), "hidden": (6,), **options})


def documents():
    """Three texts of 12, 8 and 5 tokens, padded with 0."""
    numbers = {word: number for number, word in enumerate(WORDS)} | {"xxpad": 0, "xxunk": 1}
    return np.vectorize(lambda token: numbers[FASTAI_WORDS[token]])(CLASSIFIER["docs"]).astype("int32")


def fastais(folder, **options):
    """fastai's classifier, with the weights of its encoder from a file under fastai's names."""
    file = folder / "encoder.safetensors"
    weights = {name[2:]: np.ascontiguousarray(ENCODER[name]) for name in ENCODER if name.startswith("w:")}
    save_file({**weights, "encoder_dp.emb.weight": weights["encoder.weight"]}, file)
    model = models.text_classifier(30, 2, hidden=(8,), **models.encoder_sizes(file), **options)
    assert models.load_encoder(model, file, WORDS, file_words=FASTAI_WORDS) == []
    for number, dense in enumerate(("head_dense1", "head_logits")):
        names = [f"w:layers.{number}.0.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        model.get_layer(f"head_norm{number + 1}").set_weights([CLASSIFIER[name] for name in names])
        model.get_layer(dense).set_weights([CLASSIFIER[f"w:layers.{number}.1.weight"].T])
    return model


def test_logits_equal_fastais(tmp_path):
    logits = fastais(tmp_path).predict(documents(), verbose=0)
    np.testing.assert_allclose(logits, CLASSIFIER["logits"], atol=1e-5)


def test_padding_and_neighbours_change_nothing():
    tokens = documents()
    for options in ({}, {"bidirectional": True, "cell": "gru"}):
        model = small(**options)
        together = model(tokens)
        for row, length in enumerate(CLASSIFIER["lengths"]):
            np.testing.assert_allclose(model(tokens[row : row + 1, :length])[0], together[row], atol=1e-6)


def test_of_a_long_text_the_last_tokens_are_pooled_after_reading_all():
    short, model = small(last=5), small(last=12)
    model.set_weights(short.get_weights())
    tokens = documents()
    tokens[1:] = 0
    features = model.get_layer("encoder")(tokens)[0][:, -2:]  # chunks of five: twelve tokens are two chunks and two
    pooled = np.concatenate([features[:, -1], np.max(features, axis=1), np.mean(features, axis=1)], axis=1)
    expected = models.split_head(model)[1](pooled)[0]
    np.testing.assert_allclose(short(tokens)[0], expected, atol=1e-6)


def test_groups_are_those_of_the_lessons():
    model = small()
    assert list(groups.layer_groups(model)) == ["stem", "stage1", "stage2", "head"]
    groups.freeze_to(model, -2)
    names = {"/".join(each.path.split("/")[-3:-1]) for each in model.trainable_variables}
    assert all(any(part.startswith(("stage2_", "head_")) for part in name.split("/")) for name in names)
    groups.unfreeze(model)
    rates = groups.discriminative(model)
    assert [group["match"] for group in rates] == ["stem_", "stage1_", "stage2_", "head_"]


def test_dropout_rates_are_fastais_times_drop_mult():
    layers = {layer.name: layer for layer in small(drop_mult=0.5)._flatten_layers()}
    assert layers["stem_embedding"].embedding_dropout == pytest.approx(0.025)
    assert [layers[f"stage{stage}_dropout"].rate for stage in (1, 2)] == pytest.approx([0.2, 0.15])
    assert [layers[f"stage{stage}_lstm"].weight_dropout for stage in (1, 2)] == pytest.approx([0.25, 0.25])
    assert [layers[f"head_dropout{number}"].rate for number in (1, 2)] == pytest.approx([0.2, 0.1])


def test_the_pooled_features_are_what_the_head_begins_with():
    body, head = models.split_head(small())
    assert (body.output_shape, head.output_shape) == ((None, 12), (None, 2))
    tokens = documents()
    model = small()
    body.set_weights(models.split_head(model)[0].get_weights())
    assert head.layers[1].name == "head_norm1"
    assert body(tokens).shape == (3, 12)


@pytest.mark.slow
def test_it_learns_which_word_came_first():
    """A bag of words cannot."""
    random = np.random.default_rng(0)
    tokens = random.permuted(np.tile(np.arange(2, 8), (256, 1)), axis=1).astype("int32")
    labels = (np.argmax(tokens == 2, axis=1) < np.argmax(tokens == 3, axis=1)).astype(int)
    model = small(embedding=8, units=(16,), drop_mult=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(tokens[:192], labels[:192], validation_data=(tokens[192:], labels[192:]), epochs=15, verbose=0)
    assert history.history["val_accuracy"][-1] > 0.9


@pytest.mark.parametrize(
    "options", [{"cell": "cnn"}, {"units": ()}, {"units": (0,)}, {"last": 0}, {"hidden": (0,)}, {"classes": 0}]
)
def test_sizes_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match="all sizes at least 1. Received: cell="):
        small(**options)


def test_no_hidden_layer_is_batch_normalization_and_logits():
    assert [layer.name for layer in small(hidden=()).layers if layer.name.startswith("head_")] == [
        "head_pool",
        "head_norm1",
        "head_dropout1",
        "head_logits",
    ]
