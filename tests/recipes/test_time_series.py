"""The recipe for time series end to end, small; what it writes is read back; then its errors."""

import kerasdl  # isort: skip
import json
import re

import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models, runs
from kerasdl.data import series

from tests.recipes.test_image_classifier import ALWAYS, TRAINED, events, finish, recipe, run

FIGURES = {"data", "schedule", "curves", "rehearsal_schedule", "rehearsal_curves", "forecast"}
BASELINES = ["persistence", "mean", "drift", "ridge"]
LOOKS = TRAINED | {"residuals", "error_by_step", "results", "top_losses"}


@pytest.fixture(scope="module", params=["given", pytest.param("found", marks=pytest.mark.slow)])
def finished(tmp_path_factory, request):
    """One short run on the default data, at a given learning rate; or at that of its range test, with a look inside."""
    out, windows = tmp_path_factory.mktemp("recipe") / "run", ["--horizon", 4, "--valid-share", 0.331]
    rate = ["--peak-lr", 0.04] if request.param == "given" else ["--look"]
    return finish("time_series", out, *windows, *rate, "--batch-size", 90, "--epochs", 2, "--units", 16)


def test_everything_is_written(finished):
    out, printed = finished
    config = json.loads((out / "config.json").read_text())
    figures = FIGURES if config["peak_lr"] else FIGURES | LOOKS | {"lr_range"}
    assert {path.name for path in out.iterdir()} == {
        *ALWAYS, "model.keras", "summary.txt", *(f"{name}.png" for name in figures),
    }  # fmt: skip
    assert (config["data"], config["lookback"], config["channels"]) == ("mackey-glass", 24, ["x"])
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["valid"]["rmse"] < 0.8 * metrics["persistence_rmse"]
    assert metrics["baseline_rmse"] == min(metrics[f"{name}_rmse"] for name in BASELINES)
    assert all(f"{name} rmse" in printed for name in BASELINES)
    assert 0 <= metrics["correction"] <= 1
    assert metrics["valid"]["ratio"] == pytest.approx(metrics["valid"]["rmse"] / metrics["baseline_rmse"])
    assert metrics["valid"]["mae"] < metrics["valid"]["rmse"]
    assert metrics["train_seconds"] > 0
    for text in ("3,000 rows: 1,980 training and 990 test windows", "tensorboard --logdir"):
        assert text in printed
    assert config["peak_lr"] or "Peak learning rate: " in printed
    assert {"epoch_loss", "epoch_mae"} <= set(events(out / "logs" / "validation").Tags()["tensors"])
    # The best of two epochs of 1,482 windows, then so many of all 1,980.
    assert len(events(out / "logs" / "rehearsal" / "steps").Scalars("loss")) == 2 * 17
    assert len(events(out / "logs" / "steps").Scalars("loss")) in (22, 2 * 22)


def test_the_exported_model_gives_the_error_that_was_reported(finished):
    out, _ = finished
    model = keras.models.load_model(out / "model.keras")
    data = series.from_frame(series.mackey_glass(3000), target="x", horizon=4, test_share=0.331)
    predictions = model.predict(data.windows(data.valid_origins), verbose=0)
    rmse = np.sqrt(((predictions - data.futures(data.valid_origins)) ** 2).mean())
    assert rmse == pytest.approx(json.loads((out / "metrics.json").read_text())["valid"]["rmse"], rel=1e-3)


@pytest.fixture
def table(tmp_path):
    """Two series of two hours' spacing, with a covariate of words."""
    times = pd.date_range("2020-01-01", periods=48, freq="2h").strftime("%Y-%m-%d %H:%M")
    parts = [
        pd.DataFrame({"at": times, "site": site, "load": np.arange(48) % 12 + level, "wind": ["N", "S"] * 24})
        for site, level in (("a", 0), ("b", 50))
    ]
    pd.concat(parts).to_csv(tmp_path / "loads.csv", index=False)
    return tmp_path / "loads.csv"


OPTIONS = ["--time", "at", "--target", "load", "--series", "site", "--covariates", "wind"]
INTERVALS = ["--intervals", 0.95, 0.8]
SMALL = ["--epochs", 1, "--peak-lr", 0.01, "--units", 4, "--lookback", 12, "--season", 12]


