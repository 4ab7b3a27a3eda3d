"""Tables: from a DataFrame or a file to the datasets that `fit` takes."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl import export, models
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from kerasdl.data.tabular.columns import raw_inputs
from kerasdl.data.tabular.table import batch_size_for
from kerasdl.errors import BadInput


def people(count=40, **columns):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 70, count).astype(float),
            "job": random.choice(["clerk", "smith", "cook"], count),
            "since": pd.date_range("2010-01-31", periods=count, freq="7D").strftime("%d.%m.%Y"),
            "household": np.arange(count) // 4,
            "income": random.choice(["low", "high"], count, p=[0.7, 0.3]),
            "rent": random.normal(800, 200, count),
        }
    )
    frame.loc[::5, "age"] = np.nan
    return frame.assign(**columns)


def rows(dataset):
    """The batches of a dataset."""
    return [tf.nest.map_structure(lambda tensor: tensor.numpy(), batch) for batch in dataset]


def numbers_of(table, names):
    """Index labels of `train_rows` or `valid_rows`."""
    return [int(name.split()[-1]) for name in names]


def test_printing_shows_the_kind_of_each_column():
    table = tabular.from_frame(people(), "income", kinds={"household": "category"})
    lines = str(table).splitlines()
    assert lines[0] == "32 training and 8 validation rows; predicts income (2 classes) from"
    assert [line.split()[:2] for line in lines[1:]] == [
        ["age", "number"], ["job", "category"], ["since", "date"], ["household", "category"], ["rent", "number"],
    ]  # fmt: skip
    assert table.counts == {"train_rows": 32, "valid_rows": 8}
    assert table.classes == ("high", "low")


def test_inputs_match_the_columns():
    frame = people()
    table = tabular.from_frame(frame, "income", kinds={"household": "left out"}, batch_size=8)
    (inputs, targets) = rows(table.valid)[0]
    held_out = frame.iloc[numbers_of(table, table.valid_rows)]
    trained = frame.iloc[numbers_of(table, table.train_rows)]
    part, place = table.places["age"]
    present = trained["age"].dropna()
    z = (held_out["age"].fillna(present.median()) - present.median()) / (
        present.quantile(0.75) - present.quantile(0.25)
    )
    expected = z / np.sqrt(1 + (z / 3) ** 2)
    np.testing.assert_allclose(inputs[part][:, place][:, 0], expected, rtol=1e-5, atol=1e-6)
    assert inputs[part][:, place][:, 1].tolist() == held_out["age"].isna().astype(float).tolist()
    # In alphabetical order, after the index of unknown words.
    indices = {"clerk": 1, "cook": 2, "smith": 3}
    assert inputs["categories"][:, 0].tolist() == [indices[job] for job in held_out["job"]]
    assert targets.tolist() == [table.classes.index(income) for income in held_out["income"]]
    assert (table.cardinalities, table.numbers) == ((4,), 2 + 10 + 1)


def test_edges_are_quantiles_of_the_training_rows():
    frame = pd.DataFrame({"x": np.arange(40.0) ** 2, "few": [0.0, 0.0, 0.0, 1.0] * 10, "y": np.arange(40.0)})
    table = tabular.from_frame(frame, "y", kinds={"x": "number", "few": "number"}, split=None)
    numbers = np.concatenate([x["numbers"] for x, _ in rows(table.train)])
    first, second = table.edges
    np.testing.assert_allclose(
        first, np.quantile(numbers[:, 0], np.linspace(0, 1, 17), method="inverted_cdf"), rtol=1e-6
    )
    assert second == [0, numbers[:, 1].max()]
    assert tabular.from_frame(people()[["job", "income"]], "income").edges == []


def test_a_frequent_value_leaves_the_others_their_edges():
    gain = np.where(np.arange(800) % 10, 0.0, np.arange(800.0))
    table = tabular.from_frame(pd.DataFrame({"gain": gain, "y": np.arange(800.0)}), "y", kinds={"gain": "number"})
    numbers = np.sort(np.unique(np.concatenate([x["numbers"] for x, _ in rows(table.train)])))
    (edges,) = table.edges
    assert len(numbers) > 50
    np.testing.assert_allclose(
        edges[1:], np.quantile(numbers[1:], np.linspace(0, 1, 16), method="inverted_cdf")[1:], rtol=1e-6
    )
    assert edges[0] == 0


@pytest.mark.parametrize(("count", "size"), [(40, 32), (4000, 128), (100_000, 256)])
def test_batch_size_by_the_number_of_rows(count, size):
    assert batch_size_for(count) == size


def test_validation_rows_do_not_change_training_batches():
    frame = people(part=["train"] * 30 + ["valid"] * 10)
    changed = frame.copy()
    changed.loc[30:, ["age", "rent"]] = 1e6
    changed.loc[30:, "job"] = "astronaut"
    one, two = (tabular.from_frame(each, "income", split="part") for each in (frame, changed))
    for (x, y), (z, w) in zip(rows(one.train), rows(two.train), strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, (x, y), (z, w))
    assert (rows(two.valid)[0][0]["categories"][:, 0] == 0).all()


def test_numeric_targets_are_standardized_and_scale_back():
    frame = people(size=np.arange(40.0))
    table = tabular.from_frame(frame, ["rent", "size"])
    assert table.classes is None
    trained = frame.iloc[numbers_of(table, table.train_rows)]
    np.testing.assert_allclose(table.scale.mean, [trained["rent"].mean(), trained["size"].mean()])
    targets = np.concatenate([batch[1] for batch in rows(table.valid)])
    assert targets.dtype == np.float32
    held_out = frame.iloc[numbers_of(table, table.valid_rows)]
    np.testing.assert_allclose(table.scale.undo(targets), held_out[["rent", "size"]], rtol=1e-4)
    assert table.target_scales["rent"] == (table.scale.mean[0], table.scale.std[0])


def everything(dataset, part):
    return np.concatenate([batch[part] for batch in rows(dataset)])


def test_training_batches_hold_the_weights():
    table = tabular.from_frame(people(count=60, w=np.arange(60.0)), "income", weight="w", batch_size=8)
    assert "w" not in table.places
    assert sorted(everything(table.train, 2)) == sorted(numbers_of(table, table.train_rows))
    assert all(len(batch) == 2 for batch in rows(table.valid))


def test_balanced_classes_have_equal_total_weight():
    table = tabular.from_frame(people(count=60), "income", balance=True)
    ((_, labels, weights),) = rows(table.train)
    sums = [weights[labels == label].sum() for label in (0, 1)]
    assert sums == pytest.approx([24, 24])
    weighted = tabular.from_frame(people(count=60, w=[2.0] * 60), "income", balance=True, weight="w")
    assert everything(weighted.train, 2).sum() == pytest.approx(96)


def test_a_target_is_not_confused_with_an_input_of_the_same_key():
    frame = people(**{"size_m": np.random.default_rng(1).normal(size=40), "size m": np.arange(40.0) ** 2})
    table = tabular.from_frame(frame, "size m")
    part, place = table.places["size_m"]
    ((inputs, _),) = rows(table.valid)
    held_out = frame.iloc[numbers_of(table, table.valid_rows)]["size_m"]
    assert np.corrcoef(inputs[part][:, place][:, 0], held_out)[0, 1] > 0.98


def test_columns_named_like_layers_are_exported():
    names = ["tabular", "class_names", "number_feature"]
    frame = people()[["income"]].assign(**{name: np.random.default_rng(0).normal(size=40) for name in names})
    table = tabular.from_frame(frame, "income")
    model = models.tabular(table.cardinalities, table.numbers, classes=2)
    exported = models.table_model(model, table.encoder, classes=table.classes)
    assert exported(raw_inputs(frame, table.raw)).shape == (40, 2)


def test_column_names_may_be_integers():
    frame = people()[["age", "income"]].set_axis([0, 1], axis=1)
    assert list(tabular.from_frame(frame, 1).places) == ["0"]
    assert list(tabular.from_frame(frame, np.int64(1)).places) == ["0"]
    assert list(
        tabular.from_frame(frame.assign(**{"2": [1.0, 2.0] * 20}).set_axis(range(3), axis=1), 1, weight=2).places
    ) == ["0"]


def test_rows_may_have_labels_of_several_levels():
    frame = people().set_index([np.arange(40) // 2, np.arange(40) % 2])
    assert tabular.from_frame(frame, "income", time="since").valid_rows[0] == "row (16, 0)"


def test_splits_by_time_group_and_column():
    frame = people(part=["train", "test"] * 20)
    by_time = tabular.from_frame(frame, "income", time="since")
    assert numbers_of(by_time, by_time.valid_rows) == list(range(32, 40))
    by_group = tabular.from_frame(frame, "income", group="household")
    held_out = frame.iloc[numbers_of(by_group, by_group.valid_rows)]["household"]
    assert (held_out.value_counts() == 4).all()
    assert "household" not in by_group.places
    by_column = tabular.from_frame(frame, "income", split="part")
    assert numbers_of(by_column, by_column.valid_rows) == list(range(1, 40, 2))


@pytest.mark.parametrize("by", ["seed", "time", "group", "split", "class"])
def test_a_rehearsal_splits_the_training_rows_as_all_rows_were(by):
    frame = people(80, part=["train", "valid", "train", "train"] * 20, weight=np.arange(1.0, 81))
    options = {"time": {"time": "since"}, "group": {"group": "household"}, "split": {"split": "part"}}.get(by, {})
    table = tabular.from_frame(frame, "income" if by == "class" else "rent", weight="weight", **options)
    found = table.rehearsal
    assert table.rehearsal is found
    trained, train, valid = (
        numbers_of(table, names) for names in (table.train_rows, found.train_rows, found.valid_rows)
    )
    assert sorted(train + valid) == trained
    assert len(valid) == pytest.approx(len(trained) / 4, abs=2)
    assert (np.flatnonzero(found.held_out).tolist(), np.flatnonzero(found.parts == 0).tolist()) == (valid, train)
    assert found.source(Part.VALID).weights.tolist() == [row + 1 for row in valid]
    assert found.counter is not table.counter
    if by == "time":
        assert max(train) < min(valid)
    elif by == "group":
        assert not {row // 4 for row in train} & {row // 4 for row in valid}
    elif by == "class":
        assert found.labels(Part.VALID).mean() == pytest.approx(table.labels(Part.TRAIN).mean(), abs=0.05)
    inputs = table.source(Part.TRAIN).at([trained.index(valid[0])])
    assert all(np.array_equal(found.source(Part.VALID).at([0])[part], values) for part, values in inputs.items())


def test_each_epoch_has_every_row_once_in_its_own_order():
    table = tabular.from_frame(people(code=np.arange(40.0) ** 1.5), "rent", kinds={"code": "number"}, batch_size=8)
    part, place = table.places["code"]
    epochs = [np.concatenate([batch[0][part][:, place] for batch in rows(table.train)]).ravel() for _ in range(2)]
    assert table.train.cardinality() == 4
    assert (np.sort(epochs[0]) == np.sort(epochs[1])).all()
    assert len(set(epochs[0])) == 32
    assert (epochs[0] != epochs[1]).any()
    again = tabular.from_frame(people(code=np.arange(40.0) ** 1.5), "rent", kinds={"code": "number"}, batch_size=8)
    assert (np.concatenate([batch[0][part][:, place] for batch in rows(again.train)]).ravel() == epochs[0]).all()


@pytest.mark.parametrize("target", ["income", "rent"])
def test_the_exported_model_on_raw_columns_equals_the_pipeline(target, tmp_path):
    frame = people(count=60)
    table = tabular.from_frame(frame, target)
    ends = {"classes": 2} if table.classes else {"outputs": 1}
    model = models.tabular(table.cardinalities, table.numbers, **ends)
    exported = models.table_model(model, table.encoder, classes=table.classes, targets=table.target_scales)
    raw = raw_inputs(frame.iloc[numbers_of(table, table.valid_rows)], models.raw_columns(exported))
    assert models.raw_columns(exported) == table.raw
    outputs = np.concatenate([model.predict_on_batch(inputs) for inputs, _ in table.valid])
    inner = keras.Model(exported.input, exported.layers[-2].input)
    assert np.array_equal(inner.predict_on_batch(raw), outputs)
    expected = exported.predict_on_batch(raw)
    finished = keras.ops.softmax(outputs) if table.classes else table.scale.undo(outputs)
    np.testing.assert_allclose(expected, finished, rtol=1e-6)
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict_on_batch(raw), expected)
    names = models.class_names(loaded) if table.classes else models.target_names(loaded)
    assert names == (table.classes or ("rent",))
    assert models.raw_columns(loaded) == table.raw
    train, known = frame.iloc[numbers_of(table, table.train_rows)], export.known_values(loaded)
    assert (known["age"].low, known["age"].high) == (train["age"].min(), train["age"].max())
    assert known["age"].typical == train["age"].median()
    assert known["job"].categories == ("clerk", "cook", "smith")
    days = pd.to_datetime(train["since"], format="%d.%m.%Y")
    assert [known["since"].low[:10], known["since"].high[:10]] == [str(each)[:10] for each in (days.min(), days.max())]
    assert known["since"].low[:10] < known["since"].typical < known["since"].high[:10]


def test_a_saved_model_takes_raw_columns(tmp_path):
    frame = people()
    table = tabular.from_frame(frame, "income")
    model = models.tabular(table.cardinalities, table.numbers, classes=2)
    exported = models.table_model(model, table.encoder, classes=table.classes)
    raw = raw_inputs(frame, table.raw)
    exported.export(tmp_path / "saved", verbose=False)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(raw), exported(raw), rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "wages"}, "No such column: 'wages'.*'age', 'job'"),
        ({"target": "income", "kinds": {"height": "number"}}, "No such column: 'height'"),
        ({"target": "income", "kinds": {"age": "integer"}}, "one of 'number', 'category'.*'integer'"),
        ({"target": ["income", "rent"], "task": "classes"}, "Several targets must be numbers"),
        ({"target": ["income", "rent"]}, "Column 'income' holds numbers, but row 0"),
        ({"target": []}, "Name a column"),
        ({"target": "age"}, "8 rows have no target, the first row 0"),
        ({"target": "income", "time": "age"}, "needs a value in every row.*row 0 of 'age'"),
        ({"target": "income", "time": "since", "group": "household"}, "Pass only one of time, group and split"),
        ({"target": "income", "split": "job"}, "must hold 'train' or 'valid'.*'(clerk|smith|cook)' in row 0"),
        ({"target": "income", "weight": "job"}, "Column 'job' holds numbers"),
        ({"target": "income", "batch_size": 0}, "at least one row"),
        ({"target": "rent", "balance": True}, "Only classes can be balanced"),
        ({"target": "income", "task": "regression"}, "one of auto, classes, numbers.*'regression'"),
        ({"target": "income", "kinds": {"income": "number"}}, "Only inputs have a kind.*'income'"),
        ({"target": ["rent", "rent"]}, "only once"),
        (
            {"target": "income", "kinds": dict.fromkeys(["age", "job", "since", "household", "rent"], "left out")},
            "No input column is left",
        ),
    ],
)
def test_errors_name_the_wrong_argument(options, message):
    with pytest.raises(BadInput, match=message):
        tabular.from_frame(people(), **options)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"w": [-1.0] + [1.0] * 39}, {"weight": "w"}, "at least 0.*-1.0 in row 0 of 'w'"),
        ({"w": [0.0] * 40}, {"weight": "w"}, "must be positive.*all weights are 0"),
        ({"household": [None] + ["a", "b", "c"] * 13}, {"group": "household"}, "needs a value in every row"),
        ({"part": ["train"] * 40}, {"split": "part"}, "both training and validation"),
        ({"income": ["low"] * 40}, {}, "There is only one class"),
        ({"income": ["low"] * 20 + ["high"] * 20, "part": [0] * 20 + [1] * 20}, {"split": "part"}, "No training row"),
        ({"a b": np.arange(40) % 7, "a_b": np.arange(40) % 5}, {}, "rename one.*'a b', 'a_b'"),
    ],
)
def test_errors_name_the_wrong_cells(columns, options, message):
    with pytest.raises(BadInput, match=message):
        tabular.from_frame(people(**columns), "income", **options)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.concat([people(), people()[["age"]]], axis=1), r"must be unique: rename columns. Received: \['age'\]"),
        (people().set_axis(pd.MultiIndex.from_product([["a"], people()]), axis=1), "must have one level"),
        (people().head(0), "The table has no rows"),
        (people().to_dict(), "Pass a pandas DataFrame"),
    ],
)
def test_what_is_not_a_table_is_refused(frame, message):
    with pytest.raises(BadInput, match=message):
        tabular.from_frame(frame, "income")


def test_a_file_of_one_row_cannot_be_split(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match="at least two samples|At least two rows|only one class"):
        tabular.from_csv(path, "b")


CELL = st.sampled_from(["", "1", "2.5", "-3", "x", "y", "2016-07-31", "NA", "1e400", "true", "é", "0012"])


@settings(max_examples=20)
@given(st.lists(st.tuples(CELL, CELL, st.sampled_from(["yes", "no"])), min_size=1, max_size=14))
def test_any_table_gives_a_result_or_a_clear_error(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_text("\n".join(["a,b,goal", *(",".join(row) for row in cells)]), "utf-8")
    try:
        table = tabular.from_csv(path, "goal", batch_size=4)
    except BadInput as error:
        reason = str(error)
    else:
        reason = ""
    if reason:
        assert "Received: " in reason
        return
    model = models.tabular(table.cardinalities, table.numbers, classes=2)
    outputs = np.concatenate([model(inputs) for inputs, _ in table.valid])
    assert outputs.shape == (len(table.valid_rows), 2)
    assert np.isfinite(outputs).all()


def test_titanic_is_read_without_options(real_data):
    table = tabular.from_csv(real_data / "tabular" / "titanic" / "train.csv", "Survived")
    assert {column.name: column.kind for column in table.columns} == {
        "PassengerId": "left out", "Pclass": "number", "Name": "left out", "Sex": "category", "Age": "number",
        "SibSp": "number", "Parch": "number", "Ticket": "left out", "Fare": "number", "Cabin": "left out",
        "Embarked": "category",
    }  # fmt: skip
    assert sum(table.counts.values()) == 891


def test_rows_are_drawn_with_the_users_values():
    frame = people(age=[np.nan, 30.0] * 20).assign(rent=lambda rows: rows["rent"].round(2))
    found = tabular.from_frame(frame, "income", kinds={"household": "left out"})
    index = next(place for place, name in enumerate(found.valid_rows) if np.isnan(frame["age"][int(name.split()[1])]))
    row = frame.loc[int(found.valid_rows[index].split()[1])]
    written = [text.get_text() for text in found.draw([index], ["worst"]).axes[0].texts]
    title = f"{found.valid_rows[index]}: worst"
    assert written == [
        "", title, "age", "missing", "job", row["job"], "since", row["since"], "rent", f"{row['rent']:.10g}",
    ]  # fmt: skip


def test_labels_in_words_are_in_the_users_units():
    found = tabular.from_frame(people().assign(rent=np.arange(40) * 1000.0), ["rent", "household"])
    name = int(found.valid_rows[1].split()[1])
    assert found.caption(found.valid_labels[1]) == f"rent {name * 1000}, household {name // 4}"
    assert tabular.from_frame(people(), "income").caption(np.int64(1)) == "low"
