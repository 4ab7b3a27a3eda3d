"""The recipe for tables on tables that are hard on a network: a sensible model, or one line that says why not."""

import json

import keras
import numpy as np
import pytest
from kerasdl.data import tabular

from tests.recipes.nasty_tables import nasty_tables
from tests.recipes.test_image_classifier import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", nasty_tables())
def test_it_ends_in_a_model_no_worse_than_the_constant_guess_or_says_so(name, tmp_path, monkeypatch, capsys):
    frame, target = nasty_tables()[name]
    frame.to_csv(tmp_path / "table.csv", index=False)
    out = tmp_path / "run"
    options = ["--data", tmp_path / "table.csv", "--target", target, "--epochs", 10, "--out", out]
    assert run("tabular", *options, monkeypatch=monkeypatch) is None
    metrics = json.loads((out / "metrics.json").read_text())
    assert all(np.isfinite(value) for value in metrics["valid"].values())
    assert metrics["better"] in ("network", "trees")
    predicted = tabular.predict(keras.models.load_model(out / "model.keras"), frame)
    assert np.isfinite(predicted.select_dtypes("number")).all(axis=None)
    if "warning" in metrics:
        assert metrics["warning"] in capsys.readouterr().out
    elif "r2" in metrics["valid"]:
        # The mean of the validation rows itself has an R2 of 0.
        assert metrics["valid"]["r2"] >= 0
    else:
        assert metrics["valid"]["accuracy"] >= (frame[target] == "no").mean() - 0.01
