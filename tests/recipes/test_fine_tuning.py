"""Fine-tuning end to end from a short run of the image classifier, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.models import class_names
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

RECIPES = Path(__file__).parents[2] / "recipes"


def run(name, *arguments):
    command = [sys.executable, RECIPES / f"{name}.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory, module_images):
    """A grey base of two classes at 8 pixels."""
    out = tmp_path_factory.mktemp("base") / "run"
    done = run(
        "image_classifier", "--data", module_images, "--channels", 1, "--epochs", 1, "--out", out, "--peak-lr", 1e-3
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def module_images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 128)):
        (folder / name).mkdir()
        for index in range(20):
            pixels = random.integers(low, low + 128, (8, 8, 1), dtype=np.uint8)
            tf.io.write_file(str(folder / name / f"{index}.png"), tf.io.encode_png(pixels))
    return folder


def test_a_base_learns_the_digits(base, tmp_path):
    done = run("fine_tuning", base, "--epochs", 2, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["valid"]["accuracy"] > 0.6  # ten classes
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert class_names(model) == tuple("0123456789")
    events = EventAccumulator(str(tmp_path / "run" / "logs" / "steps"), size_guidance={"scalars": 0}).Reload()
    rates = [event.value for event in events.Scalars("learning_rate")]
    assert len(rates) == 3 * 23
    # One cycle over the head's epoch and one over the two of the whole network.
    peaks = [step for step in range(1, 68) if rates[step - 1] < rates[step] >= rates[step + 1]]
    assert peaks == [6, 35]


def test_a_base_that_is_none(tmp_path):
    done = run("fine_tuning", tmp_path, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: No model.keras there: give the folder of a finished run.")


def test_images_that_do_not_fit(tmp_path):
    colour = models.image_classifier(models.resnet8((8, 8, 3), 2), ["a", "b"])
    colour.save(tmp_path / "model.keras")
    done = run("fine_tuning", tmp_path, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "on images of 3 channels (--channels). Received: images of 1" in done.stderr


def test_a_head_without_an_epoch(tmp_path):
    done = run("fine_tuning", tmp_path, "--head-epochs", 0, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "head_epochs=0" in done.stderr
