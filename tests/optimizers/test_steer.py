import copy
import json

import keras
import numpy as np
import pytest
from kerasdl import optimizers
from kerasdl.optimizers import current_learning_rate, current_momentum, current_step, innermost, steer

GRADIENTS = np.random.default_rng(0).standard_normal((7, 3))


def rate(step):
    return 0.1 + 0.01 * step


def momentum(step):
    return 0.9 - 0.05 * step


def train(optimizer, run, **steered):
    """Seven steps from zero, in a model whose gradient is exactly the target of the batch."""
    model = keras.Sequential([keras.Input((3,)), Weight()])
    model.compile(
        optimizer, loss=lambda y, p: keras.ops.sum(y * p), run_eagerly=run == "eager", jit_compile=run == "jit"
    )
    model.optimizer.build(model.trainable_variables)
    undo = steer(model.optimizer, **steered)
    for gradient in GRADIENTS:
        model.train_on_batch(np.ones((1, 3)), gradient[None])
    return model, undo


class Weight(keras.layers.Layer):
    def build(self, shape):
        self.weight = self.add_weight(shape=(3,), initializer="zeros")

    def call(self, x):
        return x * self.weight


def sgd(nesterov=False):
    """SGD as in Keras: the velocity includes the learning rate."""
    weight, velocity = np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(GRADIENTS):
        velocity = momentum(step) * velocity - rate(step) * gradient
        weight = weight + (momentum(step) * velocity - rate(step) * gradient if nesterov else velocity)
    return weight


def adam(decay=0.0):
    weight, mean, square = np.zeros(3), np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(GRADIENTS):
        beta = momentum(step)
        weight = weight - weight * decay * rate(step)
        mean, square = beta * mean + (1 - beta) * gradient, 0.999 * square + 0.001 * gradient**2
        scale = np.sqrt(1 - 0.999 ** (step + 1)) / (1 - beta ** (step + 1))
        weight = weight - rate(step) * scale * mean / (np.sqrt(square) + 1e-7)
    return weight


def lion():
    weight, mean = np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(GRADIENTS):
        weight = weight - rate(step) * np.sign(momentum(step) * mean + (1 - momentum(step)) * gradient)
        mean = 0.99 * mean + 0.01 * gradient
    return weight


def lamb():
    weight, mean, square = np.zeros(3), np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(GRADIENTS):
        beta = momentum(step)
        mean, square = beta * mean + (1 - beta) * gradient, 0.999 * square + 0.001 * gradient**2
        update = mean / (1 - beta ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-7)
        trust = np.linalg.norm(weight) / np.linalg.norm(update) if weight.any() else 1.0
        weight = weight - rate(step) * trust * update
    return weight


CASES = {
    "sgd": (lambda: keras.optimizers.SGD(0.5, momentum=0.5), sgd()),
    "nesterov": (lambda: keras.optimizers.SGD(0.5, momentum=0.5, nesterov=True), sgd(nesterov=True)),
    "adam": (lambda: keras.optimizers.Adam(0.5), adam()),
    "adamw": (lambda: keras.optimizers.AdamW(0.5, weight_decay=0.1), adam(decay=0.1)),
    "lion": (lambda: optimizers.Lion(0.5), lion()),
    "lamb": (lambda: optimizers.Lamb(0.5), lamb()),
}


