"""Two logical CPUs train as one device."""

import kerasdl
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.interpret import Classification


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


@pytest.fixture
def exchanged(monkeypatch):
    """What several devices add up, in the order of their traces."""
    found, all_reduce = [], tf.distribute.ReplicaContext.all_reduce

    def recorded(context, reduce_op, value, options=None):
        found.extend([value] * (context.num_replicas_in_sync > 1))
        return all_reduce(context, reduce_op, value, options)

    monkeypatch.setattr(tf.distribute.ReplicaContext, "all_reduce", recorded)
    return found


def test_a_loss_that_ignores_labels_is_the_mean_over_all_others(two_devices, exchanged):
    def language_model():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(5, 3), keras.layers.Dense(5)])
        # Adam: Keras squares the gradients of the same word one by one, and so must several devices.
        optimizer = keras.optimizers.Adam(0.1, epsilon=0.1)
        model.compile(optimizer, kerasdl.losses.SparseCategoricalCrossentropy(True, ignore_class=-1))
        return model

    tokens = np.arange(12).reshape(3, 4) % 5
    labels = np.array([[1, 2, 3, 4], [2, 3, -1, -1], [-1, -1, -1, 0]])
    plain = language_model()
    with two_devices.scope():
        model = language_model()
    losses = [each.fit(tokens, labels, epochs=2, shuffle=False, verbose=0).history["loss"] for each in (plain, model)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], atol=1e-5)
    # The numbers of rows, and once all gradients.
    gradients = [each for each in exchanged if isinstance(each, list)]
    assert len(gradients) == len(exchanged) / 2


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


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_gradients_are_clipped_after_they_are_added_up(two_devices, clip):
    def model():
        keras.utils.set_random_seed(0)
        built = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(5, 3), keras.layers.Flatten()])
        built.compile(keras.optimizers.SGD(1.0, **{clip: 0.1}), "mse", run_eagerly=True)
        return built

    plain = model()
    with two_devices.scope():
        distributed = model()
    tokens, targets = np.array([[1, 2], [3, 3], [1, 4]]), np.arange(18).reshape(3, 6)
    for each in (plain, distributed):
        each.fit(tokens, targets, epochs=2, verbose=0)
    np.testing.assert_allclose(distributed.get_weights()[0], plain.get_weights()[0], atol=1e-6)


def test_all_devices_skip_a_step_that_is_not_finite_on_one(two_devices):
    """Loss scaling; of the two, only the first has an infinite gradient."""
    with two_devices.scope():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=4.0)
        model.compile(optimizer, "mse", run_eagerly=True)
    before = [np.array(each) for each in model.get_weights()]
    model.fit(np.array([[1e30], [1.0]], "float32"), np.zeros((2, 1)), verbose=0)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    assert float(optimizer.dynamic_scale.numpy()) == 2.0


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


@pytest.mark.parametrize(
    "layer",
    [keras.layers.BatchNormalization, pytest.param(kerasdl.layers.BatchRenormalization, marks=pytest.mark.slow)],
)
def test_masked_statistics_are_those_of_the_whole_batch(two_devices, layer):
    def model():
        keras.utils.set_random_seed(0)
        inputs = keras.Input((3, 2))
        x = layer(name="norm", **options)(keras.layers.Masking()(inputs))
        built = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(x))
        built.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
        return built

    options = {"r_ramp": (0, 1), "d_ramp": (0, 1)} if layer is kerasdl.layers.BatchRenormalization else {}
    x = np.random.default_rng(0).standard_normal((5, 3, 2)).astype("float32")
    x[0, 1:], x[4, 2:] = 0, 0
    plain = model()
    with two_devices.scope():
        distributed = model()
    for each in (plain, distributed):
        each.fit(x, x[:, 0], epochs=3, batch_size=5, shuffle=False, verbose=0)
    for weight, expected in zip(distributed.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, atol=1e-5)


def test_whole_batches_are_divided_too(two_devices):
    plain = small()
    with two_devices.scope():
        model = small()
    x, y = few(5)
    np.testing.assert_allclose(model.predict_on_batch(x), plain.predict_on_batch(x), atol=1e-5)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(3)
    found, expected = (Classification.of(each, batches, list("abc")) for each in (model, plain))
    np.testing.assert_allclose(found.losses, expected.losses, atol=1e-5)
    for each in (model, plain):
        each.train_on_batch(x, y)
    for weight, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, atol=1e-5)
