"""MirroredStrategy over two logical CPUs in this process, and jobs of several processes."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import distribute
from kerasdl.errors import BadInput

from tests.distribute import job


def start(folder, workers, **options):
    """Start the workers of a job, each a process."""
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(workers)]
        for each in sockets:
            each.bind(("localhost", 0))
        cluster = {"worker": [f"localhost:{each.getsockname()[1]}" for each in sockets]}
    started = []
    for index in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(task), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "tests.distribute.job", str(folder), json.dumps(options)]
        with (folder / f"log{index}.txt").open("w") as log:
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
    return started


def run(folder, workers, **options):
    """The results of all workers."""
    started = start(folder, workers, **options)
    for index, process in enumerate(started):
        assert process.wait(timeout=600) == 0, (folder / f"log{index}.txt").read_text()[-3000:]
    return [job.result(folder, index) for index in range(workers)]


def test_two_processes_train_as_one(tmp_path):
    options = {"count": 50, "batch_size": 12, "epochs": 4}  # of 40 for training: the last batch of an epoch has four
    one = job.main(tmp_path, **options)
    first, second = run(tmp_path / "two", 2, **options)
    job.assert_close(first, one, 1e-5)
    job.assert_close(second, first, 0)


def small(normalization=keras.layers.BatchNormalization):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((6,)), keras.layers.Dense(4), normalization(), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return model


def few(count=11):
    """The last of three batches has a single sample, so that one of two devices has none."""
    random = np.random.default_rng(0)
    x = random.standard_normal((count, 6)).astype("float32") + 3
    return x, random.integers(0, 3, count)


def test_two_devices_train_as_one_also_with_an_empty_slice(two_devices):
    plain = small()
    with two_devices.scope():
        model = small()
    data = few()
    fits = [each.fit(*data, batch_size=5, epochs=3, shuffle=False, verbose=0).history for each in (plain, model)]
    for name, values in fits[0].items():
        np.testing.assert_allclose(fits[1][name], values, rtol=1e-5)
    for weight, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, atol=1e-5)
    np.testing.assert_allclose(
        model.evaluate(*data, batch_size=5, verbose=0), plain.evaluate(*data, batch_size=5, verbose=0), rtol=1e-4
    )
    np.testing.assert_allclose(
        model.predict(data[0], batch_size=5, verbose=0), plain.predict(data[0], batch_size=5, verbose=0), atol=1e-4
    )
    replaced = [name for each in (*model.layers, model.optimizer, model._compile_loss) for name in vars(each)]
    assert not {"_moments", "scale_loss", "call"} & set(replaced)


def test_a_fit_begins_with_the_first_epoch(two_devices):
    """Keras takes a batch before it to build the model."""
    data = job.data_of("images", count=20, batch_size=8)
    with two_devices.scope():
        model = job.network("images", data)
        model.compile("sgd", data.loss)
    model.fit(data.train, epochs=2, verbose=0, shuffle=False)
    assert int(data.counter.variable) == 2
    for _ in two_devices.experimental_distribute_dataset(data.train):
        pass
    assert int(data.counter.variable) == 3


def test_a_loss_that_ignores_labels_is_the_mean_over_all_others(two_devices):
    import kerasdl

    def language_model():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(5, 3), keras.layers.Dense(5)])
        model.compile(keras.optimizers.SGD(1.0), kerasdl.losses.SparseCategoricalCrossentropy(True, ignore_class=-1))
        return model

    tokens = np.arange(12).reshape(3, 4) % 5
    labels = np.array([[1, 2, 3, 4], [2, 3, -1, -1], [-1, -1, -1, 0]])
    plain = language_model()
    with two_devices.scope():
        model = language_model()
    losses = [each.fit(tokens, labels, epochs=2, shuffle=False, verbose=0).history["loss"] for each in (plain, model)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], atol=1e-5)


def fitted(strategy, model, data):
    with strategy.scope():
        built = model()
    built.fit(*data, verbose=0)


def masked():
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(5)(keras.layers.Embedding(5, 3, mask_zero=True)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_a_loss_over_what_a_mask_leaves_is_refused(two_devices):
    with pytest.raises(ValueError, match="mean over what a mask or weights leave differs from device to device"):
        fitted(two_devices, masked, (np.ones((4, 4), int), np.ones((4, 4), int)))


class OwnStep(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x) - tf.cast(y, "float32")[:, None]))
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True)
        )
        return {"loss": loss}


def own_step():
    inputs = keras.Input((6,))
    model = OwnStep(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    return model


def test_a_step_that_does_not_scale_its_loss_is_refused(two_devices):
    with pytest.raises(ValueError, match="must take the gradients of self.optimizer.scale_loss.*Received: OwnStep"):
        fitted(two_devices, own_step, few())


@pytest.mark.parametrize("option", [{"steps_per_execution": 2}, {"jit_compile": True}], ids=str)
def test_what_keras_cannot_do_is_refused_without_any_callback(two_devices, option):
    def model():
        built = small()
        built.compile("sgd", built.loss, **option)
        return built

    with pytest.raises(ValueError, match=f"Keras does not support {next(iter(option))} under a strategy"):
        fitted(two_devices, model, few())


def test_one_device_needs_nothing(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert distribute.strategy() is tf.distribute.get_strategy()


def test_a_cluster_must_be_known_before_tensorflow_begins(monkeypatch):
    tf.constant(0)
    cluster = {"worker": ["localhost:1", "localhost:2"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 0}}))
    with pytest.raises(BadInput, match=r"Call distribute.strategy\(\) at the beginning of the program"):
        distribute.strategy()
