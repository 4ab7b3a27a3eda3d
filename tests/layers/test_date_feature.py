from datetime import date, datetime, timedelta

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import DateFeature
from kerasdl.layers.date_feature import days_since_1970


@given(st.dates(date(1000, 1, 1), date(3000, 1, 1)))
def test_days_agree_with_the_standard_library(day):
    assert days_since_1970(day.year, day.month, day.day) == (day - date(1970, 1, 1)).days


@settings(max_examples=30)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_days_and_cyclic_features_agree_with_the_standard_library(moment):
    outputs = DateFeature(0.0, 1.0)(tf.constant([[moment.strftime("%Y-%m-%d %H:%M:%S")]])).numpy()[0]
    day = timedelta(days=1)
    assert outputs[0] == pytest.approx((moment.replace(microsecond=0) - datetime(1970, 1, 1)) / day, abs=0.003)
    share = (moment - datetime(moment.year, moment.month, moment.day)) / day
    clocks = [(moment - datetime(moment.year, 1, 1)) / day / 365.25, (moment.day - 1 + share) / 30.44]
    clocks += [(moment.weekday() + share) / 7, share]
    expected = [way(2 * np.pi * clock) for clock in clocks for way in (np.sin, np.cos)]
    np.testing.assert_allclose(outputs[1:9], expected, atol=2e-3)
    assert outputs[9] == 0


@pytest.mark.parametrize("text", ["", "soon", "2016-13-01", "2016-07-32", "20160731", "2016-7-31", "31.07.2016"])
def test_text_that_is_no_date_sets_only_the_flag(text):
    assert DateFeature(5.0, 2.0)(tf.constant([[text]])).numpy()[0].tolist() == [0.0] * 9 + [1.0]


def test_days_are_standardized():
    assert DateFeature(10.0, 4.0)(tf.constant([["1970-01-15"]])).numpy()[0, 0] == 1.0


def test_reload(tmp_path):
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, DateFeature(9.0, 3.0, "%d.%m.%Y", name="since")(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    dates = tf.constant([["2016-07-31 17:05:00"], ["?"]])
    np.testing.assert_array_equal(loaded(dates), model(dates))
    assert loaded.get_layer("since").form == "%d.%m.%Y"
