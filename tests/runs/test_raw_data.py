import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models, runs
from kerasdl.errors import BadInput
from kerasdl.runs.raw_data import RawData, _options

from tests.recipes.bad_input import earlier_run


def test_options_survive_json():
    options = runs.SeriesData(target=("a", "b"), batch_size=8)
    assert _options(runs.SeriesData, json.loads(json.dumps(dataclasses.asdict(options)))) == options


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "houses.csv"
    frame = pd.DataFrame({"area": rng.normal(100, 20, 50), "price": rng.normal(5e5, 1e5, 50)})
    frame.to_csv(file, index=False)
    options = runs.TableData(data=str(file), target=("price",))
    data = runs.load_table(options, seed=3)
    network = models.tabular([], data.numbers, hidden=(2,), outputs=3, quantiles=[0.1, 0.5, 0.9])
    exported = export.table_model(network, data.encoder, targets=runs.output_scales(network, data))
    return exported, {**runs.flattened(options), "seed": 3}, frame


def test_rows_are_those_of_the_parts_of_the_run(houses):
    exported, config, frame = houses
    training, validation = runs.load_raw(exported, config, train=5, valid=99)
    assert (len(training.truth), len(validation.truth)) == (5, 10)
    areas = {part: set(np.ravel(each.inputs["area"]).round(3)) for part, each in enumerate((training, validation))}
    assert not areas[0] & areas[1]
    prices = dict(zip(frame["area"].round(3), frame["price"], strict=True))
    found = [prices[each] for each in np.ravel(validation.inputs["area"]).round(3)]
    np.testing.assert_allclose(np.ravel(validation.truth), found, rtol=1e-5)
    assert validation.first(2)["area"].shape == (2, 1)


def test_the_medians_of_quantiles_are_scored(houses):
    exported, config, _ = houses
    _, validation = runs.load_raw(exported, config, train=1, valid=10)
    found = np.concatenate([validation.truth - 9, validation.truth + 3, validation.truth + 99], axis=1)
    name, score = runs.score_of(validation, found)
    assert (name, round(score, 4)) == ("RMSE", 3.0)


def test_tags_have_an_accuracy_each():
    raw = RawData(None, np.array([[0, 1], [1, 1]], np.float32))
    assert runs.score_of(raw, np.array([[0.1, 0.9], [0.2, 0.8]])) == ("accuracy", 0.75)


def test_a_language_model_reads_pieces_of_the_documents(tmp_path):
    (tmp_path / "train.txt").write_text("".join(chr(97 + at // 200) for at in range(900)))
    (tmp_path / "valid.txt").write_text("A house.")
    config = {"data": str(tmp_path / "train.txt"), "valid": str(tmp_path / "valid.txt"), "batch_size": 2}
    model = runs.load_run(earlier_run("language"))
    training, validation = runs.load_raw(model, config, train=3, valid=9)
    assert [each.decode() for each in training.inputs.numpy()] == ["a" * 200, "b" * 200, "c" * 200]
    assert (len(validation), validation.truth) == (1, None)
    with pytest.raises(BadInput, match="A language model writes texts"):
        runs.score_of(validation, np.zeros((1, 4)))


def test_data_of_another_target_are_refused(houses):
    exported, config, _ = houses
    with pytest.raises(BadInput, match="other targets than the run"):
        runs.load_raw(exported, {**config, "target": ["area"]}, train=1, valid=1)


def test_pictures_of_other_channels_are_refused():
    network = models.resnet((8, 8, 3), 10, depths=(1,), widths=(4,), stem="small")
    exported = export.image_classifier(network, list("0123456789"))
    with pytest.raises(BadInput, match="has 3 channels"):
        runs.load_raw(exported, {"data": "digits"}, train=1, valid=1)


def test_data_that_are_gone_are_named(houses):
    exported, config, _ = houses
    with pytest.raises(BadInput, match=r"give them \(--data\).*none.csv"):
        runs.load_raw(exported, {**config, "data": "none.csv"}, train=1, valid=1)
    assert len(runs.load_raw(exported, {**config, "data": "none.csv"}, train=1, valid=1, data=config["data"])) == 2
