from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kerasdl import interpret, runs
from kerasdl.data import tabular

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"x": RANDOM.uniform(0, 9, 300), "place": RANDOM.choice(["here", "there"], 300)})
FRAME["price"] = 100 * FRAME["x"].round() + 50 * (FRAME["place"] == "here")


def test_trees_predict_in_the_users_units():
    table = tabular.from_frame(FRAME.assign(half=FRAME["price"] / 2), ("price", "half"))
    trees, seconds = runs.train_trees(table)
    held_out = FRAME["price"].to_numpy()[table.held_out]
    np.testing.assert_allclose(trees.targets, np.stack([held_out, held_out / 2], axis=1), rtol=1e-5)
    assert (trees.r2 > 0.95, seconds > 0) == (True, True)


def test_trees_predict_classes_and_read_weights():
    frame = FRAME.assign(weight=np.where(FRAME["place"] == "here", 1.0, 0.0)).rename(columns={"place": "kind"})
    trees, _ = runs.train_trees(tabular.from_frame(frame.drop(columns="price"), "kind", weight="weight"))
    # Only rows of one class count.
    assert (trees.predictions == trees.classes.index("here")).all()
    assert trees.scores["accuracy"] == np.mean(trees.targets == trees.classes.index("here"))


@pytest.mark.parametrize(
    ("error", "best", "said"),
    [(1.0, "network", ""), (9.0, "trees", "The trees are better than the network here: rmse 4, not 9.")],
)
def test_it_says_which_is_better(error, best, said, capsys):
    targets = np.arange(40.0)[:, None]
    network, trees = (interpret.Regression(targets + each, targets, ["price"]) for each in (error, 4.0))
    assert runs.compare_tables({"network": network, "trees": trees}) == best
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rmse", "mae", "r2"]
    assert [line for line in lines if "better" in line] == ([said] if said else [])


def test_trees_that_fail_cost_nothing_but_themselves():
    with pytest.warns(UserWarning, match="The run goes on without the boosted trees"):
        assert runs.trees_beside(None, SimpleNamespace()) == {}
