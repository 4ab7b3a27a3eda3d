"""The recipe for other runtimes: it converts, compares and says what is impossible before it writes anything."""

import json
import re
import subprocess
import sys
import tarfile
import wave
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import export, models, runs
from kerasdl.data import text

from tests.recipes.test_image_classifier import finish, recipe, run

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


def of_language(path: Path) -> Path:
    words = text.Vocabulary.of({"the": 3, "statement": 2}, min_freq=1)
    network = models.language_model(len(words), batch_size=1, embedding=2, units=2, depth=1)
    return saved(path, runs.TextData(), export.language_model(network, words.layer()))


def report(path: Path, folder: str = "export") -> dict:
    return json.loads((path / folder / "export.json").read_text())


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
@pytest.mark.parametrize("make", [of_images, of_series, of_numbers, of_sequences, of_sounds, of_language])
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


def pictures(real_data: Path, folder: Path) -> Path:
    with tarfile.open(real_data / "mnist_sample/mnist_tiny.tgz") as archive:
        members = [each for each in archive if re.search(r"/(train|valid)/", each.name)]
        archive.extractall(folder, members, filter="data")
    return folder / "mnist_tiny"


def digits(real_data: Path, folder: Path) -> Path:
    """Ten recordings of each digit by each speaker."""
    with tarfile.open(real_data / "fsdd/fsdd_4speakers.tar.xz") as archive:
        for member in archive:
            if found := re.search(r"(\d)_\w+_\d\.wav$", member.name):
                member.name = f"digits/{found[1]}/{found[0]}"
                archive.extract(member, folder, filter="data")
    return folder / "digits"


# Of each run the recipe, its data, and the options of a short training.
REAL = {
    "image": ("image_classifier", pictures, "--epochs 1 --image-size 28 --arch resnet8 --peak-lr 0.01"),
    "bfloat16": (
        "image_classifier", pictures,
        "--epochs 1 --image-size 28 --arch resnet8 --peak-lr 0.01 --precision mixed_bfloat16",
    ),
    "table": (
        "tabular", "tabular/adult_sample/adult.csv",
        "--target salary --steps 50 --ensemble 2 --no-baseline --peak-lr 0.005",
    ),
    "text": ("text_classifier", "imdb/imdb_sample/texts.csv", "--epochs 1 --embedding 8 --units 8 --peak-lr 0.01"),
    "forecaster": (
        "time_series", "timeseries/monthly-sunspots.csv",
        "--time Month --target Sunspots --horizon 3 --intervals 0.8 --steps 50 --units 8 --peak-lr 0.01",
    ),
    "sequence": (
        "sequence_classifier", "ts_classification/ItalyPowerDemand/ItalyPowerDemand_TRAIN.ts",
        "--valid VALID --epochs 1 --widths 8 --ensemble 1 --peak-lr 0.01",
    ),
    "audio": ("sequence_classifier", digits, "--valid-share 0.3 --epochs 1 --widths 8 --peak-lr 0.01"),
    "language": (
        "language_model", "tinyshakespeare/input.txt",
        "--epochs 1 --min-freq 20 --embedding 8 --units 8 --depth 1 --batch-size 128 --n-words 5 --peak-lr 0.01",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(real_data, tmp_path_factory):
    """Runs on real data, each trained once."""

    @cache
    def of(kind: str) -> Path:
        name, data, options = REAL[kind]
        folder = tmp_path_factory.mktemp(kind)
        path = real_data / data if isinstance(data, str) else data(real_data, folder)
        options = options.replace("VALID", str(path).replace("_TRAIN", "_TEST"))
        return finish(name, folder / "run", "--data", path, *options.split())[0]

    return of


@pytest.mark.slow
@pytest.mark.parametrize("kind", REAL)
def test_real_runs_in_every_format(kind, trained, monkeypatch):
    assert run("export", trained(kind), monkeypatch=monkeypatch) == 0
    found = report(trained(kind))
    assert (found["samples"], list(found["formats"])) == (100, ["saved_model", "onnx", "litert", "openvino"])
    assert max(each["difference"] for each in found["formats"].values()) <= 1e-4


@pytest.mark.slow
def test_n_grams_of_a_real_run_in_every_format(trained, monkeypatch):
    assert run("export", trained("text"), "--model", "ngrams", monkeypatch=monkeypatch) == 0
    found = report(trained("text"), "export_ngrams")
    assert (found["samples"], len(found["formats"])) == (100, 4)
    assert max(each["difference"] for each in found["formats"].values()) <= 1e-4


@pytest.mark.slow
def test_what_a_real_run_cannot_be_is_named_before_anything_is_written(trained, monkeypatch, capsys):
    path = trained("text")
    assert run("export", path, "--to", "litert", "--int8", "--length", 50, monkeypatch=monkeypatch) == 1
    assert "litert_int8: LiteRT has no useful 8 bits for recurrent layers (LSTM)" in capsys.readouterr().err
    assert not (path / "export" / "litert_int8").exists()
