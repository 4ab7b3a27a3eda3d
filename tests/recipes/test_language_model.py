"""The recipe for language models end to end, small; what it writes is read back; then its errors."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data import text

from tests.recipes.test_image_classifier import ALWAYS, TRAINED, events, finish, run

FIGURES = {"schedule", "curves", "hardest"}
TEXTS = {"data", "samples", "nearest", "summary"}
SMALL = ["--embedding", 8, "--units", 12, "--depth", 1, "--n-words", 5]


@pytest.fixture(scope="module", params=["given", pytest.param("found", marks=pytest.mark.slow)])
def finished(tmp_path_factory, request):
    """One short run on the default data, at a given learning rate; or at that of its range test, with a look inside."""
    options = ["--valid-share", 0.5, "--epochs", 2, "--batch-size", 64, "--min-freq", 20, *SMALL]
    options += ["--peak-lr", 0.1] if request.param == "given" else ["--look"]
    return finish("language_model", tmp_path_factory.mktemp("recipe") / "run", *options)[0]


def figures(out):
    return FIGURES if json.loads((out / "config.json").read_text())["peak_lr"] else FIGURES | TRAINED | {"lr_range"}


def test_everything_is_written(finished):
    assert {path.name for path in finished.iterdir()} == {
        *ALWAYS, "model.keras", "encoder.npz",
        *(f"{name}.png" for name in figures(finished)), *(f"{name}.txt" for name in TEXTS),
    }  # fmt: skip
    config, metrics = (json.loads((finished / name).read_text()) for name in ("config.json", "metrics.json"))
    assert (config["data"], config["level"], config["units"]) == ("python", "words", 12)
    scores = metrics["valid"]
    assert scores["perplexity"] == pytest.approx(np.exp(scores["loss"]))
    assert 1 < scores["bits_per_character"] < 3
    assert scores["perplexity"] < 0.5 * config["vocabulary_size"]
    samples = (finished / "samples.txt").read_text()
    assert samples.startswith("--- epoch 1 ---")
    assert "--- epoch 2 ---" in samples


def test_tensorboard_has_steps_epochs_figures_and_samples(finished):
    logs = finished / "logs"
    steps = events(logs / "steps").Scalars("loss")
    assert len(steps) == 2 * (steps[-1].step + 1) // 2 > 20
    assert {"epoch_loss"} <= set(events(logs / "validation").Tags()["tensors"])
    written = events(logs)
    assert {*figures(finished), "data", "samples", "nearest", "config"} <= set(written.Tags()["tensors"])
    assert [event.step for event in written.Tensors("samples")] == [1, 2]


def test_the_exported_model_takes_strings(finished):
    model = keras.models.load_model(finished / "model.keras")
    vocabulary = model.layers[1].get_vocabulary()
    assert len(vocabulary) == json.loads((finished / "config.json").read_text())["vocabulary_size"]
    probabilities = model.predict(tf.constant(["The assert statement", ""]), verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert text.generate(model, "The", n_words=3).startswith("The")


@pytest.fixture
def rhyme(tmp_path):
    lines = [f"{word} bottles hanging on the wall\n" for word in ("ten", "nine", "eight", "seven", "six")]
    for name, count in {"train": 20, "valid": 4, "test": 2}.items():
        (tmp_path / f"{name}.txt").write_text("".join(lines * count))
    return tmp_path


@pytest.mark.slow
def test_a_training_that_diverges_says_so(tmp_path, monkeypatch, capsys):
    options = ["--epochs", 1, "--batch-size", 64, "--min-freq", 20, "--peak-lr", 1e38, *SMALL]
    assert run("language_model", "--out", tmp_path / "run", *options, monkeypatch=monkeypatch) == 1
    assert "use a lower peak learning rate (--peak-lr)" in capsys.readouterr().err


@pytest.mark.slow
def test_files_of_the_users_characters_and_an_encoder(rhyme, tmp_path, monkeypatch, capsys):
    """The second run begins with the encoder of the first, and knows nearly as much."""
    files = ["--data", rhyme / "train.txt", "--valid", rhyme / "valid.txt", "--test", rhyme / "test.txt"]
    options = [*files, *SMALL, "--batch-size", 4, "--level", "characters", "--min-freq", 1, "--network", "gru"]
    metrics = {}
    for name, more in {
        "first": ["--epochs", 8, "--peak-lr", 0.05],
        "second": ["--epochs", 1, "--peak-lr", 1e-6, "--encoder", tmp_path / "first" / "encoder.npz"],
    }.items():
        assert run("language_model", "--out", tmp_path / name, *options, *more, monkeypatch=monkeypatch) is None
        metrics[name] = json.loads((tmp_path / name / "metrics.json").read_text())
    first, second = metrics["first"], metrics["second"]
    assert json.loads((tmp_path / "second" / "config.json").read_text())["new_words"] == 0
    assert first["valid"]["perplexity"] < 12
    assert second["valid"]["perplexity"] == pytest.approx(first["valid"]["perplexity"], rel=0.01)
    assert first["test_perplexity"] == pytest.approx(first["valid"]["perplexity"], rel=0.2)
    # Bits per character are bits per token here: but for the one that begins the text, a token is a character.
    tokens = (rhyme / "valid.txt").stat().st_size + 1
    bits = first["valid"]["loss"] / np.log(2)
    assert first["valid"]["bits_per_character"] == pytest.approx(bits * tokens / (tokens - 1))
    assert "1 training, 1 validation and 1 test documents" in capsys.readouterr().out
