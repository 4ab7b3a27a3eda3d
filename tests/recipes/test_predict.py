"""The recipe for predictions on texts; on other data, beside the recipes that train on them."""

import csv

import keras
import pytest
from kerasdl import runs

from tests.data.text.test_predictions import classifier
from tests.recipes.test_image_classifier import run


def save(path, exported):
    folder = runs.RunFolder(path)
    folder.write_config({})
    folder.save_model(exported, {})
    return folder.path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return save(tmp_path_factory.mktemp("runs") / "classes", classifier())


def test_texts_and_files_of_lines(trained, tmp_path, monkeypatch, capsys):
    long = "good " * 200  # too long for the name of a file
    (tmp_path / "lines.txt").write_text("bad\n\n   \ngood, \tgood\n")
    out = tmp_path / "out.csv"
    arguments = ["a//b", tmp_path / "lines.txt", long, "", "--csv", out]
    assert run("predict", trained, *arguments, monkeypatch=monkeypatch) == 0
    printed = capsys.readouterr()
    lines = [line.split("\t") for line in printed.out.splitlines()]
    assert (
        lines
        == [
            ["a//b", "pos", "0.9999"],
            ["bad", "neg", "0.9526"],
            ["good, good", "pos", "0.8808"],  # "good," is unknown
            [("good " * 12)[:59] + "…", "pos", "1.0000"],
            ["", "neg", "0.5000"],
        ]
    )
    assert printed.err == f"{tmp_path / 'lines.txt'}: 2 empty lines left out\n"
    with out.open(newline="") as file:
        header, *written = csv.reader(file)
    assert header == ["text", "class", "probability"]
    assert [cells[1:] for cells in written] == [line[1:] for line in lines]
    assert [cells[0] for cells in written] == ["a//b", "bad", "good, \tgood", long, ""]


def test_tags_are_all_above_one_half(tmp_path, monkeypatch, capsys):
    folder = save(tmp_path / "run", classifier(tags=True))
    assert run("predict", folder, "good bad", "good", "what", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out.splitlines() == [
        "good bad\tneg, pos\t0.9526, 0.8808",
        "good\tpos\t0.8808",
        "what\t\t",
    ]


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_a_model_of_several_inputs_or_of_none_yet_is_none_of_ours(tmp_path, monkeypatch, capsys):
    one, other = keras.Input((2,)), keras.Input((3,))
    joined = keras.Model([one, other], keras.layers.Concatenate()([one, other]))
    for number, model in enumerate([joined, keras.Sequential()]):
        folder = save(tmp_path / str(number), model)
        assert run("predict", folder, "good", monkeypatch=monkeypatch) == 1
        assert "call its model.keras from Python. Received: inputs of ()" in capsys.readouterr().err
