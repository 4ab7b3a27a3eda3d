"""Every recipe that trains: ended by SIGTERM and started again, it ends bit for bit as if nothing had been."""

import json
import signal
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import callbacks

from tests.recipes.test_image_classifier import base, finish, one_block, run  # noqa: F401 - base is a fixture

SMALL = {
    # The one of the default suite, without a range test in each of its three runs.
    "tabular": ["--epochs", 3, "--hidden", 8, "--batch-size", 64, "--ensemble", 1, "--no-baseline", "--peak-lr", 0.01],
    "time_series": ["--epochs", 2, "--units", 4, "--lookback", 8, "--batch-size", 256],
    "image_classifier": ["--epochs", 4, "--start-size", 4, "--batch-size", 128, "--look"],
    "language_model": ["--epochs", 2, "--embedding", 8, "--units", 8, "--depth", 1, "--max-vocab", 300],
    "sequence_classifier": ["--epochs", 2, "--widths", 4, "--augment", "standard"],
    "text_classifier": ["--epochs", 2, "--embedding", 8, "--units", 8],
}


def ended_at(step, name, out, *arguments):
    """The exit status of a recipe that gets SIGTERM in this step of all its fits that have checkpoints."""
    count, end = [0], callbacks.StepScalars.on_train_batch_end

    def end_or_signal(self, batch, logs=None):
        end(self, batch, logs)
        count[0] += 1
        if count[0] == step:
            signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(callbacks.StepScalars, "on_train_batch_end", end_or_signal)
        return run(name, "--out", out, *arguments, monkeypatch=monkeypatch)


def written(out):
    """Metrics without durations, the history, and the weights."""
    metrics = json.loads((Path(out) / "metrics.json").read_text())
    weights = keras.models.load_model(out / "model.keras", compile=False).get_weights()
    metrics = {name: value for name, value in metrics.items() if not name.endswith("seconds")}
    return {**metrics, "history": (out / "history.csv").read_text()}, weights


def assert_goes_on(name, steps, folder, *arguments):
    metrics, weights = written(finish(name, folder / "whole", *arguments)[0])
    for step in steps:
        assert ended_at(step, name, folder / "run", *arguments) == 143
        assert "To go on with it" in (folder / "run" / "UNFINISHED.txt").read_text()
    out, printed = finish(name, folder / "run", *arguments)
    assert "Resumed at epoch " in printed
    again, other = written(out)
    assert again == metrics
    assert all(np.array_equal(*pair) for pair in zip(weights, other, strict=True))
    assert sorted(each.name for each in out.iterdir()) == sorted(each.name for each in (folder / "whole").iterdir())


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[] if each == "tabular" else pytest.mark.slow) for each in SMALL]
)
def test_it_goes_on(name, tmp_path, monkeypatch):
    one_block(monkeypatch)
    # Of a series, the last one in the second fit: an epoch of the rehearsal has six steps.
    steps = {"tabular": [11], "time_series": [4, 7, 5]}.get(name, [4, 7])
    assert_goes_on(name, steps, tmp_path, *SMALL[name])


@pytest.mark.slow
@pytest.mark.parametrize("precompute", [[], ["--precompute"]])
def test_head_and_body_each_go_on(precompute, base, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    options = ["--weights", base, "--head-epochs", 2, "--epochs", 6, "--unfreeze-every", 1, *precompute]
    # An epoch has 23 steps: in the first epoch of the head, in the third of the whole network.
    assert_goes_on("image_classifier", [9, 100 - 9], tmp_path, *options)
