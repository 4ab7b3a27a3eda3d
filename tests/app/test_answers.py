"""Answers are those of recipes/predict.py, and say what the model cannot tell."""

import shutil

import numpy as np
import pytest
from kerasdl import runs
from kerasdl.app.images import answer_images
from kerasdl.app.sequences import answer_sequences, answer_sounds
from kerasdl.app.series import answer_series
from kerasdl.app.tables import answer_row, form
from kerasdl.app.texts import answer_text
from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput

from tests.app import small_runs
from tests.recipes.bad_input import earlier_run, picture
from tests.recipes.test_image_classifier import run

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def printed(monkeypatch, capsys):
    """What recipes/predict.py prints, as cells."""

    def ask(folder, *inputs):
        capsys.readouterr()  # a slow answer shows a bar
        assert run("predict", folder, *inputs, monkeypatch=monkeypatch) == 0
        return [line.split("\t") for line in capsys.readouterr().out.splitlines()]

    return ask


def likeliest(answer):
    name, probability = next(iter(answer.probabilities.items()))
    return [name, f"{probability:.4f}"]


def test_pictures_with_where_the_network_looked(tmp_path, printed):
    for name, side in (("a.jpg", 8), ("b.jpg", 5)):
        (tmp_path / name).write_bytes(picture(side))
    files = [str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]
    answers = answer_images(Trained.of(earlier_run("images")), files)
    assert [[file, *likeliest(each)] for file, each in zip(files, answers, strict=True)] == printed(
        earlier_run("images"), *files
    )
    assert [each.name for each in answers] == ["a.jpg", "b.jpg"]
    for each in answers:
        ((caption, png),) = each.pictures.items()
        assert "Grad-CAM" in caption
        assert png.startswith(PNG)
    assert [len(each.remarks) for each in answers] == [0, 1]
    assert "smaller than those of the training, 8 x 8" in answers[1].remarks[0]


def test_the_pictures_most_alike_come_from_the_features_that_a_run_kept(tmp_path):
    path = shutil.copytree(earlier_run("images"), tmp_path / "run")
    trained, file = Trained.of(path), tmp_path / "a.jpg"
    file.write_bytes(picture())
    features = np.random.default_rng(0).normal(size=(7, 4))
    runs.save_projector(
        path / "logs", features, {"actual": ["<b>"] * 7}, images=np.zeros((7, 8, 8, 3)), name="features"
    )
    (answer,) = answer_images(trained, [str(file)])
    assert [*answer.pictures][1].startswith("The validation pictures that it takes for most alike")
    (path / "logs" / "projector" / "features.tsv").write_text("1\tlow\n")
    assert len(answer_images(trained, [str(file)])[0].pictures) == 1


def test_pictures_that_do_not_decode_are_named_and_too_many_are_refused(tmp_path):
    (tmp_path / "a.jpg").write_bytes(picture()[:100])
    trained = Trained.of(earlier_run("images"))
    with pytest.raises(BadInput, match=r"^a.jpg: "):
        answer_images(trained, [str(tmp_path / "a.jpg")])
    with pytest.raises(BadInput, match="at most 12 pictures at once.*Received: 13"):
        answer_images(trained, ["a.jpg"] * 13)


def test_a_text_with_the_weight_of_its_words(printed):
    trained = Trained.of(earlier_run("texts"))
    (answer,) = answer_text(trained, "a house villa")
    assert [likeliest(answer)] == [cells[1:] for cells in printed(earlier_run("texts"), "a house villa")]
    assert "".join(word for word, _ in answer.words) == "a house villa"
    assert all(np.isfinite(weight) for _, weight in answer.words)
    assert "does not know 1 of the 4 tokens" in answer.remarks[0]
    for given, why in ((" ", "Type a text first"), ("a" * 20_001, "takes up to 20,000 characters")):
        with pytest.raises(BadInput, match=why):
            answer_text(trained, given)


@pytest.mark.slow
def test_a_long_text_has_weights_of_spans():
    (answer,) = answer_text(Trained.of(earlier_run("texts")), "a house " * 300)
    assert len(answer.words) <= 63
    assert answer.remarks == []


def test_a_row_with_what_the_training_did_not_know(tmp_path, printed):
    trained = Trained.of(earlier_run("table"))
    assert {name: known.kind for name, known in form(trained).items()} == {"area": "number"}
    (tmp_path / "a.csv").write_text("area\n12.5\n")
    (answer,) = answer_row(trained, {"area": 12.5})
    assert [["0", *likeliest(answer)]] == [
        [cells[0].replace("2", "0"), *cells[1:]] for cells in printed(earlier_run("table"), tmp_path / "a.csv")
    ]
    assert answer.remarks == []
    (answer,) = answer_row(trained, {"area": 1000})
    assert answer.remarks == ["area: 1000 is outside the training data, 1.5 to 46.5."]
    with pytest.raises(BadInput, match="Column 'area' holds numbers"):
        answer_row(trained, {"area": "large"})


def test_a_forecast_with_its_fan(tmp_path, printed):
    folder, file = small_runs.series(tmp_path)
    (answer,) = answer_series(Trained.of(folder), str(file))
    header, *rows = answer.table
    assert rows == [tuple(cells) for cells in printed(folder, file)]
    assert header == ("day", "area", "area 5 %", "area 25 %", "area 75 %", "area 95 %")
    assert answer.pictures["area, with its forecast"].startswith(PNG)
    assert answer.remarks == ["area ends 9.0 standard deviations from the mean of the training data."]


@pytest.mark.slow
def test_sequences_and_sounds(tmp_path, printed):
    folder, file = small_runs.sequences(tmp_path)
    answers = answer_sequences(Trained.of(folder), str(file))
    assert [[each.name, *likeliest(each)] for each in answers] == printed(folder, file)
    assert all(each.pictures["What the network reads"].startswith(PNG) for each in answers)
    folder, file = small_runs.sounds(tmp_path)
    (answer,) = answer_sounds(Trained.of(folder), [str(file)])
    assert [[str(tmp_path / answer.name), *likeliest(answer)]] == printed(folder, file)
    assert answer.pictures["What the network hears"].startswith(PNG)
    file.write_bytes(b"RIFF")
    with pytest.raises(BadInput, match=r"^a.wav: "):
        answer_sounds(Trained.of(folder), [str(file)])
