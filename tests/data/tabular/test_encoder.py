"""The encoder: one model for all columns, however many; see test_table.py for what it computes."""

import keras
import numpy as np
import pandas as pd
from kerasdl import export, models
from kerasdl.data import tabular
from kerasdl.data.tabular.encoder import by_part
from kerasdl.layers import NumberFeature


def test_three_hundred_columns_share_a_layer_and_are_exported_bit_for_bit(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(60, 300)), columns=[f"gene {number}" for number in range(300)])
    frame.iloc[::4, 7] = np.nan
    frame = frame.assign(site=random.choice(["skin", "lung"], 60), y=random.normal(size=60))
    table = tabular.from_frame(frame, "y")
    assert table.numbers == 301
    assert table.places["gene 8"] == ("numbers", slice(9, 10))
    model = models.tabular(table.cardinalities, table.numbers, outputs=1, hidden=(4,))
    exported = export.table_model(model, table.encoder, targets=table.target_scales)
    assert sum(isinstance(layer, NumberFeature) for layer in exported.layers) == 1
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inner = keras.Model(loaded.input, loaded.get_layer("user_units").input)
    raw = tabular.raw_inputs(frame[table.held_out], export.raw_columns(loaded))
    expected = np.concatenate([model.predict_on_batch(inputs) for inputs, _ in table.valid])
    assert np.array_equal(inner.predict_on_batch(raw), expected)
    assert str(table).splitlines()[-1] == "  and 101 more columns: 100 number, 1 category"


def test_numbers_come_before_dates():
    dates = pd.date_range("2016-07-31", periods=40, freq="D").astype(str)
    frame = pd.DataFrame({"since": dates, "x": np.arange(40.0) ** 2, "y": np.arange(40.0) % 7.5})
    table = tabular.from_frame(frame, "y")
    assert table.places == {"x": ("numbers", slice(0, 1)), "since": ("numbers", slice(1, 11))}
    assert {part: [column.name for column in each] for part, each in by_part(table.columns).items()} == table.features
