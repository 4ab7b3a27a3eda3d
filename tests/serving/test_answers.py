"""Answers of every kind of run are its predictions, in the user's units."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models
from kerasdl.app.trained import Trained
from kerasdl.data import sequences, series, tabular
from kerasdl.errors import BadInput
from kerasdl.layers import LogMelSpectrogram
from kerasdl.serving.answers import answers

from tests.app.small_runs import saved
from tests.data.text.test_predictions import classifier
from tests.examples import write_tone
from tests.recipes.bad_input import ROWS
from tests.serving.asking import trained_on


def test_rows_of_several_requests_and_of_other_columns():
    trained = trained_on("table")
    alone = [answers(trained, [[{"area": area}]])[0][0] for area in (1.5, 30)]
    assert alone[0] != alone[1]
    (first, _), (second,) = answers(trained, [[{"area": 1.5}, {"area": None}], [{"area": "30", "more": 1}]])
    for found, expected in zip((first, second), alone, strict=True):
        assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_numbers_in_the_units_of_the_user(tmp_path):
    rows = [row.split(",") for row in ROWS]
    frame = pd.DataFrame({"x": [float(row[1]) for row in rows], "price": [1e6 * float(row[1]) for row in rows]})
    data = tabular.from_frame(frame, "price")
    network = models.tabular([], data.numbers, hidden=(2,), outputs=1)
    exported = export.table_model(network, data.encoder, targets=data.target_scales)
    trained = Trained.of(saved(tmp_path / "run", exported))
    expected = tabular.predict(exported, frame[:2])["price"]
    (found,) = answers(trained, [[{"x": 1.5}, {"x": 3.0}]])
    assert [each["price"] for each in found] == pytest.approx([*expected], rel=1e-5)
    with pytest.raises(BadInput, match=r"The model has no finite answer to this.* Received: \[inf\]"):
        answers(replace(trained, run=lambda inputs: np.full((1, 1), np.inf)), [[{"x": 1.5}]])


def test_a_forecast(tmp_path):
    trained = trained_on("series")
    rows = [{"area": number} for number in range(6)]
    expected = series.forecast(trained.model, pd.DataFrame(rows), target=["area"])
    assert answers(trained, [rows, rows[1:]])[0] == [
        {"step": "1", "area": pytest.approx(expected["area"].iloc[0], rel=1e-5)}
    ]
    with pytest.raises(BadInput, match="needs the last 4 rows"):
        answers(trained, [rows[:2]])
    with pytest.raises(BadInput, match="All rows of a series have the same columns"):
        answers(trained, [[*rows, {}]])


def test_tags_are_all_above_one_half(tmp_path):
    trained = Trained.of(saved(tmp_path / "run", classifier(tags=True)))
    ((first, second),) = answers(trained, [["good bad", "what"]])
    assert first["tags"] == ["neg", "pos"]
    assert second == {"tags": [], "probabilities": {"neg": 0.5, "pos": 0.5}}


@pytest.mark.slow
def test_sequences_and_sounds(tmp_path):
    exported = export.sequence_classifier(models.resnet_1d((None, 2), 2, widths=(4,)), ["a", "b"])
    trained = Trained.of(saved(tmp_path / "lines", exported))
    given = np.random.default_rng(0).normal(size=(3, 12, 2)).round(3).tolist()
    given[1] = given[1][:5]
    found = answers(trained, [given[:2], given[2:]])
    expected = list(sequences.predict(exported, [np.array(each) for each in given], top=None))
    assert [len(each) for each in found] == [2, 1]
    alone = [each["probabilities"] for one in found for each in one]
    assert alone == [pytest.approx(each, abs=1e-6) for each in expected]
    for wrong, why in (([["a"]], "A sequence is a list of steps"), ([[1, 2, 3]], "2 channels. Received: shape")):
        with pytest.raises(BadInput, match=why):
            answers(trained, [[wrong]])
    spectra, layer = models.resnet_1d((None, 40), 2, widths=(4,)), LogMelSpectrogram(8000)
    exported = export.sequence_classifier(spectra, ["a", "b"], spectrogram=layer)
    write_tone(tmp_path / "a.wav")
    ((answer,),) = answers(Trained.of(saved(tmp_path / "sounds", exported)), [(tmp_path / "a.wav").read_bytes()])
    (heard,) = sequences.predict(exported, [tmp_path / "a.wav"], top=None)
    assert answer["probabilities"] == pytest.approx(heard, abs=1e-6)
