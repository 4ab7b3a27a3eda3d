import contextlib

import keras
import numpy as np
import pytest
from kerasdl import lr_find, models, optimizers, schedules
from kerasdl.callbacks import LRRangeTest, OneCycle
from kerasdl.data import images
from kerasdl.lr_range import ramp, smooth

from tests.contracts import ALL_MODES, ALL_PIPELINES, Mode, batches, same, small_model, state

GROUPS = [{"match": "stem_", "lr": 0.1}, {"match": "head_", "weight_decay": 0.1}]
STOCK = {
    name: lambda name=name: getattr(keras.optimizers, name)()
    for name in (
        *("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Adafactor"),
        *("Nadam", "Ftrl", "Lion", "Lamb"),
    )
}
OPTIMIZERS = STOCK | {
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "ema": lambda: keras.optimizers.AdamW(0.01, use_ema=True),
    "ema-overwriting": lambda: keras.optimizers.AdamW(0.01, use_ema=True, ema_overwrite_frequency=3),
    "accumulation": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "stock-schedule": lambda: keras.optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(0.01, 100)),
    "our-schedule": lambda: keras.optimizers.SGD(schedules.OneCycleSchedule(0.1, 100), momentum=0.9),
    "loss-scaling": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
    "groups-SGD": lambda: optimizers.SGD(0.01, momentum=0.9, groups=GROUPS),
    "groups-RMSprop": lambda: optimizers.RMSprop(0.01, groups=GROUPS),
    "groups-Adam": lambda: optimizers.Adam(0.01, groups=GROUPS),
    "groups-AdamW-ema": lambda: optimizers.AdamW(0.01, groups=GROUPS, use_ema=True),
}


EAGER = Mode(run="eager")


def made(mode=EAGER):
    return small_model(mode, keras.optimizers.SGD(0.01, momentum=0.9))


@pytest.fixture(scope="module")
def model():
    """Of several tests, whose steps are traced once: a range test leaves it as it was."""
    return made(Mode())


@pytest.fixture(scope="module")
def executions():
    """The same with four steps per execution."""
    return made(Mode(steps_per_execution=4))


def test_losses_are_those_of_each_batch(model):
    """The last batch of an epoch is smaller, so the running mean in Keras's logs is weighted."""
    data, twin = batches(37), made()
    found = lr_find(model, data, start_lr=1e-3, end_lr=0.5, num_steps=10, verbose=0)
    expected = []
    for step, (x, y) in enumerate([*data, *data]):
        twin.optimizer.learning_rate = ramp(step, 10, 1e-3, 0.5)
        expected.append(twin.train_on_batch(x, y))
    np.testing.assert_allclose(found.losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.rates, ramp(np.arange(10), 10, 1e-3, 0.5))
    assert found.stopped == "All 10 steps were taken."


def find_and_compare_with_twin(build, fit, num_steps=12):
    """The test must restore the model, and `fit` must then give the same result, bit for bit, as without the test."""
    model, twin = build(), build()
    with model.distribute_strategy.scope():
        model.optimizer.build(model.trainable_variables)
    before, numbers = state(model), np.random.get_state()[1].copy()
    lr_find(model, batches(), num_steps=num_steps, verbose=0)
    assert same(state(model), before)
    assert (np.random.get_state()[1] == numbers).all()
    for each in (model, twin):
        fit(each)
    assert same(state(model), state(twin))


def one_step(model):
    model.train_on_batch(*next(iter(batches())))


def two_layers(optimizer):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(4, name="stem_dense"), keras.layers.Dropout(0.2), keras.layers.Dense(3, name="head_")]
    model = keras.Sequential([keras.Input((6,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, run_eagerly=True)
    return model


def two_epochs(model):
    model.fit(batches(), epochs=2, verbose=0, shuffle=False)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_is_restored(make):
    # The steps are enough for an update under accumulation and for ema_overwrite_frequency.
    find_and_compare_with_twin(lambda: two_layers(make()), one_step, num_steps=4)


# Those that do more than a step: the test above compares the state of every optimizer.
WITH_FULL_FIT = ("ema-overwriting", "our-schedule")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param(name, mode, id=f"{name}-{mode}", marks=() if quick and name in WITH_FULL_FIT else pytest.mark.slow)
        for mode, quick in ((Mode(), True), (Mode("mixed_float16", "jit", 4), False))
        for name in OPTIMIZERS
    ],
)
def test_a_fit_after_the_test_is_the_same_as_without_it(name, mode):
    find_and_compare_with_twin(lambda: small_model(mode, OPTIMIZERS[name]()), two_epochs)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        # Over two devices the suite has the optimizer that is traced in the least time.
        pytest.param("momentum", Mode(devices=2), id="momentum", marks=pytest.mark.slow),
        *(
            pytest.param("groups-AdamW-ema", mode, id=str(mode), marks=pytest.mark.slow)
            for mode in ALL_MODES
            if not mode.beyond_keras
        ),
    ],
)
def test_a_fit_after_the_test_is_the_same_in_every_mode(name, mode, request):
    def build():
        with request.getfixturevalue("two_devices").scope() if mode.devices == 2 else contextlib.nullcontext():
            return small_model(mode, OPTIMIZERS[name]())

    find_and_compare_with_twin(build, two_epochs)


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]