@pytest.mark.parametrize("run", ["eager", "graph", "jit"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_scheduled_learning_rate_and_momentum_agree_with_numpy(case, run):
    make, expected = case
    model, _ = train(make(), run, learning_rate=rate, momentum=momentum)
    np.testing.assert_allclose(model.get_weights()[0], expected, atol=2e-6)


def test_muon_schedules_the_momentum_of_matrices():
    gradients = np.random.default_rng(0).standard_normal((4, 3, 2))
    matrix = keras.Variable(np.zeros((3, 2), "float32"), name="kernel")
    optimizer = optimizers.Muon(0.5, weight_decay=None)
    optimizer.build([matrix])
    undo = steer(optimizer, learning_rate=rate, momentum=momentum)
    weight, mean = np.zeros((3, 2)), np.zeros((3, 2))
    for step, gradient in enumerate(gradients):
        optimizer.apply([gradient.astype("float32")], [matrix])
        mean = mean + gradient + mean * (momentum(step) - 1)
        x = (gradient + momentum(step) * mean).T
        x = x / np.linalg.norm(x)
        for _ in range(5):
            square = x @ x.T
            x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
        weight = weight - rate(step) * x.T * np.sqrt(3) * 0.2
    np.testing.assert_allclose(matrix.numpy(), weight, atol=1e-5)
    undo()


def test_undo_restores_learning_rate_momentum_and_methods():
    optimizer = keras.optimizers.SGD(0.5, momentum=0.5)
    attributes = set(vars(optimizer))
    _, undo = train(optimizer, "graph", learning_rate=rate, momentum=momentum)
    undo()
    assert (float(optimizer.learning_rate), optimizer.momentum, type(optimizer.momentum)) == (0.5, 0.5, float)
    # Attributes such as `_lock` are added by Keras when it builds the optimizer.
    assert not {"_get_current_learning_rate", "_backend_update_step"} & (set(vars(optimizer)) - attributes)


def test_config_json_and_copies_of_a_steered_optimizer_have_the_constant_values():
    optimizer = keras.optimizers.Adam(0.5)
    variables = len(optimizer.variables)
    steer(optimizer, learning_rate=rate, momentum=momentum)
    assert len(optimizer.variables) == variables
    assert json.loads(json.dumps(optimizer.get_config()))["beta_1"] == 0.9
    assert type(copy.deepcopy(optimizer.beta_1)) is float
    assert keras.optimizers.deserialize(keras.optimizers.serialize(optimizer)).beta_1 == 0.9


def test_current_values_are_of_the_next_step():
    model, undo = train(keras.optimizers.Adam(0.5), "graph", learning_rate=rate, momentum=momentum)
    assert current_step(model.optimizer) == 7
    assert current_learning_rate(model.optimizer) == pytest.approx(rate(7))
    assert current_momentum(model.optimizer) == pytest.approx(momentum(7))
    undo()
    assert (current_learning_rate(model.optimizer), current_momentum(model.optimizer)) == (0.5, 0.9)


def test_steering_overrides_a_learning_rate_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.9)
    model, undo = train(keras.optimizers.SGD(schedule, momentum=0.5), "graph", learning_rate=rate, momentum=momentum)
    np.testing.assert_allclose(model.get_weights()[0], sgd(), atol=2e-6)
    undo()
    assert current_learning_rate(model.optimizer) == pytest.approx(0.5 * 0.9**7)


@pytest.mark.parametrize(
    ("optimizer", "received"),
    [(keras.optimizers.SGD(0.1), "SGD has .*Received: momentum=0.0"), (keras.optimizers.Adagrad(), "Adagrad has no")],
)
def test_an_optimizer_without_momentum_raises(optimizer, received):
    with pytest.raises(ValueError, match=received):
        steer(optimizer, momentum=momentum)
    assert current_momentum(keras.optimizers.Adagrad()) is None


def test_the_innermost_optimizer_is_steered():
    outer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.5))
    undo = steer(outer, learning_rate=rate)
    assert current_learning_rate(outer) == pytest.approx(0.1)
    assert innermost(outer) is outer.inner_optimizer
    undo()


@pytest.mark.parametrize("quantity", ["learning_rate", "momentum"])
def test_steering_the_same_quantity_twice_raises(quantity):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    functions = {"learning_rate": rate, "momentum": momentum}
    other = ({*functions} - {quantity}).pop()
    undo = steer(optimizer, **{quantity: functions[quantity]})
    steer(optimizer, **{other: functions[other]})()
    with pytest.raises(ValueError, match=f"Two callbacks change the {quantity.replace('_', ' ')} of one optimizer"):
        steer(optimizer, **{quantity: functions[quantity]})
    undo()
    assert (current_learning_rate(optimizer), current_momentum(optimizer)) == (pytest.approx(0.1), 0.9)
