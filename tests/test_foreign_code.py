"""Keras code as people write it, unchanged but for the callback: a range test, then a fit with one-cycle."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import lr_find
from keras import layers
from kerasdl.callbacks import OneCycle
from kerasdl.optimizers import current_momentum

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((48, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
TARGET = X[:, :1] * 2 + 1
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
ARRAYS = {"x": X, "y": Y, "batch_size": 8}


def dataset():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)


def functional(optimizer="adam", loss=LOGITS, **compile_arguments):
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(layers.Dropout(0.1)(layers.BatchNormalization()(hidden))))
    model.compile(optimizer, loss, **compile_arguments)
    return model


class Subclassed(keras.Model):
    def __init__(self, units=2):
        super().__init__()
        self.hidden, self.dropout, self.out = layers.Dense(8, "relu"), layers.Dropout(0.1), layers.Dense(units)

    def call(self, inputs, training=None):
        return self.out(self.dropout(self.hidden(inputs), training=training))


class OwnLossTracker(Subclassed):
    """keras.io, "Customizing fit", going lower-level."""

    def __init__(self):
        super().__init__(1)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = keras.ops.mean(keras.losses.mean_squared_error(y, y_pred))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.loss_tracker.update_state(loss)
        self.mae_metric.update_state(y, y_pred)
        return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae_metric]


class ComputesLoss(Subclassed):
    """keras.io, "Customizing fit", the first example."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class ReturnsTheLoss(Subclassed):
    """A train_step without any metric."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((y - self(x, training=True)) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


class Autoencoder(keras.Model):
    """keras.io's variational autoencoder: three trackers, none of them called "loss"."""

    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([keras.Input((6,)), layers.Dense(2)])
        self.decoder = keras.Sequential([keras.Input((2,)), layers.Dense(6)])
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z = self.encoder(data)
            reconstruction_loss = keras.ops.mean((data - self.decoder(z)) ** 2)
            kl_loss = 0.1 * keras.ops.mean(z**2)
            total_loss = reconstruction_loss + kl_loss
        gradients = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total_loss_tracker.update_state(total_loss)
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {
            "loss": self.total_loss_tracker.result(),
            "reconstruction_loss": self.reconstruction_loss_tracker.result(),
            "kl_loss": self.kl_loss_tracker.result(),
        }