X, Y = np.random.default_rng(0).standard_normal((40, 6)).astype("float32"), np.arange(40) % 3
DATA = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 8},
    "sample_weights": lambda: {"x": X, "y": Y, "batch_size": 8, "sample_weight": np.linspace(0, 2, 40)},
    "class_weights": lambda: {"x": X, "y": Y, "batch_size": 8, "class_weight": {0: 2.0, 1: 1.0, 2: 0.5}},
    "short": lambda: {"x": batches()},
    "infinite": lambda: {"x": batches().repeat()},
    "infinite-counted": lambda: {"x": batches().repeat(), "steps_per_epoch": 7},
    "unknown-length": lambda: {"x": batches().filter(lambda x, y: True)},
    "PyDataset": lambda: {"x": Sequence(), "shuffle": False},
}
QUICK = {"class_weights", "short", "unknown-length", "PyDataset"}


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")  # from Keras, if the length is unknown
@pytest.mark.parametrize(
    "data",
    [pytest.param(each, id=name, marks=[] if name in QUICK else pytest.mark.slow) for name, each in DATA.items()],
)
def test_every_kind_of_data(data):
    model, twin = made(), made()
    found = lr_find(model, **data(), num_steps=7, verbose=0)
    assert len(found.losses) == 7
    assert np.isfinite(found.losses).all()
    for each in (model, twin):
        one_step(each)
    assert same(state(model), state(twin))


def test_several_inputs():
    inputs = [keras.Input((6,), name="left"), keras.Input((6,), name="right")]
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Concatenate()(inputs)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_weights()
    found = lr_find(model, {"left": X, "right": X}, Y, batch_size=8, num_steps=12, verbose=0)
    assert len(found.losses) == 12
    assert same(model.get_weights(), before)


def test_parameter_groups_keep_their_ratios():
    moved = {}

    class Watches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            moved.update({v.path: v.numpy() for v in self.model.trainable_variables})

    inputs = keras.Input((1,))
    dense = {"use_bias": False, "kernel_initializer": "zeros"}
    outputs = [keras.layers.Dense(1, name=name, **dense)(inputs) for name in ("slow", "fast")]
    model = keras.Model(inputs, keras.layers.Add()(outputs))
    model.compile(optimizers.SGD(groups=[{"match": "slow", "lr": 0.25}]), "mse")
    lr_find(model, np.ones((8, 1)), np.ones((8, 1)), num_steps=5, end_lr=0.1, callbacks=[Watches()], verbose=0)
    assert moved["slow/kernel"] == pytest.approx(moved["fast/kernel"] / 4)
    assert moved["fast/kernel"] > 0


def test_the_validation_loss_is_computed_after_every_step_on_all_data(model):
    valid, twin = (X[:16], Y[:16]), made()
    found = lr_find(
        model, batches(), start_lr=1e-3, end_lr=0.5, num_steps=8, shape="linear", validation_data=valid, verbose=0
    )
    expected = []
    for step, (x, y) in enumerate([*batches(), *batches()][:8]):
        twin.optimizer.learning_rate = ramp(step, 8, 1e-3, 0.5, shape="linear")
        twin.train_on_batch(x, y)
        twin.reset_metrics()
        expected.append(twin.evaluate(*valid, verbose=0))
    np.testing.assert_allclose(found.valid_losses, expected, rtol=1e-4)
    np.testing.assert_allclose(found.smoothed, smooth(found.valid_losses))
    np.testing.assert_allclose(found.rates, ramp(np.arange(8), 8, 1e-3, 0.5, shape="linear"))


def test_the_position_of_pipelines_is_restored():
    random = np.random.default_rng(0)
    pixels, labels = random.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8), np.arange(40) % 2

    def fitted(find):
        keras.utils.set_random_seed(0)
        data = images.from_arrays(pixels, labels, classes=["a", "b"], batch_size=8)
        model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        if find:
            lr_find(model, data.train, num_steps=7, verbose=0)
        model.fit(data.train, epochs=2, verbose=0, shuffle=False)
        return state(model)

    assert same(fitted(find=True), fitted(find=False))


