"""The recipe for other runtimes: it converts, compares and says what is impossible before it writes anything."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import export, models, runs
from kerasdl.data import text

from tests.recipes.test_image_classifier import recipe, run

pytest.importorskip("onnxruntime", reason="the extra export is not installed")
pytest.importorskip("ai_edge_litert", reason="the extra export is not installed")
pytest.importorskip("openvino", reason="the extra export is not installed")


def saved(path: Path, options, model: keras.Model, **more) -> Path:
    """A run with these options, whose network was not trained."""
    folder = runs.RunFolder(path)
    folder.write_config({**runs.flattened(options), "seed": 0, **more})
    folder.save_model(model, {})
    return folder.path


def of_table(path: Path) -> Path:
    data = runs.load_table(runs.TableData(), seed=0)
    network = models.tabular(data.cardinalities, data.numbers, hidden=(16,), classes=2, edges=data.edges)
    return saved(path, runs.TableData(), export.table_model(network, data.encoder, classes=data.classes))


def of_images(path: Path) -> Path:
    network = models.resnet8((8, 8, 1), 10, stem="small", preprocess="symmetric")
    return saved(path, runs.ImageData(), export.image_classifier(network, list("0123456789")))


def of_series(path: Path) -> Path:
    options = runs.SeriesData(target=("x",), horizon=2)
    data = runs.load_series(options, seed=0)
    network = models.forecaster((data.lookback, 1), 1, horizon=2, units=(4,))
    return saved(path, options, export.series_model(network, (data.scale.mean, data.scale.std)))


def of_numbers(path: Path) -> Path:
    data = runs.load_table(runs.TableData(data="diabetes"), seed=0)
    network = models.tabular([], data.numbers, hidden=(16,), outputs=1, ensemble=3, edges=data.edges)
    exported = export.table_model(network, data.encoder, targets=data.target_scales)
    return saved(path, runs.TableData(data="diabetes"), exported)


def of_sequences(path: Path) -> Path:
    data = runs.load_sequences(runs.SequenceData(), seed=0)
    network = models.resnet_1d((None, 1), 3, widths=(4,), preprocess=data.statistics)
    return saved(path, runs.SequenceData(), export.sequence_classifier(network, data.classes))


def of_sounds(path: Path) -> Path:
    rng = np.random.default_rng(0)
    for at in range(12):
        file = path.parent / "sounds" / "ab"[at % 2] / f"{at}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as written:
            written.setparams((1, 2, 8000, 0, "NONE", ""))
            written.writeframes(rng.integers(-9999, 9999, 1600 + 80 * at, np.int16).tobytes())
    options = runs.SequenceData(data=str(path.parent / "sounds"), bands=8)
    data = runs.load_sequences(options, seed=0)
    network = models.resnet_1d((None, 8), 2, widths=(4,), preprocess=data.statistics)
    exported = export.sequence_classifier(network, data.classes, spectrogram=data.spectrogram)
    return saved(path, options, exported)


def of_texts(path: Path, *, ngrams: bool = False) -> Path:
    texts = runs.load_texts(runs.LabelledTextData(), seed=0)
    data = text.classifier(texts, min_freq=20)
    count = len(data.vocabulary)
    if ngrams:
        network = models.ngram_classifier(count, len(data.classes), **vars(text.n_grams(data.tokens)))
    else:
        network = models.text_classifier(count, len(data.classes), embedding=4, units=(4,))
    exported = export.text_classifier(network, data.vocabulary.layer(), data.classes)
    return saved(path, runs.LabelledTextData(), exported)


def report(path: Path) -> dict:
    return json.loads((path / "export" / "export.json").read_text())


def test_two_formats_of_a_table(tmp_path, monkeypatch, capsys):
    path = of_table(tmp_path / "run")
    monkeypatch.setattr(sys.modules[runs.in_turns.__module__], "CALLS", 3)
    assert run("export", path, "--to", "onnx", "litert", "--int8", monkeypatch=monkeypatch) == 0
    found = report(path)
    assert (found["samples"], found["length"], found["impossible"]) == (100, None, {})
    assert list(found["formats"]) == ["onnx", "litert", "litert_int8"]
    *whole, small = found["formats"].values()
    assert max(each["difference"] for each in whole) < 1e-5 < small["difference"]
    assert (small["metric"], small["samples"]) == ("accuracy", 113)
    assert all(min(each["bytes"], each["seconds"], each["keras_seconds"]) > 0 for each in found["formats"].values())
    printed = capsys.readouterr().out
    assert "113 validation samples, accuracy: Keras" in printed
    assert "largest difference" in printed
    reader = "import preprocessing; print(preprocessing.__doc__ is not None)"
    done = subprocess.run([sys.executable, "-c", reader], cwd=path / "export" / "onnx", capture_output=True, text=True)
    assert done.stdout == "True\n"


@pytest.mark.slow
@pytest.mark.parametrize("make", [of_images, of_series, of_numbers, of_sequences, of_sounds])
def test_every_kind_in_every_format(make, tmp_path, monkeypatch):
    path = make(tmp_path / "run")
    assert run("export", path, monkeypatch=monkeypatch) == 0
    found = report(path)["formats"]
    assert list(found) == ["saved_model", "onnx", "litert", "openvino"]
    assert max(each["difference"] for each in found.values()) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("ngrams", [False, True])
def test_texts(ngrams, tmp_path, monkeypatch, capsys):
    """Eight bits of an LSTM are impossible: the rest is written."""
    path = of_texts(tmp_path / "run", ngrams=ngrams)
    assert run("export", path, "--to", "onnx", "litert", "--int8", monkeypatch=monkeypatch) == int(not ngrams)
    found = report(path)
    assert list(found["formats"]) == ["onnx", "litert", *["litert_int8"] * ngrams]
    assert found["length"] > 10
    assert ("litert_int8: LiteRT has no useful 8 bits for recurrent layers (LSTM)" in capsys.readouterr().err) != ngrams


def test_what_is_impossible_is_said_before_anything_is_written(tmp_path, monkeypatch, capsys):
    words = text.Vocabulary.of({"house": 3, "a": 2}, min_freq=1)
    networks = [models.text_classifier(len(words), 2, embedding=2, units=(2,)) for _ in range(2)]
    several = [export.text_classifier(each, words.layer(), ["north", "south"]) for each in networks]
    (tmp_path / "t.csv").write_text("text,label\n" + "a house,north\nhouse a,south\n" * 8)
    options = runs.LabelledTextData(data=str(tmp_path / "t.csv"))
    path = saved(tmp_path / "run", options, export.average(several))
    assert run("export", path, "--to", "onnx", "litert", monkeypatch=monkeypatch) == 1
    assert "error: An average of models of strings has no reader" in capsys.readouterr().err
    assert not (path / "export").exists()


def test_the_formats_of_the_recipe_are_those_of_the_package():
    assert recipe("export").Config(run=Path("run")).to == ("saved_model", "onnx", "litert", "openvino")