class TwoOptimizers(keras.Model):
    """keras.io's GAN: the optimizer given to `Model.compile` is not used."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential([keras.Input((6,)), layers.Dense(6)])
        self.g_optimizer = keras.optimizers.Adam()

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((data[0] - self.generator(data[0])) ** 2)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"g_loss": loss}


class Regularized(layers.Layer):
    def call(self, inputs):
        self.add_loss(1e-3 * keras.ops.sum(inputs**2))
        return inputs


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]


def compiled(model, optimizer="adam", loss=LOGITS, **arguments):
    model.compile(optimizer, loss, **arguments)
    return model


def sequential(*more):
    return keras.Sequential([*more, layers.Dense(8, activation="relu"), layers.Dense(2)])


def several_inputs():
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    return compiled(keras.Model([left, right], layers.Dense(2)(layers.Concatenate()([left, right]))))


def several_outputs():
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, "relu")(inputs)
    model = keras.Model(inputs, {"kind": layers.Dense(2, name="kind")(hidden), "size": layers.Dense(1)(hidden)})
    losses, weights = {"kind": LOGITS, "size": "mse"}, {"kind": 1.0, "size": 0.5}
    return compiled(model, loss=losses, loss_weights=weights, metrics={"kind": ["accuracy"], "size": ["mae"]})


def adapted():
    normalization = layers.Normalization()
    normalization.adapt(X)
    return compiled(sequential(keras.Input((6,)), normalization))


TEXTS = tf.constant(["good film", "bad film"] * 24)


def from_text():
    vectorize = layers.TextVectorization(50, output_sequence_length=4)
    vectorize.adapt(TEXTS)
    return compiled(
        keras.Sequential([vectorize, layers.Embedding(50, 4), layers.GlobalAveragePooling1D(), layers.Dense(2)])
    )


def in_half(dtype, optimizer):
    inputs = keras.Input((6,))
    hidden = layers.Dense(8, "relu", dtype=dtype)(inputs)
    return compiled(keras.Model(inputs, layers.Dense(2, dtype="float32")(hidden)), optimizer)


def forever():
    while True:
        yield from ((X[start : start + 8], Y[start : start + 8]) for start in range(0, 48, 8))


def regularized():
    return compiled(keras.Sequential([layers.Dense(8, kernel_regularizer="l2"), Regularized(), layers.Dense(2)]))


def many_to_one():
    return compiled(keras.Sequential([layers.Reshape((6, 1)), layers.LSTM(4), layers.Dense(2)]))


# Of the model, and of its data: the arguments of `fit`.
PATTERNS = {
    "Sequential, not built": (lambda: compiled(sequential()), lambda: ARRAYS),
    "Sequential": (lambda: compiled(sequential(keras.Input((6,)))), lambda: ARRAYS),
    "functional": (functional, lambda: {**ARRAYS, "validation_split": 0.25}),
    "subclassed": (lambda: compiled(Subclassed()), lambda: ARRAYS),
    "subclassed, metrics": (
        lambda: compiled(Subclassed(), metrics=["accuracy"]),
        lambda: {"x": dataset(), "validation_data": dataset()},
    ),
    "train_step with a loss_tracker": (
        lambda: compiled(OwnLossTracker(), loss=None),
        lambda: {"x": X, "y": TARGET, "batch_size": 8},
    ),
    "train_step with compute_loss": (
        lambda: compiled(ComputesLoss(1), loss="mse", metrics=["mae"]),
        lambda: {"x": X, "y": TARGET, "batch_size": 8},
    ),
    "train_step that returns the loss": (
        lambda: compiled(ReturnsTheLoss(1), loss=None),
        lambda: {"x": X, "y": TARGET, "batch_size": 8},
    ),
    "train_step with three trackers": (
        lambda: compiled(Autoencoder(), loss=None),
        lambda: {"x": X, "batch_size": 8},
    ),
    "several inputs": (several_inputs, lambda: {"x": {"left": X, "right": X}, "y": Y, "batch_size": 8}),
    "several outputs": (several_outputs, lambda: {"x": X, "y": {"kind": Y, "size": TARGET}, "batch_size": 8}),
    "add_loss and regularizers": (regularized, lambda: ARRAYS),
    "an adapted layer": (adapted, lambda: ARRAYS),
    "texts": (from_text, lambda: {"x": TEXTS, "y": tf.constant(Y), "batch_size": 8}),
    "LSTM, not built": (many_to_one, lambda: ARRAYS),
    "tf.data": (functional, lambda: {"x": dataset().shuffle(10, seed=0).prefetch(1)}),
    "infinite tf.data": (functional, lambda: {"x": dataset().repeat(), "steps_per_epoch": 6}),
    "PyDataset": (functional, lambda: {"x": Sequence()}),
    "generator": (functional, lambda: {"x": forever(), "steps_per_epoch": 6}),
    "class weights": (functional, lambda: {**ARRAYS, "class_weight": {0: 2.0, 1: 0.5}}),
    "sample weights": (functional, lambda: {**ARRAYS, "sample_weight": np.linspace(0, 2, 48)}),
    "jit": (lambda: functional(jit_compile=True), lambda: ARRAYS),
    "eager": (lambda: functional(run_eagerly=True), lambda: ARRAYS),
    "bfloat16": (lambda: in_half("mixed_bfloat16", "adam"), lambda: ARRAYS),
    "float16": (
        lambda: in_half("mixed_float16", keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())),
        lambda: ARRAYS,
    ),
    "steps_per_execution": (lambda: functional(steps_per_execution=8), lambda: ARRAYS),
    "accumulation": (lambda: functional(keras.optimizers.Adam(gradient_accumulation_steps=2)), lambda: ARRAYS),
    "averaged weights": (lambda: functional(keras.optimizers.AdamW(use_ema=True)), lambda: ARRAYS),
    "clipnorm": (lambda: functional(keras.optimizers.Adam(clipnorm=1.0)), lambda: ARRAYS),
    "a schedule": (
        lambda: functional(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 12))),
        lambda: ARRAYS,
    ),
}
CALLBACKS = {
    "EarlyStopping": lambda folder: keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True),
    "ModelCheckpoint": lambda folder: keras.callbacks.ModelCheckpoint(folder / "best.keras", "loss"),
    "BackupAndRestore": lambda folder: keras.callbacks.BackupAndRestore(folder / "backup"),
    "TensorBoard": lambda folder: keras.callbacks.TensorBoard(folder / "logs", update_freq=2),
    "CSVLogger": lambda folder: keras.callbacks.CSVLogger(folder / "log.csv"),
    "TerminateOnNaN": lambda folder: keras.callbacks.TerminateOnNaN(),
    "LambdaCallback": lambda folder: keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
}


def find_and_fit(model, data, *callbacks):
    """The user's code: the range test must leave the weights as they are, then the fit must train."""
    data_of_test = {name: value for name, value in data.items() if not name.startswith("val")}
    found = lr_find(model, **data_of_test, num_steps=40, verbose=0)
    # Most go on to a rate of 10; Ftrl, which sets weights instead of changing them, diverges first.
    assert len(found.rates) > 20, found.stopped
    assert np.isfinite(found.losses[:-1]).all()
    before = model.get_weights()
    fitted = model.fit(**data, epochs=2, verbose=0, callbacks=[OneCycle(1e-2), *callbacks])
    assert all(np.isfinite(loss) for loss in fitted.history["loss"])
    assert any((new != old).any() for new, old in zip(model.get_weights(), before, strict=True))
    return found


# One for each way in which a model or its data differ; the others repeat a way.
QUICK_PATTERNS = {
    *("functional", "subclassed", "several outputs"),
    *("train_step with compute_loss", "add_loss and regularizers"),
}


