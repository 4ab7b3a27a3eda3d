from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kerasdl import interpret, models, runs
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
    results = {"network": network, "trees": trees}
    intervals = {name: interpret.bootstrap(each) for name, each in results.items()}
    assert runs.compare_tables(results, intervals) == best
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rmse", "mae", "r2"]
    assert [line for line in lines if "better" in line] == ([said] if said else [])


@pytest.mark.parametrize("part", ["train", "valid"])
def test_a_number_far_from_all_others_is_named_if_the_model_is_bad(part):
    parts = np.where(np.arange(300) % 5, "train", "valid")
    row = int(np.argmax(parts == part)) + 10
    frame = FRAME.assign(part=parts)
    bad, good = (
        interpret.Regression(np.array([[each], [0.0]]), np.array([[2.0], [0.0]]), ["price"]) for each in (9, 2)
    )
    assert runs.table_warning(bad, tabular.from_frame(frame, "price", split="part")) == bad.warning != ""
    frame.loc[row, "price"] = 1e12
    table = tabular.from_frame(frame, "price", split="part")
    said = f"{bad.warning} One number is far from all others, price 1e+12 in row {row}: correct it, if it is wrong."
    assert runs.table_warning(bad, table) == said
    assert runs.table_warning(good, table) == ""


def test_trees_that_fail_cost_nothing_but_themselves():
    with pytest.warns(UserWarning, match="The run goes on without the boosted trees"):
        assert runs.trees_beside(None, SimpleNamespace(), {}) == {}


def test_the_median_is_compared_by_its_absolute_error(capsys):
    targets = np.array([0.0, 0.0, 0.0, 9.0])[:, None]
    medians = interpret.Regression(0 * targets, targets, ["price"], {0.5: 0 * targets})
    means = interpret.Regression(0 * targets + 2.25, targets, ["price"])
    results = {"network": medians, "trees": means}
    assert (
        runs.compare_tables(results, {name: interpret.bootstrap(each) for name, each in results.items()}) == "network"
    )
    assert means.rmse < medians.rmse
    assert "better" not in capsys.readouterr().out


def test_outputs_are_named_by_quantile():
    table = tabular.from_frame(FRAME, "price")
    network = models.tabular(table.cardinalities, table.numbers, outputs=2, quantiles=(0.025, 0.5), hidden=(2,))
    assert list(runs.output_scales(network, table)) == ["price 2.5 %", "price"]
    found = runs.table_result(network, table)
    assert list(found.quantiles) == [0.025, 0.5]
    assert np.array_equal(found.predictions, found.quantiles[0.5])
    plain = models.tabular(table.cardinalities, table.numbers, outputs=1, hidden=(2,))
    assert runs.output_scales(plain, table) == table.target_scales
