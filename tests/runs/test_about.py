import platform
from dataclasses import dataclass, field
from pathlib import Path

import keras
from kerasdl.runs import Options
from kerasdl.runs.about import about


@dataclass(frozen=True)
class Config:
    target: str
    hidden: tuple[int, ...] = (200, 100)
    run: Options = field(default_factory=lambda: Options(seed=3))


def test_what_was_typed_and_what_differs_from_the_recipes_own_defaults(monkeypatch):
    monkeypatch.setattr("sys.argv", ["recipes/tabular.py", "--data", "my houses.csv"])
    found = about(Config("price", run=Options(seed=3, out=Path("runs/a"), peak_lr=0.1)))
    assert found["command"] == "python recipes/tabular.py --data 'my houses.csv'"
    assert found["given"] == {"target": "price", "out": Path("runs/a"), "peak_lr": 0.1}
    assert about(Config("price", (5,)))["given"] == {"target": "price", "hidden": (5,)}
    assert found["versions"]["keras"] == keras.__version__
    assert found["versions"]["python"] == platform.python_version()


def test_the_command_line_of_a_notebook_says_nothing():
    assert (about()["command"], about()["given"]) == ("", {})