# Keras 3.15 warns about its own default.
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed, but will be ignored:UserWarning")
@pytest.mark.parametrize(
    "pattern", [pytest.param(name, marks=() if name in QUICK_PATTERNS else pytest.mark.slow) for name in PATTERNS]
)
def test_a_range_test_then_one_cycle(pattern):
    make, data = PATTERNS[pattern]
    find_and_fit(make(), data())


# In the suite the contract of our callbacks has BackupAndRestore beside them, and the tests of Resume EarlyStopping.
@pytest.mark.slow
@pytest.mark.parametrize("name", CALLBACKS)
def test_beside_a_callback_of_keras(name, tmp_path):
    find_and_fit(functional(), ARRAYS, CALLBACKS[name](tmp_path))


def test_a_callback_that_sets_the_learning_rate_is_refused():
    """Keras refuses it, too, beside a LearningRateSchedule."""
    model, halve = functional(), keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    with pytest.raises(ValueError, match="OneCycle sets the learning rate of this fit.*LearningRateScheduler"):
        model.fit(**ARRAYS, epochs=2, verbose=0, callbacks=[OneCycle(1e-2), halve])


def test_a_callback_that_lowers_the_learning_rate_later_has_no_effect_and_the_user_is_warned():
    lower = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10.0)
    with pytest.warns(UserWarning, match="ReduceLROnPlateau.*has no effect"):
        functional().fit(**ARRAYS, epochs=5, verbose=0, callbacks=[OneCycle(1e-2), lower])


OPTIMIZERS = (
    *("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Adafactor"),
    *("Nadam", "Ftrl", "Lion", "Lamb", "Muon", "ScheduleFreeAdamW"),
)


def test_every_optimizer_of_keras_is_listed():
    classes = [each for each in vars(keras.optimizers).values() if isinstance(each, type)]
    wrappers = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
    assert {each.__name__ for each in classes} - wrappers == {*OPTIMIZERS}


# In the suite the one that treats matrices in another way; Adam is that of all other tests.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "Muon" else pytest.mark.slow) for name in OPTIMIZERS]
)
def test_with_every_optimizer_of_keras(name):
    model = functional(getattr(keras.optimizers, name)())
    if not current_momentum(model.optimizer):
        with pytest.warns(UserWarning, match=f"{name}.*momentum"):
            find_and_fit(model, ARRAYS)
    else:
        find_and_fit(model, ARRAYS)


def test_several_optimizers_are_refused():
    """Each has a learning rate of its own."""
    model = functional()
    by_path = keras.optimizers.OptimizerMap(keras.optimizers.Adam(), {".*bias": keras.optimizers.SGD()})
    model.compile(keras.optimizers.MultiOptimizer(by_path), LOGITS)
    for run in (lambda: lr_find(model, **ARRAYS, verbose=0), lambda: model.fit(**ARRAYS, callbacks=[OneCycle(0.1)])):
        with pytest.raises(ValueError, match="Received: .*MultiOptimizer"):
            run()


def test_a_train_step_with_an_optimizer_of_its_own_is_refused():
    model, message = compiled(TwoOptimizers(), loss=None), r"took no step.*Received: TwoOptimizers.train_step"
    with pytest.raises(ValueError, match="must return its loss"):
        lr_find(model, X, Y, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, batch_size=1, epochs=2, verbose=0, callbacks=[OneCycle(0.1)])
    with pytest.warns(UserWarning, match=message):
        model.fit(X, Y, batch_size=8, verbose=0, callbacks=[OneCycle(0.1)])


class AccumulatesByHand(Subclassed):
    """Gradients are applied in every third step."""

    def __init__(self):
        super().__init__(1)
        self.step = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)

    def build(self, shape):
        super().build(shape)
        self(keras.ops.zeros((1, 6)))
        self.sums = [tf.Variable(tf.zeros_like(weight)) for weight in self.trainable_variables]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((y - self(x, training=True)) ** 2)
        for total, gradient in zip(self.sums, tape.gradient(loss, self.trainable_variables), strict=True):
            total.assign_add(gradient)
        self.step.assign_add(1)
        tf.cond(self.step % 3 == 0, self.update, lambda: None)
        return {"loss": loss}

    def update(self):
        self.optimizer.apply([tf.identity(total) for total in self.sums], self.trainable_variables)
        for total in self.sums:
            total.assign(tf.zeros_like(total))


def test_gradients_accumulated_by_hand():
    model = AccumulatesByHand()
    model.build((None, 6))
    model.compile(keras.optimizers.Adam(), run_eagerly=True)
    model.fit(X, TARGET, batch_size=8, verbose=0, callbacks=[OneCycle(1e-2, total_steps=6)])
    assert int(model.optimizer.iterations) == 2
    found = lr_find(model, X, TARGET, batch_size=8, num_steps=20, verbose=0)
    assert found.stopped == "All 20 steps were taken."