@pytest.mark.slow
def test_a_file_of_the_users(table, tmp_path, monkeypatch, capsys):
    out, doubled = tmp_path / "run", tmp_path / "doubled.csv"
    frame = pd.read_csv(table)
    pd.concat([frame, frame.head(3)]).to_csv(doubled, index=False, sep="|")
    how = ["--decoder", "--separator", "|", "--sort", "--duplicates", "first", *INTERVALS]
    arguments = ["--data", doubled, "--out", out, *OPTIONS, *SMALL, *how]
    assert run("time_series", *arguments, monkeypatch=monkeypatch) is None
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["rows"], metrics["series"], metrics["train_windows"], metrics["valid_windows"]) == (96, 2, 40, 32)
    assert metrics["baseline_rmse"] == 0  # the season repeats itself exactly
    assert 0 <= metrics["coverage_80"] <= metrics["coverage_95"] <= 1
    printed = capsys.readouterr().out
    assert "96 every 2h rows of 2 series" in printed
    assert "; 3 duplicate rows were merged" in printed
    assert not (out / "error_by_step.png").exists()
    model = keras.models.load_model(out / "model.keras")
    assert model.input_shape == (None, 12, 3)
    assert model.get_layer("forecaster").get_layer("head_forecast").season == 12
    assert json.loads((out / "config.json").read_text())["channels"] == ["load", "wind=N", "wind=S"]
    assert run("predict", out, doubled, monkeypatch=monkeypatch) == 0
    assert [line.split("\t")[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["a", "2020-01-05"],
        ["b", "2020-01-05"],
    ]


def test_a_forecast_reads_the_file_as_the_run_did(table, tmp_path, monkeypatch, capsys):
    """The untrained model repeats the last season."""
    model = export.series_model(
        models.forecaster((12, 3), 1, horizon=2, skip="seasonal", season=12), ([0] * 3, [1] * 3)
    )
    folder = runs.RunFolder(tmp_path / "run")
    config = runs.SeriesData(
        target=("load",), time=("at",), series="site", covariates=("wind",),
        sort=True, duplicates="first", separator="|", encoding="utf-16",
    )  # fmt: skip
    folder.write_config({**runs.flattened(config), "channels": ["load", "wind=N", "wind=S"], "lookback": 12})
    folder.save_model(model, {})
    frame, doubled, found = pd.read_csv(table), tmp_path / "doubled.csv", tmp_path / "found.csv"
    pd.concat([frame, frame.head(3)]).to_csv(doubled, index=False, sep="|", encoding="utf-16")
    assert run("predict", folder.path, doubled, "--csv", found, monkeypatch=monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "a\t2020-01-05 00:00:00\t0", "a\t2020-01-05 02:00:00\t1",
        "b\t2020-01-05 00:00:00\t50", "b\t2020-01-05 02:00:00\t51",
    ]  # fmt: skip
    assert found.read_text().splitlines() == ["site,at,load", *(line.replace("\t", ",") for line in lines)]
    # A file in another format than that of the run.
    assert run("predict", folder.path, table, "--separator", ",", "--encoding", "utf-8", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out.splitlines() == lines
    frame.drop(columns=["at", "wind"]).to_csv(doubled, index=False, sep="|", encoding="utf-16")
    assert run("predict", folder.path, doubled, monkeypatch=monkeypatch) == 1
    assert "No column 'at', 'wind': the table has ['site', 'load']" in capsys.readouterr().err


def test_a_forecast_of_the_default_data(finished, tmp_path, monkeypatch, capsys):
    data = series.mackey_glass(100)
    data.to_csv(tmp_path / "x.csv", index=False)
    assert run("predict", finished[0], tmp_path / "x.csv", monkeypatch=monkeypatch) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    model = keras.models.load_model(finished[0] / "model.keras")
    expected = model.predict(data.to_numpy()[None, -24:], verbose=0)[0, :, 0]
    assert [float(line[1]) for line in lines] == pytest.approx(expected, rel=1e-5)
    assert run("predict", finished[0], monkeypatch=monkeypatch) == 1
    message = "This run was trained on a table or a time series: give one CSV file with its columns. Received: []"
    assert message in capsys.readouterr().err
    assert run("predict", finished[0], tmp_path / "x.csv", "--csv", tmp_path, monkeypatch=monkeypatch) == 1
    printed = capsys.readouterr()
    assert (printed.out, "The output is a folder" in printed.err) == ("", True)
    assert run("predict", finished[0], tmp_path / "x.csv", "--csv", "/dev/full", monkeypatch=monkeypatch) == 1
    assert re.search(r"error: The output cannot be written \(.+\): choose another.*/dev/full", capsys.readouterr().err)


def test_a_forecast_needs_what_is_known_ahead(tmp_path, monkeypatch, capsys):
    """The untrained model repeats the last value."""
    config = runs.SeriesData(target=("sales",), known=("promo",), calendar=True, time=("day",))
    model = models.forecaster((3, 4), 1, horizon=2, units=(2,), known=3)
    folder, plan = runs.RunFolder(tmp_path / "run"), tmp_path / "plan.csv"
    channels = ["sales", "promo", "week sine", "week cosine"]
    folder.write_config({**runs.flattened(config), "channels": channels, "lookback": 3})
    folder.save_model(export.series_model(model, ([0] * 4, [1] * 4)), {})
    days = pd.date_range("2024-02-25", periods=6)
    table = pd.DataFrame({"day": days, "sales": [1, 2, 3, 4, None, None], "promo": [0, 1, 0, 0, 1, 0]})
    table.to_csv(plan, index=False)
    assert run("predict", folder.path, plan, monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out.splitlines() == ["2024-02-29\t4", "2024-03-01\t4"]
    table[:5].to_csv(plan, index=False)
    assert run("predict", folder.path, plan, monkeypatch=monkeypatch) == 1
    assert "needs column 'promo' of the 2 rows after the end" in capsys.readouterr().err


@pytest.mark.slow
def test_the_range_test_may_show_nothing(tmp_path, monkeypatch, capsys):
    random = np.random.default_rng(0).standard_normal(120)
    pd.DataFrame({"noise": random}).to_csv(tmp_path / "noise.csv", index=False)
    arguments = ["--data", tmp_path / "noise.csv", "--target", "noise", "--epochs", 1, "--units", 4]
    module = recipe("time_series")
    found = kerasdl.lr_range.LRRange(*[np.linspace(1, 2, 40)] * 3, "It was stopped.")
    monkeypatch.setattr(kerasdl.callbacks, "lr_find", lambda *_, **__: found)
    assert run("time_series", *arguments, "--out", tmp_path / "run", monkeypatch=monkeypatch) is None
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["peak_lr"] == module.CAUTIOUS_LR
    assert "(a cautious default, because the range test found none: The loss does not fall" in (capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("airline-passengers", ["--time", "Month", "--target", "Passengers"]),
        ("monthly-sunspots", ["--time", "Month", "--target", "Sunspots"]),
        ("daily-min-temperatures", ["--time", "Date", "--target", "Temp", "--fill", "linear"]),
        ("shampoo", ["--target", "Sales"]),
        ("ETT-small/ETTh1", ["--time", "date", "--target", "OT"]),
    ],
)
def test_it_is_as_good_as_the_best_baseline(name, options, real_data, tmp_path, monkeypatch):
    data = real_data / "timeseries" / f"{name}.csv"
    run("time_series", "--data", data, "--out", tmp_path / "run", *options, monkeypatch=monkeypatch)
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["valid"]["ratio"] < 1.01


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_of_noise_with_a_weak_week_the_mean_or_the_ridge_regression_is_left(seed, tmp_path, monkeypatch):
    """As births of a day: a year of counts around 42, with fewer at weekends."""
    days = pd.date_range("1959-01-01", periods=365)
    week = np.array([0, 1, 2, 2, 1, -3, -3])[days.day_of_week]
    births = np.round(42 + week + np.random.default_rng(seed).normal(0, 7, 365))
    pd.DataFrame({"day": days, "births": births}).to_csv(tmp_path / "births.csv", index=False)
    arguments = ["--data", tmp_path / "births.csv", "--out", tmp_path / "run", "--time", "day", "--target", "births"]
    run("time_series", *arguments, "--seed", seed, monkeypatch=monkeypatch)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["valid"]["rmse"] < 1.002 * min(metrics["mean_rmse"], metrics["ridge_rmse"])
