"""Recipes and options that have parts of their own, with two workers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kerasdl.launch.job import Job
from kerasdl.launch.process import Process

from tests.recipes.test_image_classifier import base, finish  # noqa: F401 - a fixture
from tests.recipes.test_sequence_classifier import SMALL, sounds  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def finish_with_two(recipe, out, *options):
    """Runs a recipe with two workers; its metrics."""
    printed, script = [], [str(ROOT / f"recipes/{recipe}.py"), "--out", str(out), "--no-look", *map(str, options)]
    job = Job(lambda: [Process() for _ in range(2)], script, folder=str(ROOT), restarts=0, write=printed.append)
    assert job.run() == 0, b"".join(printed).decode()[-3000:]
    assert (out / "model.keras").exists()
    return json.loads((out / "metrics.json").read_text())


@pytest.mark.parametrize("kind", ["shapes", "sounds"])
def test_sequences(kind, sounds, tmp_path):  # noqa: F811 - the fixture
    options = ["--data", sounds, "--balance"] if kind == "sounds" else []
    metrics = finish_with_two("sequence_classifier", tmp_path / "run", *SMALL, *options)
    assert np.isfinite(metrics["valid"]["loss"])


@pytest.mark.parametrize("precompute", [[], ["--precompute"]], ids=["whole", "precomputed"])
def test_images_from_an_earlier_run(precompute, base, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    options = ["--weights", base, "--head-epochs", 2, "--epochs", 5, "--unfreeze-every", 1, *precompute]
    metrics = finish_with_two("image_classifier", tmp_path / "run", *options)
    assert metrics["valid"]["accuracy"] > 0.5  # ten classes


def test_texts_from_the_encoder_of_a_language_model(tmp_path):
    frame = pd.DataFrame({"text": [f"buy {n} now" if n % 5 == 0 else f"see you at {n}" for n in range(30)]})
    frame["label"] = ["spam" if n % 5 == 0 else "mail" for n in range(30)]
    frame.to_csv(tmp_path / "mails.csv", index=False)
    data = ["--data", tmp_path / "mails.csv"]
    sizes = ["--embedding", 8, "--units", 8, "--depth", 2, "--n-words", 3, "--batch-size", 2, "--epochs", 2]
    finish("language_model", tmp_path / "lm", *data, "--min-freq", 1, *sizes)
    options = [*data, "--encoder", tmp_path / "lm", "--epochs", 8]
    metrics = finish_with_two("text_classifier", tmp_path / "run", *options)
    assert metrics["ngrams_accuracy"] == 1
    assert metrics["network_accuracy"] > 0.5
