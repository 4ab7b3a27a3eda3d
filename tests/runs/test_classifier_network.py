import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.data import text
from kerasdl.errors import BadInput
from kerasdl.runs import ClassifierNetwork, documents_and_network
from safetensors.numpy import save_file

TEXTS = ["A good film", "a bad one", "good, good", "bad; bad"] * 3


@pytest.fixture
def texts():
    return text.from_texts(TEXTS, ["pos", "neg"] * 6)


@pytest.fixture
def encoder(texts, tmp_path):
    """The folder of a run with an encoder of characters."""
    data = text.language_model(texts, batch_size=2, length=4, level="characters", min_freq=1)
    model = models.awd_lstm(len(data.vocabulary), batch_size=2, embedding=3, units=5, depth=2)
    models.save_encoder(model, tmp_path / "encoder.npz", data.vocabulary.words)
    (tmp_path / "config.json").write_text(json.dumps({"level": "characters"}))
    return tmp_path


def layers(model):
    return {layer.name: layer for layer in model._flatten_layers()}


def test_a_new_network_has_the_sizes_of_the_options(texts):
    options = ClassifierNetwork(cell="gru", embedding=6, units=(4, 3), bidirectional=True, drop_mult=1.0)
    data, model, facts = documents_and_network(options, texts, level=None, min_freq=1, batch_size=3, seed=1)
    assert (data.batch_size, data.seed, data.vocabulary.level, facts) == (3, 1, "words", {})
    found = layers(model)
    assert found["stem_embedding"].embeddings.shape == (len(data.vocabulary), 6)
    assert found["stage2_backward_gru"].units == 3
    assert found["stage1_dropout"].rate == 0.4


def test_an_encoder_of_a_run_brings_its_words_level_sizes_and_weights(texts, encoder, capsys):
    data, model, facts = documents_and_network(
        ClassifierNetwork(encoder), texts, level=None, min_freq=None, max_vocab=None
    )
    assert data.vocabulary == text.Vocabulary(models.encoder_words(encoder / "encoder.npz"), "characters")
    assert facts == {"new_words": 0}
    assert "Encoder: 0 words are new" in capsys.readouterr().out
    with np.load(encoder / "encoder.npz") as file:
        np.testing.assert_array_equal(layers(model)["stem_embedding"].embeddings, file["embedding"])


@pytest.mark.parametrize("given", [{"min_freq": 2}, {"level": "words"}, {"max_vocab": 9}], ids=str)
def test_what_an_encoder_determines_is_refused(texts, encoder, given):
    with pytest.raises(BadInput, match=f"The encoder determines {next(iter(given))}: leave them out"):
        documents_and_network(ClassifierNetwork(encoder), texts, **{"level": None, **given})


def test_fastais_words_come_in_our_order(texts, tmp_path):
    words = ["xxunk", "xxpad", "xxbos", "xxfld", "xxrep", "xxup", "xxmaj", "good", "film", "a"]
    sizes = {"encoder.weight": (10, 3)}
    for part, shape in {"weight_hh_l0_raw": (12, 3), "module.weight_ih_l0": (12, 3)}.items():
        sizes[f"rnns.0.{part}"] = shape
    sizes |= {f"rnns.0.module.bias_{part}_l0": (12,) for part in ("ih", "hh")}
    tensors = {name: np.random.default_rng(0).random(shape, np.float32) for name, shape in sizes.items()}
    save_file(tensors, tmp_path / "e.safetensors")
    (tmp_path / "words.json").write_text(json.dumps(words))
    options = ClassifierNetwork(tmp_path / "e.safetensors", tmp_path / "words.json")
    data, model, facts = documents_and_network(options, texts, level=None)
    assert data.vocabulary.words == (
        "",
        "[UNK]",
        "xxbos",
        "xxnl",
        "xxrep",
        "xxup",
        "xxmaj",
        "xxfld",
        "good",
        "film",
        "a",
    )
    assert facts == {"new_words": 1}  # xxnl
    rows = layers(model)["stem_embedding"].embeddings
    np.testing.assert_array_equal(rows[8], tensors["encoder.weight"][7])


def test_word_vectors_are_loaded(texts, tmp_path):
    (tmp_path / "v.txt").write_text("good 1 2\nbad -2 1\n")
    options = ClassifierNetwork(vectors=tmp_path / "v.txt", embedding=2, units=(3,))
    data, model, facts = documents_and_network(options, texts, level=None, min_freq=1)
    assert facts == {"new_words": len(data.vocabulary) - 2}
    good, bad = (layers(model)["stem_embedding"].embeddings[data.vocabulary.words.index(w)] for w in ("good", "bad"))
    assert float(keras.ops.sum(good * bad)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": Path("run"), "units": (7,)}, "The encoder determines units"),
        ({"encoder_words": Path("words.json")}, "goes with a .safetensors encoder"),
        ({"encoder": Path("wt103.safetensors")}, "goes with a .safetensors encoder"),
        ({"drop_mult": 2.0}, "drop_mult must be from 0 to below 2"),
        ({"units": (0,)}, "must be at least 1"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(BadInput, match=message):
        ClassifierNetwork(**options)


@pytest.mark.parametrize("content", ["no json", '{"a": 1}', "[1, 2]"])
def test_words_that_cannot_be_read_are_refused(texts, tmp_path, content):
    (tmp_path / "words.json").write_text(content)
    options = ClassifierNetwork(tmp_path / "e.safetensors", tmp_path / "words.json")
    with pytest.raises(BadInput, match=r"JSON list.*Received: .*words\.json"):
        documents_and_network(options, texts, level=None)
    with pytest.raises(BadInput, match="No such file of words, or it is a folder or a pipe. Received: '/dev/null'"):
        documents_and_network(replace(options, encoder_words=Path("/dev/null")), texts, level=None)