def test_the_state_of_a_language_model_and_the_position_in_its_text_are_restored():
    def trained(find):
        keras.utils.set_random_seed(0)
        data = ALL_PIPELINES["streams of tokens"]()
        model = models.language_model(len(data.vocabulary), batch_size=8, cell="rnn", embedding=3, depth=1, dropout=0.2)
        model.compile("adam", data.loss, run_eagerly=True)
        model.fit(data.train, epochs=1, verbose=0, shuffle=False)
        if find:
            before = state(model)
            lr_find(model, data.train, num_steps=7, verbose=0)
            assert same(state(model), before)
        model.fit(data.train, epochs=1, verbose=0, shuffle=False)
        return state(model)

    assert same(trained(find=True), trained(find=False))


def test_arrays_are_shuffled_as_without_the_range_test():
    x, y = np.random.default_rng(0).standard_normal((40, 6)), np.arange(40) % 3
    model, twin = small_model(Mode()), small_model(Mode())
    lr_find(model, x, y, batch_size=8, num_steps=12, verbose=0)
    for each in (model, twin):
        each.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert same(state(model), state(twin))


class Subclassed(keras.Model):
    """Makes one of its layers, which draws a seed, when it is built."""

    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(4), keras.layers.Dense(3)

    def build(self, shape):
        self.dropout = keras.layers.Dropout(0.3)

    def call(self, x, training=None):
        return self.out(self.dropout(self.hidden(x), training=training))


def sequential():
    return keras.Sequential([keras.layers.Dense(3)])


