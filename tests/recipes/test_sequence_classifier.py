"""The recipe for sequences and sounds end to end, small; what it writes is read back by the recipe for predictions."""

import json

import keras
import numpy as np
import pytest
import soundfile
from kerasdl.data import sequences
from kerasdl.models import class_names

from tests.recipes.test_image_classifier import ALWAYS, JUDGED, TRAINED, finish, run

FIGURES = {"data", "lr_range", "schedule", "curves"}
LOOKS = TRAINED | JUDGED | {"attributions", "confusion"}
SMALL = ["--epochs", 2, "--widths", 4, "--peak-lr", 0.01]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One short run on the default data, without a look inside."""
    return finish("sequence_classifier", tmp_path_factory.mktemp("recipe") / "run", *SMALL)


@pytest.fixture
def sounds(tmp_path):
    """Rising and falling tones."""
    for number in range(12):
        file = tmp_path / "sounds" / ("down", "up")[number % 2] / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        hertz = np.linspace(300, 1500, 1200 + 100 * number)[:: 1 if number % 2 else -1]
        soundfile.write(file, 0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / 4000), 4000)
    return tmp_path / "sounds"


def test_everything_is_written(finished):
    out, printed = finished
    figures = FIGURES - {"lr_range"}
    assert {path.name for path in out.iterdir()} == {
        *ALWAYS, "model.keras", "summary.txt", *(f"{name}.png" for name in figures),
    }  # fmt: skip
    assert "120 training and 30 validation sequences of 128 steps" in printed
    config = json.loads((out / "config.json").read_text())
    assert (config["data"], config["classes"]) == ("cylinder-bell-funnel", ["cylinder", "bell", "funnel"])
    assert 0 <= json.loads((out / "metrics.json").read_text())["valid"]["accuracy"] <= 1


def test_predictions_of_a_file_are_those_of_the_model(finished, tmp_path, monkeypatch, capsys):
    out, _ = finished
    shapes, _ = sequences.cylinder_bell_funnel(3, seed=5)
    np.savez(tmp_path / "new.npz", x=shapes)
    assert run("predict", out, tmp_path / "new.npz", "--csv", tmp_path / "found.csv", monkeypatch=monkeypatch) == 0
    model = keras.models.load_model(out / "model.keras")
    expected = model.predict(shapes[..., None].astype("float32"), verbose=0)
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in lines] == [
        [f"new.npz[{index}]", class_names(model)[row.argmax()]] for index, row in enumerate(expected)
    ]
    assert [float(line[2]) for line in lines] == pytest.approx(expected.max(axis=1), abs=1e-4)
    assert (tmp_path / "found.csv").read_text().startswith("sequence,class,probability")


@pytest.mark.slow
def test_sounds_with_a_look_inside_and_their_predictions(sounds, tmp_path, monkeypatch, capsys):
    out, printed = finish("sequence_classifier", tmp_path / "run", "--data", sounds, *SMALL, "--look")
    assert "10 training and 2 validation sounds" in printed
    assert {f"{name}.png" for name in {*LOOKS, "augmentation"}} <= {path.name for path in out.iterdir()}
    (sounds / "up/cut.wav").write_bytes((sounds / "up/1.wav").read_bytes()[:-50])
    capsys.readouterr()
    assert run("predict", out, sounds, monkeypatch=monkeypatch) == 1
    found = capsys.readouterr()
    assert len(found.out.splitlines()) == 12
    assert "cut.wav: Cut short: " in found.err
