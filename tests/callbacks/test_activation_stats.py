import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks import ActivationStats
from kerasdl.callbacks.activation_stats import BINS, statistics
from kerasdl.callbacks.recorded_outputs import chosen_layers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

X = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, -1.0]], "float32")
# Of three units the second is below 0 for all samples.
KERNEL, BIAS = np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]]), np.array([0.5, -1.0, 0.0])


def one_relu(**options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="relu", name="relu"), head()])
    model.get_layer("relu").set_weights([KERNEL, BIAS])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True, **options)
    return model


def head():
    return keras.layers.Dense(1, name="head")


def fitted(model, callback, x=X):
    model.fit(x, np.zeros((len(x), 1)), callbacks=[callback], verbose=0)
    return callback


def test_a_dead_unit_is_named_and_numbers_are_those_of_numpy(tmp_path):
    found = fitted(one_relu(), ActivationStats(X, tmp_path))
    outputs = np.maximum(X @ KERNEL + BIAS, 0)  # [[1.5, 0, 0], [2.5, 0, 2], [3.5, 0, 0]]
    assert found.dead_units() == ["relu: 1 of 3 units is dead (1)"]
    assert found.dead == {"relu": [1], "head": []}
    history = {name: values["relu"] for name, values in found.history.items() if name != "step"}
    assert history["mean"] == pytest.approx([outputs.mean()])
    assert history["std"] == pytest.approx([outputs.std()])
    assert history["near_zero"] == pytest.approx([5 / 9])
    assert history["dead"] == pytest.approx([1 / 3])
    assert history["range"].tolist() == [[0.0, 3.5]]
    assert history["counts"].tolist() == [np.histogram(outputs, BINS, (0, 3.5))[0].tolist()]
    events = EventAccumulator(str(tmp_path)).Reload()
    assert events.Scalars("dead/relu")[0].value == pytest.approx(1 / 3)
    (written,) = events.Histograms("activations/relu")
    assert (written.step, written.histogram_value.max, sum(written.histogram_value.bucket)) == (0, 3.5, 9)


def test_many_dead_units_are_counted():
    model = one_relu()
    model.get_layer("relu").set_weights([KERNEL, BIAS - 9])
    assert fitted(model, ActivationStats(X, layers=["relu"])).dead_units() == ["relu: 3 of 3 units are dead (0, 1, 2)"]
    callback = ActivationStats(X)
    callback.dead, callback.units = {"relu": list(range(12))}, {"relu": 64}
    assert callback.dead_units()[0].endswith("12 of 64 units are dead (0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more)")


def test_units_of_images_are_channels():
    outputs = np.zeros((2, 3, 3, 4), "float32")
    outputs[0, 1, 1, 2], outputs[..., 3] = 5.0, 7.0
    assert statistics([tf.constant(outputs)])["is_dead"].numpy().tolist() == [True, True, False, True]


def test_units_with_one_value_are_not_called_dead():
    assert statistics([tf.constant([[0.0, 1.0]])])["is_dead"].numpy().tolist() == [False, False]
    assert statistics([tf.constant([[[0.0, 1.0], [0.0, 2.0]]])])["is_dead"].numpy().tolist() == [True, False]


def test_calls_of_one_layer_count_together():
    found = statistics([tf.constant([[1.0, 0.0]]), tf.constant([[2.0, 0.0], [3.0, 0.0]])])
    assert (found["mean"], found["is_dead"].numpy().tolist()) == (1.0, [False, True])
    assert statistics([tf.zeros((2, 3)), tf.ones((2, 5))])["is_dead"].numpy().tolist() == [False]


@pytest.mark.parametrize("spoiled", [np.nan, np.inf])
def test_values_that_are_not_finite_have_no_histogram(spoiled, tmp_path):
    found = statistics([tf.constant([[1.0, spoiled], [2.0, 3.0]])])
    assert not np.isfinite(found["mean"])
    assert np.isnan(found["range"]).all()
    assert found["counts"].numpy().tolist() == [0] * BINS
    model = one_relu()
    model.get_layer("relu").set_weights([KERNEL, BIAS * np.nan])
    fitted(model, ActivationStats(X, tmp_path))
    assert not EventAccumulator(str(tmp_path)).Reload().Tags()["histograms"]


@pytest.mark.parametrize("value", [0.0, -3.0, 1e9])
def test_equal_values_have_a_histogram_of_one_bar(value):
    found = statistics([tf.fill((4, 2), value)])
    low, high = found["range"].numpy()
    assert low < value < high
    assert sorted(found["counts"].numpy())[-1] == 8


class Mapped(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = keras.layers.Dense(2, activation="relu", name="inner")

    def build(self, shape):
        self.inner.build(shape[1:])

    def call(self, inputs):
        return keras.ops.vectorized_map(self.inner, inputs)


def test_what_runs_inside_a_loop_is_left_out_or_refused():
    memory = keras.layers.SimpleRNN(4, name="memory")
    model = keras.Sequential([keras.Input((3, 2)), Mapped(name="mapped"), memory, head()])
    model.compile("sgd", "mse", run_eagerly=True)
    assert list(chosen_layers(model)) == ["mapped/inner", "memory", "head"]
    x = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
    assert sorted(fitted(model, ActivationStats(x), x).history["mean"]) == ["head", "memory"]
    with pytest.raises(ValueError, match=r"inside a loop.*Received: \['mapped/inner'\]"):
        fitted(model, ActivationStats(x, layers=["head", "mapped/"]), x)