@pytest.mark.parametrize(
    ("make", "mode"),
    [
        (sequential, Mode()),
        (Subclassed, Mode(run="eager")),
        (Subclassed, Mode(steps_per_execution=4)),
        pytest.param(Subclassed, Mode(), marks=pytest.mark.slow),
        pytest.param(sequential, Mode(run="eager"), marks=pytest.mark.slow),
        pytest.param(sequential, Mode(steps_per_execution=4), marks=pytest.mark.slow),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_model_that_is_not_built(make, mode):
    """The test builds it as the fit would have: the same seeds, the same bits."""

    def fitted(find):
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(
            keras.optimizers.SGD(0.01, momentum=0.9),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            run_eagerly=mode.run == "eager",
            steps_per_execution=mode.steps_per_execution,
        )
        if find:
            lr_find(model, batches(), num_steps=7, verbose=0)
        two_epochs(model)
        return [*state(model), np.array(keras.random.SeedGenerator().state)]

    assert same(fitted(find=True), fitted(find=False))


def test_a_model_that_cannot_be_built_is_refused_and_stays_as_it_is():
    class Broken(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x["pixels"])

    model = Broken()
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="cannot be built from its data: call it on a batch first. Received: 'broken"):
        lr_find(model, batches(), verbose=0)
    assert not model.optimizer.built
    assert "_get_current_learning_rate" not in vars(model.optimizer)


def test_by_default_there_are_as_many_points_with_several_steps_per_execution(executions):
    found = lr_find(executions, batches(128), start_lr=1e-4, end_lr=1e-2, verbose=0)
    assert len(found.rates) == 100
    np.testing.assert_allclose(found.rates, ramp(np.arange(3, 400, 4), 400, 1e-4, 1e-2))
    assert found.stopped == "All 400 steps were taken."


def test_stops_when_the_loss_diverges(model):
    found = lr_find(model, batches(), start_lr=1e-2, end_lr=1e4, num_steps=100, verbose=0)
    assert len(found.rates) < 100
    assert found.stopped == f"The loss diverged at step {len(found.rates)}."
    assert np.isfinite(np.concatenate([value.ravel() for value in state(model)])).all()


def test_a_single_high_loss_in_the_flat_part_is_no_divergence(model):
    weights = np.ones(80)
    weights[16:24] = 100  # the third batch
    found = lr_find(model, *next(iter(batches(80).unbatch().batch(80))), sample_weight=weights, batch_size=8,
                    shuffle=False, end_lr=1e-3, num_steps=20, verbose=0)  # fmt: skip
    assert found.losses[2] > 20 * found.losses[0]
    assert found.stopped == "All 20 steps were taken."


def test_executions_longer_than_an_epoch(executions):
    found = lr_find(executions, batches(24), num_steps=40, end_lr=1e-3, verbose=0)
    assert found.stopped == "All 40 steps were taken."


def test_stops_at_once_when_the_loss_is_nan(model):
    # Not through the inputs: the fused Dense and relu of oneDNN turn NaN into 0.
    x, weights = np.ones((40, 6), "float32"), np.full(40, np.nan)
    found = lr_find(model, x, np.zeros(40, "int64"), sample_weight=weights, batch_size=8, verbose=0)
    assert found.stopped == "The loss diverged at step 1."
    assert all(np.isfinite(value).all() for value in state(model))


def test_an_interrupt_restores_everything(model):
    class Interrupts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

    model.optimizer.build(model.trainable_variables)
    before = state(model)
    with pytest.raises(KeyboardInterrupt):
        lr_find(model, batches(), callbacks=[Interrupts()], verbose=0)
    assert same(state(model), before)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize("more", [{}, {"verbose": 1}, {"validation_data": (np.ones((8, 6)), np.zeros(8))}])
def test_one_progress_bar_for_the_whole_test(more, model, capfd):
    found = lr_find(model, batches(), end_lr=1e-3, num_steps=12, **more)  # three epochs
    printed = capfd.readouterr().out
    assert printed.count("\n") == 1
    assert "Epoch" not in printed
    read = found.losses if found.valid_losses is None else found.valid_losses
    assert "12/12" in printed.split("\r")[-1]
    assert printed.rstrip().endswith(f"loss: {read[-1]:.4f}")


def test_the_progress_bar_ends_its_line_when_the_loss_diverges(model, capfd):
    found = lr_find(model, batches(), start_lr=1e-2, end_lr=1e4)
    last = capfd.readouterr().out.split("\r")[-1]
    assert f"{len(found.rates)}/100" in last
    assert last.endswith("\n")


def test_the_progress_bar_ends_its_line_on_an_interrupt(model, capfd):
    def interrupt(batch, logs):
        if batch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lr_find(model, batches(), callbacks=[keras.callbacks.LambdaCallback(on_train_batch_begin=interrupt)])
    printed = capfd.readouterr().out
    assert "3/100" in printed.split("\r")[-1]
    assert printed.count("\n") == 1


def test_verbose_0_prints_nothing(model, capfd):
    lr_find(model, batches(), num_steps=12, verbose=0)
    assert not capfd.readouterr().out


def test_an_error_before_the_first_step_draws_no_bar(model, capfd):
    with pytest.raises(ValueError, match="Two callbacks"):
        lr_find(model, batches(), callbacks=[OneCycle(0.1)])
    assert not capfd.readouterr().out


def test_a_fit_with_the_callback_shows_the_bars_of_fit(model, capfd):
    model.fit(batches(), epochs=3, callbacks=[LRRangeTest(num_steps=12)], shuffle=False)
    assert capfd.readouterr().out.count("Epoch ") == 3


def test_inside_a_fit(model):
    test = LRRangeTest(num_steps=12)
    model.fit(batches(), epochs=50, callbacks=[test], verbose=0, shuffle=False)
    assert len(test.result.losses) == 12
    assert model.stop_training is False


def test_history_is_restored():
    model = made()
    history = model.fit(batches(8), verbose=0, shuffle=False)
    lr_find(model, batches(16), num_steps=3, verbose=0)
    assert model.history is history


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"start_lr": 0.0}, ValueError),
        ({"start_lr": 1.0, "end_lr": 0.1}, ValueError),
        ({"num_steps": 0}, ValueError),
        ({"num_steps": 2.5}, ValueError),
        ({"stop_factor": 1.0}, ValueError),
        ({"shape": "quadratic"}, ValueError),
        ({"epochs": 3}, TypeError),
        ({"validation_split": 0.1}, TypeError),
    ],
)
def test_arguments_out_of_range_raise(arguments, error, model):
    with pytest.raises(error, match="Received: "):
        lr_find(model, batches(), **arguments)


def test_an_execution_has_the_learning_rate_of_its_last_step(executions):
    found = lr_find(executions, batches(), num_steps=12, start_lr=1e-4, end_lr=1e-2, verbose=0)
    # Epochs of five steps: four and one.
    np.testing.assert_allclose(found.rates, ramp(np.array([3, 4, 8, 9, 13]), 12, 1e-4, 1e-2))
    assert found.stopped == "All 12 steps were taken."


def test_steps_skipped_by_loss_scaling_do_not_count():
    def found(scale):
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=scale)
        return lr_find(small_model(Mode("mixed_float16"), optimizer), batches(), num_steps=10, verbose=0)

    skipping = found(2.0**23)
    repeated = len(skipping.rates) - len(found(2.0**5).rates)
    assert repeated > 0
    np.testing.assert_allclose(skipping.rates[: repeated + 1], 1e-7)
    np.testing.assert_allclose(skipping.rates[repeated:], ramp(np.arange(10), 10, 1e-7, 10.0))


def test_stops_even_if_loss_scaling_skips_every_step():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**100)
    found = lr_find(small_model(Mode("mixed_float16"), optimizer), batches(), num_steps=10, verbose=0)
    assert found.stopped == "Loss scaling skipped half of 20 steps."
