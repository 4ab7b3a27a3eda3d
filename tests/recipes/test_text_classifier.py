"""The recipe for text classifiers end to end, small; what it writes is read back; other data and networks; errors."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl import export
from kerasdl.data import text
from kerasdl.runs import text_baseline

from tests.recipes.test_image_classifier import ALWAYS, JUDGED, TRAINED, events, finish, run

FIGURES = {"schedule", "curves", "ngrams_schedule", "ngrams_curves", "words"}
LOOKS = TRAINED | JUDGED | {"confusion", "confusion_normalized", "most_confused"}
SMALL = ["--embedding", 8, "--units", 8, "--peak-lr", 0.01]


def metrics_of(out, *options):
    """Runs the recipe; its metrics."""
    finish("text_classifier", out, *options)
    return json.loads((out / "metrics.json").read_text())


@pytest.fixture(scope="module", params=["--no-look", pytest.param("--look", marks=pytest.mark.slow)])
def finished(tmp_path_factory, request):
    """One short run on the default data, without and with a look inside."""
    options = ["--epochs", 1, "--batch-size", 64, "--average", request.param, *SMALL]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(text_baseline, "STEPS", 1)
        return finish("text_classifier", tmp_path_factory.mktemp("recipe") / "run", *options)[0]


def figures(out):
    return FIGURES | LOOKS if json.loads((out / "config.json").read_text())["look"] else FIGURES


def test_everything_is_written(finished):
    assert {path.name for path in finished.iterdir()} == {
        *ALWAYS, "model.keras", "ngrams.keras", "data.txt", "summary.txt", "words.html",
        *(f"{name}.png" for name in figures(finished)),
    }  # fmt: skip
    config, metrics = (json.loads((finished / name).read_text()) for name in ("config.json", "metrics.json"))
    assert (config["data"], config["average"], config["units"]) == ("python", True, [8])
    assert metrics["ngrams_accuracy"] > 0.7
    assert metrics["valid"]["accuracy"] == metrics["average_accuracy"]
    assert 0 < metrics["valid"]["f1"] < 1
    accuracies = {name: metrics[f"{name}_accuracy"] for name in ("ngrams", "network", "average")}
    assert metrics["recommended"] == max(accuracies, key=accuracies.get)


def test_tensorboard_has_both_trainings_and_the_figures(finished):
    logs = finished / "logs"
    assert len(events(logs / "steps").Scalars("loss")) == 12
    assert len(events(logs / "ngrams" / "steps").Scalars("loss")) == text_baseline.EPOCHS * 12
    assert {*figures(finished), "data", "config"} <= set(events(logs).Tags()["tensors"])


def test_the_exported_models_take_strings(finished):
    texts = ["The debugger steps into a function.", "", "Sequences such as lists and tuples"]
    model, ngrams = (keras.models.load_model(finished / f"{name}.keras") for name in ("model", "ngrams"))
    assert export.class_names(model) == export.class_names(ngrams)
    probabilities = model.predict(tf.constant(texts), verbose=0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert next(text.predict(ngrams, texts[:1])).keys() == {"debugger"}


@pytest.fixture
def mails(tmp_path):
    """30 texts, of which six are of the rarer class, and one column of tags."""
    frame = pd.DataFrame({"text": [f"buy {n} now" if n % 5 == 0 else f"see you at {n}" for n in range(30)]})
    frame["label"] = ["spam" if n % 5 == 0 else "mail" for n in range(30)]
    frame["tags"] = ["sale|spam" if n % 5 == 0 else "" for n in range(30)]
    frame.to_csv(tmp_path / "mails.csv", index=False)
    return tmp_path / "mails.csv"


@pytest.mark.slow
def test_thirty_texts_of_unbalanced_classes(mails, tmp_path):
    metrics = metrics_of(tmp_path / "run", "--data", mails, "--balance", "--min-freq", 1, "--epochs", 20, *SMALL)
    assert (metrics["ngrams_accuracy"], metrics["network_accuracy"]) == (1, 1)


@pytest.mark.slow
def test_several_tags_a_text(mails, tmp_path, monkeypatch, capsys):
    options = ["--data", mails, "--label", "tags", "--tag-separator", "|", "--min-freq", 1, "--epochs", 20, "--look"]
    metrics = metrics_of(tmp_path / "run", *options, *SMALL)
    assert metrics["network_accuracy"] > 0.9
    assert (tmp_path / "run" / "per_tag.png").exists()
    assert not (tmp_path / "run" / "confusion.png").exists()
    capsys.readouterr()
    assert run("predict", tmp_path / "run", "buy 5 now", "see you at 7", monkeypatch=monkeypatch) in (None, 0)
    first, second = capsys.readouterr().out.strip().splitlines()[-2:]
    assert "sale" in first
    assert "spam" in first
    assert "spam" not in second


@pytest.mark.slow
def test_fifty_classes(tmp_path):
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(200)]
    rows = [(" ".join(random.choice(words, 9)) + f" about{topic}", f"topic {topic}") for topic in range(50)] * 6
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "many.csv", index=False)
    metrics = metrics_of(tmp_path / "run", "--data", tmp_path / "many.csv", "--min-freq", 1, "--epochs", 15, *SMALL)
    assert metrics["ngrams_accuracy"] > 0.9
    assert metrics["network_accuracy"] > 0.9


@pytest.mark.slow
def test_the_encoder_of_a_language_model_is_trained_in_three_stages(mails, tmp_path, monkeypatch):
    sizes = ["--embedding", 8, "--units", 8, "--depth", 2, "--n-words", 3, "--batch-size", 2, "--epochs", 2]
    options = ["--data", mails, "--min-freq", 1, "--out", tmp_path / "lm", *sizes]
    assert run("language_model", *options, monkeypatch=monkeypatch) is None
    metrics_of(tmp_path / "run", "--data", mails, "--encoder", tmp_path / "lm", "--epochs", 12)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["new_words"] == 0
    logs = tmp_path / "run" / "logs"
    assert [len(events(logs / stage / "steps").Scalars("loss")) for stage in ("head", "last", "")] == [16, 16, 48]
