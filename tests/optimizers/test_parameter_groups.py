"""Optimizers with parameter groups against NumPy, in every way to train with Keras."""

import contextlib
from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import groups, optimizers
from kerasdl.callbacks import GradualUnfreezing, OneCycle

from tests.contracts import OPTIMIZERS, Mode, batches, same, small_model, state

GRADIENTS = np.random.default_rng(0).standard_normal((8, 3)).astype("float32")
GROUPS = [{"match": "body", "lr": 0.5}, {"match": "head/kernel", "weight_decay": 0.3}]
RATE, DECAY = 0.1, 0.2
# Multiplier and weight decay by GROUPS and the rule that biases do not decay.
SETTINGS = {"body/kernel": (0.5, DECAY), "body/bias": (0.5, 0.0), "head/kernel": (1.0, 0.3), "head/bias": (1.0, 0.0)}

MAKE = {
    "SGD": lambda **more: optimizers.SGD(RATE, momentum=0.9, weight_decay=DECAY, groups=GROUPS, **more),
    "SGD-nesterov": lambda **more: optimizers.SGD(
        RATE, momentum=0.9, nesterov=True, weight_decay=DECAY, groups=GROUPS, **more
    ),
    "RMSprop": lambda **more: optimizers.RMSprop(RATE, momentum=0.9, weight_decay=DECAY, groups=GROUPS, **more),
    "Adam": lambda **more: optimizers.Adam(RATE, weight_decay=DECAY, groups=GROUPS, **more),
    "Adam-amsgrad": lambda **more: optimizers.Adam(RATE, weight_decay=DECAY, amsgrad=True, groups=GROUPS, **more),
    "AdamW": lambda **more: optimizers.AdamW(RATE, weight_decay=DECAY, groups=GROUPS, **more),
    "Lion": lambda **more: optimizers.Lion(RATE, weight_decay=DECAY, groups=GROUPS, **more),
    "Lamb": lambda **more: optimizers.Lamb(RATE, weight_decay=DECAY, groups=GROUPS, **more),
    # Of vectors, which take the steps of AdamW.
    "Muon": lambda **more: optimizers.Muon(RATE, weight_decay=0.9, adam_weight_decay=DECAY, groups=GROUPS, **more),
}


def reference(name, path, gradients):
    """A variable that starts at 1 after these gradients, by the formulas of the papers in float64."""
    multiplier, decay = SETTINGS[path]
    weight, first, second, largest = np.ones(3), np.zeros(3), np.zeros(3), np.zeros(3)
    rate = RATE * multiplier
    for step, gradient in enumerate(gradients.astype("float64"), start=1):
        weight = weight - rate * decay * weight
        if name.startswith("SGD"):
            first = 0.9 * first - rate * gradient
            weight = weight + (0.9 * first - rate * gradient if "nesterov" in name else first)
        elif name == "RMSprop":
            second = 0.9 * second + 0.1 * gradient**2
            first = 0.9 * first + rate * gradient / np.sqrt(second + 1e-7)
            weight = weight - first
        elif name == "Lion":
            weight = weight - rate * np.sign(0.9 * first + 0.1 * gradient)
            first = 0.99 * first + 0.01 * gradient
        elif name == "Lamb":
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            update = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-7)
            weight = weight - rate * update * np.linalg.norm(weight) / np.linalg.norm(update)
        else:
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            largest = np.maximum(largest, second) if "amsgrad" in name else second
            scale = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weight = weight - rate * scale * first / (np.sqrt(largest) + 1e-7)
    return weight


@keras.saving.register_keras_serializable("test")
class Affine(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(3,), initializer="ones", name="kernel")
        self.bias = self.add_weight(shape=(3,), initializer="ones", name="bias")

    def call(self, x):
        return x * self.kernel + self.bias


@keras.saving.register_keras_serializable("test")
def gradient_is_target(y, p):
    return keras.ops.sum(y * p, axis=-1)


