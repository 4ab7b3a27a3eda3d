import numpy as np
import pandas as pd
import pytest
from kerasdl import models
from kerasdl.data import sequences, series, tabular
from kerasdl.interpret import Classification, Forecast, Regression
from kerasdl.runs import RunFolder, look, looks, project


def test_what_cannot_be_drawn_costs_no_run(tmp_path):
    found = Regression(np.arange(8.0)[:, None], np.arange(8.0)[:, None] + 1, ["price"])
    with pytest.warns(UserWarning, match=r"The run goes on without samples with their predictions. BadInput: Give the"):
        intervals = look(RunFolder(tmp_path / "run"), found, data=[])
    assert (tmp_path / "run" / "residuals.png").is_file()
    assert intervals["rmse"] == (1.0, 1.0)


def test_a_run_that_does_not_look_draws_nothing(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.looks = False
    look(run, Regression(np.ones((4, 1)), np.zeros((4, 1)), ["price"]), data=[])
    assert list(run.path.iterdir()) == []


def test_the_projector_gets_as_many_points_as_it_says(tmp_path, monkeypatch):
    """Tables are validated in larger batches than those they are trained in."""
    monkeypatch.setattr(looks, "MOST_POINTS", 5)
    frame = pd.DataFrame({"size": np.arange(60.0) ** 2, "kind": ["small", "large"] * 30})
    data = tabular.from_frame(frame, "kind", batch_size=4, seed=0)
    model = models.tabular(data.cardinalities, data.numbers, hidden=(3,), classes=2)
    run = RunFolder(tmp_path / "run")
    project(run, model, data, Classification.of(model, data.valid, data.classes, outputs="logits"))
    rows = (run.logs / "projector" / "features_labels.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows[1:]] == [data.classes[label] for label in data.valid_labels[:5]]


def test_the_importance_of_very_many_columns_is_left_out_in_a_line(tmp_path, monkeypatch, capsys):
    table = tabular.from_frame(
        pd.DataFrame({"x": np.arange(9.0) ** 2, "z": np.arange(9) % 5.5, "y": np.arange(9) + 0.5}), "y"
    )
    drawn = []
    monkeypatch.setattr(looks.interpret, "permutation_importance", lambda _, rows, places: drawn.append((rows, places)))
    monkeypatch.setattr(looks.plots, "importance", lambda _: None)
    run = RunFolder(tmp_path / "run")
    run.looks, run.save_figure = True, lambda *_: None
    looks.look_at_columns(run, None, table)
    assert drawn[0][1] == table.places
    monkeypatch.setattr(looks, "MOST_COLUMNS", 1)
    looks.look_at_columns(run, None, table)
    assert len(drawn) == 1
    assert "The importance of 2 columns is left out" in capsys.readouterr().out


@pytest.fixture
def drawn(tmp_path):
    """A run that looks, and the figures that it would save, by name."""
    run, figures = RunFolder(tmp_path / "run"), {}
    run.looks, run.save_figure = True, figures.__setitem__
    return run, figures


def test_attributions_name_their_sequences(drawn, monkeypatch):
    run, figures = drawn
    data = sequences.from_arrays(np.ones((10, 9, 1)), [0, 1] * 5, classes=["a", "b"])
    result = Classification(np.array([[0, 1], [0, 2]]), data.valid_labels, data.classes)
    monkeypatch.setattr(looks.interpret, "integrated_gradients", lambda _, values, **__: np.zeros_like(values))
    looks.look_at_sequences(run, None, data, result)
    titles = [ax.get_title() for ax in figures["attributions"].axes[:2]]
    expected = [f"{data.valid_names[index]}: {result.caption(index)}" for index in result.top_losses(2)]
    assert [title.replace("\n", " ") for title in titles] == expected


def test_a_baseline_that_equals_the_forecast_hides_it_no_more_than_it_is_hidden(drawn):
    run, figures = drawn
    data = series.from_frame(series.mackey_glass(300), target="x", horizon=2)
    baselines = {"ridge": data.baselines(data.valid_origins)["ridge"]}
    result = Forecast(baselines["ridge"], data.futures(data.valid_origins), baselines)
    looks.look_at_series(run, data, result)
    lines = {line.get_label(): line for line in figures["forecast"].axes[0].lines}
    assert list(lines) == ["truth", "forecast", "ridge"]
    assert lines["ridge"].zorder < lines["forecast"].zorder
    assert lines["ridge"].get_linewidth() > 2 * lines["forecast"].get_linewidth()
