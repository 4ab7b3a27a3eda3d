"""Little data, much noise: long training learns the noise by heart, and a rehearsal finds that out."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import callbacks, losses, models, runs
from kerasdl.callbacks.snapshot import Snapshot
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from kerasdl.distribute import MirroredStrategy
from kerasdl.runs.table_rehearsal import _batches, _loss


def noise(count=60, **columns):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(count, 6)), columns=list("abcdef"))
    return frame.assign(**{"y": 0.3 * frame["a"] + random.normal(size=count), **columns})


def table():
    return tabular.from_frame(noise(200), "y", batch_size=80)


def network(data, quantiles=(), dropout=0.1):
    keras.utils.set_random_seed(0)
    ends = {"outputs": len(quantiles), "quantiles": quantiles} if quantiles else {"outputs": 1}
    model = models.tabular((), data.numbers, hidden=(64,), dropout=dropout, normalization="none", **ends)
    model.compile(keras.optimizers.Adam(), losses.Pinball(quantiles) if quantiles else data.loss)
    return model


def test_the_shortest_training_is_chosen_where_more_learns_noise_and_all_is_left_as_found(capsys):
    data = table()
    model = network(data)
    before = Snapshot(model)
    steps, tried = runs.rehearsed_table_steps(model, data, 0.05)
    assert tried["steps"] == [20, 67, 200]
    assert steps == 20
    assert tried["loss"] == sorted(tried["loss"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("Training steps: 20 (loss of 20, 67, 200 in a rehearsal")
    after = Snapshot(model)
    assert all(np.array_equal(*pair) for pair in zip(before.arrays, after.arrays, strict=True))
    assert repr(before.random_state) == repr(after.random_state)
    assert after._epochs[data.counter] == 0


@pytest.mark.slow
def test_the_training_after_it_is_the_one_without_it():
    found = []
    for is_rehearsed in (True, False):
        data = table()
        model = network(data)
        if is_rehearsed:
            assert runs.rehearsed_table_steps(model, data, 0.02, verbose=0)[1]
        model.fit(data.train, epochs=10, shuffle=False, verbose=0, callbacks=[callbacks.OneCycle(0.02)])
        found.append(model.get_weights())
    assert all(np.array_equal(*pair) for pair in zip(*found, strict=True))


@pytest.mark.slow
def test_several_devices_decide_as_one():
    alone = runs.rehearsed_table_steps(network(table(), dropout=0.0), table(), 0.05, verbose=0)
    with MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = network(table(), dropout=0.0)  # each device draws its own
    both = runs.rehearsed_table_steps(model, table(), 0.05, verbose=0)
    assert both[0] == alone[0]
    assert both[1]["loss"] == pytest.approx(alone[1]["loss"], rel=1e-3)


def test_batches_have_every_row_once_before_any_comes_again():
    data = tabular.from_frame(noise(weight=np.arange(1.0, 61)), "y", weight="weight", batch_size=16).rehearsal
    source = data.source(Part.TRAIN)
    batches = list(_batches(data, 5))
    inputs, labels, weights = (
        np.concatenate([np.asarray(each) for each in found])
        for found in zip(*((inputs["numbers"], *targets) for inputs, *targets in batches), strict=True)
    )
    assert [len(targets[0]) for _, *targets in batches] == [16] * 5
    for first in (0, 36):
        assert sorted(weights[first : first + 36]) == sorted(source.weights)
    places = [source.weights.tolist().index(weight) for weight in weights]
    assert np.array_equal(labels, source.labels[places])
    assert np.array_equal(inputs, source.at(places)["numbers"])
    assert all(
        np.array_equal(*pair) for pair in zip(*([y for _, y, _ in _batches(data, 5)] for _ in "ab"), strict=True)
    )


def test_quantiles_are_judged_by_their_pinball_loss():
    data, levels = table().rehearsal, [0.1, 0.5, 0.9]
    model = network(data, levels)
    ((inputs, labels),) = data.valid
    assert _loss(model, data) == pytest.approx(float(losses.Pinball(levels)(labels, model(inputs))), rel=1e-5)


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (noise(48), {}),  # 38 training rows
        (noise(12_510), {}),
        (noise(y=["often"] * 56 + ["seldom"] * 4), {}),  # three of them in training
        (noise(y=["often", "never"] * 29 + ["seldom"] * 2), {}),  # one of them
        (noise(house=[0] * 50 + [1] * 10), {"group": "house"}),
        (noise(weight=[0.0] * 58 + [1.0] * 2), {"weight": "weight"}),
    ],
    ids=["few rows", "many rows", "a small class", "a class of one", "one group", "without weight"],
)
def test_without_enough_rows_or_with_many_there_is_none(frame, options):
    data = tabular.from_frame(frame, "y", **options)
    assert runs.rehearsed_table_steps(None, data, 0.02) == (runs.table_steps(data), {})


def test_a_training_that_diverges_is_not_chosen(monkeypatch):
    data = tabular.from_frame(noise(), "y", batch_size=16)
    model = network(data)
    monkeypatch.setattr(model, "fit", lambda *_, **__: None)
    found = iter([float("inf"), 0.5, 0.4])
    monkeypatch.setattr("kerasdl.runs.table_rehearsal._loss", lambda *_: next(found))
    assert runs.rehearsed_table_steps(model, data, 0.02, verbose=0)[0] == 300
    found = iter([float("inf")] * 3)
    assert runs.rehearsed_table_steps(model, data, 0.02, verbose=0)[0] == runs.table_steps(data)


@pytest.mark.parametrize("weights", [None, np.arange(12, dtype="float32")])
def test_the_loss_has_the_weights_of_the_rows_and_no_label_smoothing(weights):
    data = tabular.from_frame(noise(y=["low", "high"] * 30), "y").rehearsal
    data = replace(data, valid_source=replace(data.source(Part.VALID), weights=weights))
    model = models.tabular((), data.numbers, hidden=(), classes=2)
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.5))
    labels, outputs = data.valid_labels, model(data.source(Part.VALID).at(range(12))).numpy()
    each = np.log(np.exp(outputs).sum(axis=1)) - outputs[range(12), labels]
    assert _loss(model, data) == pytest.approx((each if weights is None else each * weights).mean(), rel=1e-5)
