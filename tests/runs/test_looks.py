import numpy as np
import pytest
from kerasdl.interpret import Regression
from kerasdl.runs import RunFolder, look


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