def network(optimizer, run="graph", steps_per_execution=1):
    """A model in which the gradient of every variable is the target of the batch."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Add()([Affine(name="body")(inputs), Affine(name="head")(inputs)]))
    model.compile(
        optimizer,
        gradient_is_target,
        run_eagerly=run == "eager",
        jit_compile=run == "jit",
        steps_per_execution=steps_per_execution,
    )
    return model


def train(model, *callbacks, steps=4):
    """Two epochs of so many steps; each batch is two equal rows, one per replica."""
    rows = np.repeat(GRADIENTS, 2, axis=0)
    data = tf.data.Dataset.from_tensor_slices((np.ones_like(rows), rows)).batch(2).repeat()
    # One iterator for both epochs: with steps_per_epoch the second epoch continues where the first ended.
    model.fit(data, epochs=2, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=list(callbacks))


WAYS = ["graph", "eager", "jit", "steps_per_execution", "loss_scaling", "two_devices"]


OTHERS = [name for name in MAKE if name != "AdamW"]


def every_way():
    """Every (name, way, late); slow but for AdamW in each way, and one way per other optimizer in rotation."""
    for name, (index, way), late in product(MAKE, enumerate(WAYS), (False, True)):
        quick = late if name == "AdamW" else (OTHERS.index(name) % len(WAYS), late) == (index, index % 2)
        yield pytest.param(
            *(name, way, late),
            id=f"{name}-{way}-{'late' if late else 'at_once'}",
            marks=() if quick else pytest.mark.slow,
        )


@pytest.mark.parametrize(("name", "way", "late"), list(every_way()))
def test_every_way_of_training_agrees_with_numpy(name, way, late, request):
    scope = request.getfixturevalue("two_devices").scope() if way == "two_devices" else contextlib.nullcontext()
    with scope:
        optimizer = MAKE[name]()
        if way == "loss_scaling":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=1024.0)
        model = network(
            optimizer, way if way in ("eager", "jit") else "graph", 4 if way == "steps_per_execution" else 1
        )
    train(model, *[GradualUnfreezing(at=[1], groups=["body", "head"])] if late else [])
    for variable in model.trainable_variables:
        seen = GRADIENTS[4:] if late and variable.path.startswith("body") else GRADIENTS
        expected = reference(name, variable.path, seen)
        np.testing.assert_allclose(variable.numpy(), expected, atol=2e-6, err_msg=variable.path)


def reloads():
    """Every (name, run); in the suite eagerly, which takes less time, and as a graph with AdamW."""
    for name, run in product(MAKE, ("eager", "graph")):
        quick = "-" not in name and (run == "eager" or name == "AdamW")
        yield pytest.param(name, run, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize(("name", "run"), list(reloads()))
def test_a_reloaded_model_has_groups_and_state_and_trains_on_identically(name, run, tmp_path):
    model = network(MAKE[name](), run)
    train(model, steps=1)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.groups == GROUPS
    assert same(state(model), state(loaded))
    for each in (model, loaded):
        train(each, steps=1)
    assert same(state(model), state(loaded))


def test_the_list_of_optimizers_is_complete():
    classes = {name for name in optimizers.__all__ if isinstance(getattr(optimizers, name), type)}
    assert classes == set(OPTIMIZERS) == {name.split("-")[0] for name in MAKE}


def applied(optimizer, steps=3):
    """A matrix and a vector of each of two layers, after steps with the same gradients whatever the optimizer."""
    random = np.random.default_rng(0)
    shapes = {"body_kernel": (4, 3), "body_gain": (3,), "head_kernel": (4, 3), "head_gain": (3,)}
    variables = [
        keras.Variable(random.normal(size=shape), dtype="float32", name=name) for name, shape in shapes.items()
    ]
    for _ in range(steps):
        optimizer.apply([random.normal(size=v.shape).astype("float32") for v in variables], variables)
    return {variable.name: variable.numpy() for variable in variables}


# Keras has 1 - beta of float64; the kernel that updates Adam's moments in one go has that of float32.
ROUNDING = {"Adam": 5e-6, "AdamW": 5e-6}


def assert_same(found, expected, layer="", tolerance=0.0):
    for name in [name for name in expected if name.startswith(layer)]:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_multiplier_of_one_is_stock_keras_bit_for_bit_but_for_rounding_of_adam(name):
    ours, stock = getattr(optimizers, name), getattr(keras.optimizers, name)
    expected = applied(stock(RATE, **OPTIMIZERS[name]))
    for rates in ([], [{"match": "body_", "lr": 1}, {"match": "head_", "lr": 1.0}]):
        assert_same(applied(ours(RATE, **OPTIMIZERS[name], groups=rates)), expected, tolerance=ROUNDING.get(name, 0.0))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_multiplier_of_zero_leaves_a_layer_unchanged(name):
    decaying = dict.fromkeys(OPTIMIZERS[name], 0.1) | {"weight_decay": 0.1}
    optimizer = getattr(optimizers, name)(RATE, **decaying, groups=[{"match": "body_", "lr": 0}])
    found, initial = applied(optimizer), applied(optimizer, steps=0)
    assert_same(found, initial, "body")
    assert not any(np.array_equal(found[each], initial[each]) for each in ("head_kernel", "head_gain"))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_multiplier_equals_training_with_another_learning_rate(name):
    decaying = dict.fromkeys(OPTIMIZERS[name], 0.1) | {"weight_decay": 0.1}
    make = getattr(optimizers, name)
    grouped = applied(make(0.25, **decaying, groups=[{"match": "body_", "lr": 0.5}]))
    assert_same(grouped, applied(make(0.125, **decaying)), "body")
    assert_same(grouped, applied(make(0.25, **decaying)), "head")


def test_decay_of_muon_is_that_of_the_group_or_of_the_kind_of_variable():
    optimizer = optimizers.Muon(
        RATE, weight_decay=0.2, adam_weight_decay=0.3, groups=[{"match": "body_", "lr": 0.5, "weight_decay": 0.4}]
    )
    kept = {"body_kernel": 1 - RATE * 0.5 * 0.4, "body_gain": 1 - RATE * 0.5 * 0.4}
    kept |= {"head_kernel": 1 - RATE * 0.2, "head_gain": 1 - RATE * 0.3}
    variables = [keras.Variable(np.ones((2, 2) if "kernel" in each else 2, "float32"), name=each) for each in kept]
    optimizer.apply([np.zeros(variable.shape, "float32") for variable in variables], variables)
    for variable, share in zip(variables, kept.values(), strict=True):
        np.testing.assert_allclose(variable.numpy(), share, rtol=1e-6, err_msg=variable.name)


def test_without_groups_and_decay_the_result_is_that_of_stock_keras():
    # Of Adam the rounding is magnified where a gradient is nothing but rounding, as of biases before a normalization.
    ours, stock = (small_model(Mode(), each.SGD(0.1, momentum=0.9)) for each in (optimizers, keras.optimizers))
    for model in (ours, stock):
        model.fit(batches(), epochs=2, verbose=0, shuffle=False)
    assert same(ours.get_weights(), stock.get_weights())


def test_a_layer_unfrozen_late_takes_steps_of_the_right_size_unlike_stock_keras():
    largest = {}
    for name, optimizer in {"ours": optimizers.Adam(RATE), "stock": keras.optimizers.Adam(RATE)}.items():
        late, early = keras.Variable([0.0], name="late"), keras.Variable([0.0], name="early")
        optimizer.build([late, early])
        for _ in range(100):
            optimizer.apply([np.ones(1, "float32")], [early])
        positions = [0.0]
        for _ in range(20):
            optimizer.apply([np.ones(1, "float32")], [late])
            positions.append(-float(late.numpy()[0]))
        largest[name] = np.diff(positions).max()
    # With a constant gradient every step of Adam is as large as the learning rate.
    assert largest["ours"] == pytest.approx(RATE, rel=1e-4)
    assert largest["stock"] > 2 * RATE


def test_if_several_groups_match_the_last_wins_separately_for_each_setting():
    optimizer = optimizers.AdamW(
        groups=[
            {"match": "stem_", "lr": 0.1, "weight_decay": 0.5},
            {"match": "kernel", "lr": 0.2},
            {"match": "beta", "weight_decay": 0.7},
        ]
    )
    model = small_model(Mode(), optimizer)
    model.optimizer.build(model.trainable_variables)
    settings = dict(
        zip(
            [variable.path for variable in model.trainable_variables],
            zip(optimizer._multipliers, optimizer._decays, strict=True),
            strict=True,
        )
    )
    assert settings["stem_dense/kernel"] == (0.2, 0.5)
    assert settings["stem_dense/bias"] == (0.1, 0.5)
    assert settings["stem_norm/beta"] == (0.1, 0.7)
    assert settings["head_logits/kernel"] == (0.2, None)  # the optimizer's
    assert settings["head_logits/bias"] == (1.0, 0.0)


def test_variables_excluded_by_the_user_do_not_decay():
    optimizer = optimizers.AdamW(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    small = small_model(Mode(), optimizer)
    optimizer.build(small.trainable_variables)
    assert set(optimizer._decays) == {0.0}


def test_a_step_without_data_is_not_counted_and_does_not_decay():
    """An epoch over data of unknown length ends with such a step."""
    rows = np.repeat(GRADIENTS[:4], 2, axis=0)
    data = tf.data.Dataset.from_tensor_slices((np.ones_like(rows), rows)).batch(2).filter(lambda x, y: True)
    model = network(optimizers.AdamW(RATE, weight_decay=DECAY, groups=GROUPS))
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(data, shuffle=False, verbose=0)
    assert [int(steps.numpy()) for steps in model.optimizer._own_steps] == [4, 4, 4, 4]
    for variable in model.trainable_variables:
        np.testing.assert_allclose(variable.numpy(), reference("AdamW", variable.path, GRADIENTS[:4]), atol=2e-6)


def test_weight_decay_may_change_between_fits():
    model = network(optimizers.SGD(RATE))
    train(model)
    before = model.get_layer("head").kernel.numpy().copy()
    model.optimizer.weight_decay = DECAY
    groups.retrace(model)
    model.fit(np.ones((2, 3)), np.zeros((2, 3)), batch_size=2, verbose=0)
    np.testing.assert_allclose(model.get_layer("head").kernel.numpy(), before * (1 - RATE * DECAY), rtol=1e-6)


def test_one_cycle_scales_with_the_multiplier_of_the_group():
    model = network(optimizers.SGD(1.0, momentum=0.5, groups=[{"match": "body", "lr": 0.1}]))
    train(model, OneCycle(0.1, momentum=None))
    body, head = (1 - model.get_layer(name).kernel.numpy() for name in ("body", "head"))
    np.testing.assert_allclose(body, head / 10, atol=1e-6)


def test_discriminative_learning_rates_reach_the_layers():
    model = small_model(Mode())
    optimizer = optimizers.SGD(0.1, groups=groups.discriminative(model, factor=2.0))
    optimizer.build(model.trainable_variables)
    rates = {v.path.split("_")[0]: m for v, m in zip(model.trainable_variables, optimizer._multipliers, strict=True)}
    assert rates == {"stem": 0.25, "stage1": 0.5, "head": 1.0}


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"lr": 0.1}, "must have \"match\".*Received: {'lr': 0.1}"),
        ({"match": "stem"}, 'must have "match"'),
        ({"match": "stem", "learning_rate": 0.1}, "no other keys"),
        ({"match": "st(em", "lr": 0.1}, r"'st\(em' is not a valid regular expression"),
        ({"match": "stem", "lr": -1.0}, "lr of a group must be a number of at least 0"),
        ({"match": "stem", "lr": float("inf")}, "lr of a group must be a number of at least 0, and finite"),
        ({"match": "stem", "weight_decay": None}, "weight_decay of a group must be a number"),
        ({"match": "stem", "weight_decay": float("nan")}, "weight_decay of a group must be a number"),
    ],
)
def test_a_group_that_is_not_valid_raises(group, message):
    with pytest.raises(ValueError, match=message):
        optimizers.AdamW(groups=[group])


def test_a_group_that_matches_no_variable_raises():
    optimizer = optimizers.AdamW(groups=[{"match": "stm_", "lr": 0.1}])
    with pytest.raises(ValueError, match=r"matches no variable: 'stm_'\..*stem_dense/kernel.*Received: groups="):
        optimizer.build(small_model(Mode()).trainable_variables)
