"""The recipe for tables end to end, small; what it writes is read back; then its errors."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import runs
from kerasdl.data.tabular import raw_inputs
from kerasdl.models import class_names, raw_columns, target_names
from sklearn.datasets import load_breast_cancer, load_diabetes

from tests.recipes.test_image_classifier import ALWAYS, JUDGED, TRAINED, events, finish_alone, recipe, run

FIGURES = {"data", "lr_range", "schedule", "curves"}
LOOKS = TRAINED | JUDGED | {"importance", "roc", "precision_recall", "threshold", "confusion", "most_confused"}


@pytest.fixture(scope="module", params=["--no-look", pytest.param("--look", marks=pytest.mark.slow)])
def finished(tmp_path_factory, request):
    """One run on the default data, without and with a look inside."""
    return finish_alone("tabular", tmp_path_factory.mktemp("recipe") / "run", request.param, "--steps", 60)


@pytest.fixture
def houses(tmp_path):
    """A CSV file as people have them: prices by area and place, some cells missing, a date, a decimal comma."""
    random = np.random.default_rng(0)
    lines = ["area;place;sold;price;rent"]
    for index in range(120):
        area, place = random.uniform(20, 200), random.choice(["centre", "outskirts", ""])
        price = 3000 * area * (1.5 if place == "centre" else 1)
        shown = "" if index % 11 == 0 else f"{area:.1f}".replace(".", ",")
        lines.append(f"{shown};{place};{index % 28 + 1:02d}.0{index % 9 + 1}.2016;{price:.0f};{price / 300:.0f}")
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(lines))
    return path


def figures(out):
    return FIGURES | LOOKS if json.loads((out / "config.json").read_text())["look"] else FIGURES


def test_everything_is_written(finished):
    out, printed = finished
    assert {path.name for path in out.iterdir()} == {
        *ALWAYS, "model.keras", "summary.txt", *(f"{name}.png" for name in figures(out)),
    }  # fmt: skip
    config = json.loads((out / "config.json").read_text())
    assert (config["data"], config["columns"]["mean radius"]) == ("breast_cancer", "number")
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["valid"]["accuracy"] > 0.93
    assert (metrics["train_rows"], metrics["valid_rows"]) == (456, 113)
    assert (metrics["better"], metrics["trees_accuracy"] > 0.9) in (("network", True), ("trees", True))
    for text in ("456 training and 113 validation rows; predicts diagnosis (2 classes)", "Peak learning rate: "):
        assert text in printed
    assert set(events(out / "logs").Tags()["tensors"]) == figures(out) | {"config", "summary"}
    assert [event.step for event in events(out / "logs" / "steps").Scalars("loss")] == list(range(60))


def test_the_exported_model_gives_the_accuracy_that_was_reported(finished):
    model = keras.models.load_model(finished[0] / "model.keras")
    data = runs.load_table(runs.TableData(), seed=0)
    frame = load_breast_cancer(as_frame=True).frame.iloc[[int(name.split()[1]) for name in data.valid_rows]]
    outputs = model(raw_inputs(frame, raw_columns(model))).numpy()
    names = np.array(class_names(model))[outputs.argmax(axis=1)]
    truth = np.where(frame["target"] == 1, "benign", "malignant")
    assert (names == truth).mean() == json.loads((finished[0] / "metrics.json").read_text())["valid"]["accuracy"]


@pytest.mark.slow
def test_numbers_from_a_file_and_predictions_into_another(houses, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    options = ["--data", houses, "--target", "price", "rent", "--epochs", "20", "--batch-size", "16", "--look"]
    assert not run("tabular", *options, "--out", out, monkeypatch=monkeypatch)
    metrics = json.loads((out / "metrics.json").read_text())["valid"]
    assert set(metrics) == {"rmse", "mae", "r2", "rmse_price", "rmse_rent"}
    assert metrics["r2"] > 0.6
    assert (out / "residuals.png").exists()
    model = keras.models.load_model(out / "model.keras")
    assert raw_columns(model)["sold"] == ("date", "%d.%m.%Y")
    assert target_names(model) == ("price", "rent")
    capsys.readouterr()
    found = tmp_path / "found.csv"
    assert run("predict", out, houses, "--csv", found, monkeypatch=monkeypatch) == 0
    assert len(capsys.readouterr().out.splitlines()) == 120
    table = pd.read_csv(found)
    assert (list(table), table["line"].tolist()) == (["line", "price", "rent"], list(range(2, 122)))
    truth = pd.read_csv(houses, sep=";")
    assert np.corrcoef(table["price"], truth["price"])[0, 1] > 0.85


@pytest.mark.slow
def test_a_rehearsal_chooses_the_steps_as_if_they_had_been_given(houses, tmp_path, monkeypatch, capsys):
    options = ["--data", houses, "--target", "price", "--hidden", 8, "--ensemble", 1, "--no-baseline", "--no-look"]
    assert not run("tabular", *options, "--out", tmp_path / "chosen", monkeypatch=monkeypatch)
    found = json.loads((tmp_path / "chosen" / "metrics.json").read_text())
    steps, losses = found["rehearsal"]["steps"], found["rehearsal"]["loss"]
    assert steps == [30, 100, 300]
    best = steps[np.argmin(losses)]
    assert f"Training steps: {best} (" in capsys.readouterr().out
    assert not run("tabular", *options, "--steps", best, "--out", tmp_path / "given", monkeypatch=monkeypatch)
    given = json.loads((tmp_path / "given" / "metrics.json").read_text())
    assert "rehearsal" not in given
    assert given["valid"] == found["valid"]
    models = [keras.models.load_model(tmp_path / name / "model.keras") for name in ("chosen", "given")]
    assert all(np.array_equal(*pair) for pair in zip(*(each.get_weights() for each in models), strict=True))
    epochs = [(tmp_path / name / "history.csv").read_text() for name in ("chosen", "given")]
    assert epochs[0] == epochs[1]


@pytest.mark.slow
def test_quantiles_are_predicted_with_their_coverage(tmp_path, monkeypatch, capsys):
    out, rows = tmp_path / "run", tmp_path / "rows.csv"
    options = ["--data", "diabetes", "--quantiles", 0.05, 0.95, "--epochs", 20, "--no-baseline", "--look", "--out", out]
    assert not run("tabular", *options, monkeypatch=monkeypatch)
    metrics = json.loads((out / "metrics.json").read_text())
    assert 0.6 < metrics["coverage_90"] <= 1
    assert (out / "quantiles.png").exists()
    assert "Coverage 90" in (out / "report.html").read_text()
    load_diabetes(as_frame=True).frame.head(9).to_csv(rows, index=False)
    assert run("predict", out, rows, "--csv", tmp_path / "found.csv", monkeypatch=monkeypatch) == 0
    found = pd.read_csv(tmp_path / "found.csv")
    assert list(found) == ["line", "target 5 %", "target", "target 95 %"]
    assert (found["target 5 %"] < found["target"]).all()
    assert (found["target"] < found["target 95 %"]).all()


def test_classes_are_predicted_with_their_probability(finished, tmp_path, monkeypatch, capsys):
    frame = load_breast_cancer(as_frame=True).frame.drop(columns="target").head(5)
    frame.to_csv(tmp_path / "biopsies.csv", index=False)
    assert run("predict", finished[0], tmp_path / "biopsies.csv", monkeypatch=monkeypatch) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[1]) for line in lines] == [(str(row), "malignant") for row in range(2, 7)]
    assert all(0.5 < float(line[2]) <= 1 for line in lines)


@pytest.mark.slow
def test_a_table_whose_range_test_finds_no_rate_trains_at_a_cautious_one(tmp_path, monkeypatch, capsys):
    """A few very large targets."""
    monkeypatch.setattr("kerasdl.lr_range.LRRange.why_none", "The loss does not fall. And so on.")
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(1600, 3)), columns=["a", "b", "c"])
    frame["income"] = random.lognormal(8, 3, 1600)
    frame.to_csv(tmp_path / "incomes.csv", index=False)
    out = tmp_path / "run"
    options = ["--data", tmp_path / "incomes.csv", "--target", "income", "--epochs", 1, "--out", out]
    assert run("tabular", *options, monkeypatch=monkeypatch) is None
    cautious = recipe("tabular").CAUTIOUS_LR
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Peak learning rate: ")]
    assert line.startswith(f"Peak learning rate: {cautious:.2g} (a cautious default, because the range test found none")
    assert json.loads((out / "metrics.json").read_text())["peak_lr"] == cautious
    assert (out / "lr_range.png").exists()
    assert (out / "model.keras").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "options", "metric", "at_least"),
    [
        ("adult_sample/adult.csv", "--target salary --epochs 1", "accuracy", 0.85),
        ("adult_sample/adult.csv", "--target salary --epochs 5", "accuracy", 0.853),
        (
            "california_housing/housing.csv",
            "--target median_house_value --epochs 30 --batch-size 128 --hidden 256 128 64",
            "rmse",
            -52_000,
        ),
    ],
)
def test_real_tables_are_learned(file, options, metric, at_least, real_data, tmp_path, monkeypatch):
    scores = []
    for seed in range(3):
        out = tmp_path / str(seed)
        command = ["--data", real_data / "tabular" / file, *options.split(), "--seed", seed, "--out", out]
        assert not run("tabular", *command, monkeypatch=monkeypatch)
        scores.append(json.loads((out / "metrics.json").read_text())["valid"][metric])
    assert np.mean(scores) * np.sign(at_least) >= at_least
