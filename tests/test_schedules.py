import inspect
import json
import math
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import callbacks, schedules
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.callbacks.scheduling import Scheduling

GOLDEN = json.loads((Path(__file__).parent / "golden" / "schedules.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["one_cycle"], ids=lambda case: f"{case['steps']} steps")
def test_one_cycle_equals_fastai(case):
    steps = np.arange(case["steps"])
    rates = schedules.one_cycle(
        steps,
        case["lr_max"],
        case["steps"],
        warmup_share=case["pct_start"],
        start_divisor=case["div"],
        end_divisor=case["div_final"],
    )
    momenta = schedules.one_cycle_momentum(
        steps, case["steps"], warmup_share=case["pct_start"], high=case["moms"][0], low=case["moms"][1]
    )
    np.testing.assert_allclose(rates, case["lr"], atol=1e-7)
    np.testing.assert_allclose(momenta, case["momentum"], atol=1e-7)


def test_tensors_and_numbers_give_the_same_values():
    steps = np.arange(101, dtype="float32")
    tensor = keras.ops.convert_to_tensor(steps)
    np.testing.assert_allclose(schedules.one_cycle(tensor, 0.1, 100), schedules.one_cycle(steps, 0.1, 100), rtol=1e-4)
    assert isinstance(schedules.one_cycle(3, 0.1, 100), float | np.floating | np.ndarray)


@given(
    total=st.integers(2, 10_000),
    warmup=st.floats(0.01, 0.99),
    peak=st.floats(1e-6, 10),
    share=st.floats(0, 1.5),
)
def test_one_cycle_stays_between_its_ends_and_its_peak(total, warmup, peak, share):
    rate = schedules.one_cycle(share * total, peak, total, warmup_share=warmup)
    assert peak / 1e5 * (1 - 1e-9) <= rate <= peak * (1 + 1e-9)
    momentum = schedules.one_cycle_momentum(share * total, total, warmup_share=warmup)
    assert 0.85 - 1e-12 <= momentum <= 0.95 + 1e-12
    # The learning rate is high where the momentum is low.
    assert (rate > peak * 0.999999) <= (momentum < 0.86)


def test_linear_one_cycle_by_hand():
    rates = [
        schedules.one_cycle(step, 1.0, 100, warmup_share=0.5, end_divisor=10, shape="linear") for step in (0, 25, 75)
    ]
    assert rates == pytest.approx([0.04, 0.52, 0.55])
    momenta = [schedules.one_cycle_momentum(step, 100, warmup_share=0.5, shape="linear") for step in (25, 75)]
    assert momenta == pytest.approx([0.9, 0.9])


def test_flat_cosine_equals_fastai():
    case = GOLDEN["flat_cos"]
    rates = schedules.flat_cosine(
        np.arange(case["steps"]), case["lr"], case["steps"], flat_share=case["pct_start"], end_divisor=case["div_final"]
    )
    np.testing.assert_allclose(rates, case["values"], atol=1e-7)


@pytest.mark.parametrize("growth", [1, 2, 3])
@pytest.mark.parametrize("cycle_steps", [1, 7, 100])
def test_cosine_restarts_equal_stock_keras(cycle_steps, growth):
    stock = keras.optimizers.schedules.CosineDecayRestarts(0.1, cycle_steps, t_mul=float(growth))
    steps = np.unique(np.geomspace(1, 5000, 60).astype(int))
    expected = [float(stock(step)) for step in steps]
    np.testing.assert_allclose(schedules.cosine_restarts(steps, 0.1, cycle_steps, growth=growth), expected, atol=2e-5)


@given(cycle=st.integers(1, 50), growth=st.integers(1, 3), count=st.integers(0, 6))
def test_every_restart_begins_at_the_peak(cycle, growth, count):
    restart = cycle * sum(growth**index for index in range(count))
    assert schedules.cosine_restarts(restart, 0.3, cycle, growth=growth) == pytest.approx(0.3)
    if restart > 1 and cycle > 1:
        assert schedules.cosine_restarts(restart - 1, 0.3, cycle, growth=growth) < 0.3


def test_warm_up_by_hand():
    rates = schedules.warm_up(np.array([0, 1, 4, 9]), 0.4, 4, start_lr=0.2)
    assert rates.tolist() == pytest.approx([0.2, 0.25, 0.4, 0.4])


@given(first=st.integers(1, 30), second=st.integers(1, 30), step=st.integers(0, 100))
def test_a_joined_schedule_counts_each_part_from_its_own_beginning(first, second, step):
    parts = [lambda step: step, lambda step: 100 + step, lambda step: 200 + step]
    expected = step if step < first else 100 + step - first if step < first + second else 200 + step - first - second
    assert schedules.joined(step, parts, [first, first + second]) == expected


CLASSES = {
    "one_cycle": (
        schedules.OneCycleSchedule(0.1, 40, shape="linear"),
        lambda step: schedules.one_cycle(step, 0.1, 40, shape="linear"),
    ),
    "flat_cosine": (
        schedules.FlatCosineSchedule(total_steps=40, peak_lr=0.1),
        lambda step: schedules.flat_cosine(step, 0.1, 40),
    ),
    "warm_up": (schedules.WarmUpSchedule(0.1, 10), lambda step: schedules.warm_up(step, 0.1, 10)),
    "joined": (
        schedules.JoinedSchedule(
            [schedules.WarmUpSchedule(0.1, 10), keras.optimizers.schedules.CosineDecay(0.1, 30)], [10]
        ),
        lambda step: schedules.joined(
            step, [lambda t: schedules.warm_up(t, 0.1, 10), lambda t: schedules.cosine(0.1, 0.0, t / 30)], [10]
        ),
    ),
}


FUNCTIONS = {
    schedules.OneCycleSchedule: schedules.one_cycle,
    schedules.FlatCosineSchedule: schedules.flat_cosine,
    schedules.WarmUpSchedule: schedules.warm_up,
}


def parameters(function):
    return list(inspect.signature(function).parameters.values())


def public(module, kind):
    return [each for name, each in vars(module).items() if name[0] != "_" and kind(each)]


def test_the_learning_rate_comes_first_everywhere():
    """Then the number of steps, and the rest by name; a function has the step before them."""
    functions = [parameters(each) for each in public(schedules, inspect.isfunction)]
    functions = [each[1:] for each in functions if "peak_lr" in {parameter.name for parameter in each}]
    classes = [parameters(each) for each in public(schedules, inspect.isclass) if each.__name__.endswith("Schedule")]
    classes = [each for each in classes if each[0].name != "schedules"]
    assert (len(functions), len(classes)) == (4, 3)
    for each in functions + classes:
        assert each[0].name == "peak_lr"
        assert each[1].name.endswith("_steps")
        assert {parameter.kind for parameter in each[2:]} == {inspect.Parameter.KEYWORD_ONLY}
    used = [each for each in public(callbacks, inspect.isclass) if issubclass(each, Scheduling)]
    assert len(used) == 3
    for first, *others in map(parameters, used):
        assert first.name == "peak_lr"
        assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("schedule", FUNCTIONS, ids=lambda each: each.__name__)
def test_a_schedule_class_has_the_signature_of_its_function(schedule):
    assert parameters(schedule) == parameters(FUNCTIONS[schedule])[1:]
    assert schedule.function is FUNCTIONS[schedule]


@pytest.mark.parametrize("schedule", FUNCTIONS, ids=lambda each: each.__name__)
def test_the_number_of_steps_before_the_learning_rate_raises(schedule):
    with pytest.raises(ValueError, match=r"the learning rate comes before it\. Received: peak_lr=40, .*_steps=0\.01"):
        schedule(40, 1e-2)
    with pytest.raises(ValueError, match="must be a positive integer"):
        schedule(40, 1.0)


def test_the_config_holds_every_argument_by_name():
    saved = {
        "total_steps": 40,
        "peak_lr": 0.1,
        "warmup_share": 0.25,
        "start_divisor": 25.0,
        "end_divisor": 1e5,
        "shape": "cosine",
    }
    assert schedules.OneCycleSchedule(0.1, 40).get_config() == saved
    assert schedules.OneCycleSchedule.from_config(saved).get_config() == saved


@pytest.mark.parametrize("name", CLASSES)
def test_a_schedule_class_equals_its_function_before_and_after_saving(name, tmp_path):
    schedule, function = CLASSES[name]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").optimizer._learning_rate
    steps = np.arange(40)
    for each in (schedule, loaded):
        np.testing.assert_allclose([float(each(step)) for step in steps], [function(t) for t in steps], atol=1e-7)
    assert type(loaded) is type(schedule)


def test_each_step_of_an_execution_has_its_own_learning_rate():
    x = np.ones((8, 1), "float32")

    def trained(steps):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(schedules.OneCycleSchedule(0.1, 8)), "mse", steps_per_execution=steps)
        model.fit(x, 3 * x, batch_size=1, verbose=0, shuffle=False)
        return model.get_weights()

    for one, four in zip(trained(1), trained(4), strict=True):
        np.testing.assert_array_equal(one, four)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.OneCycleSchedule(0.0, 10), "peak_lr must be positive and finite. Received: peak_lr=0.0"),
        (lambda: schedules.FlatCosineSchedule(math.inf, 10), "positive and finite. Received: peak_lr=inf"),
        (lambda: schedules.WarmUpSchedule(math.nan, 10), "positive and finite. Received: peak_lr=nan"),
        (lambda: schedules.cosine_restarts(0, None, 10), "positive and finite. Received: peak_lr=None"),
        (lambda: schedules.OneCycleSchedule(0.1, 0), "total_steps must be a positive integer.*total_steps=0"),
        (lambda: schedules.one_cycle_momentum(0, 1.5), "a positive integer. Received: total_steps=1.5"),
        (lambda: schedules.OneCycleSchedule(0.1, 10, warmup_share=1.0), "between 0 and 1. Received: warmup_share=1.0"),
        (lambda: schedules.OneCycleSchedule(0.1, 10, start_divisor=0.5), "divisors must be at least 1"),
        (lambda: schedules.OneCycleSchedule(0.1, 10, shape="square"), "one of .*Received: shape='square'"),
        (lambda: schedules.OneCycleSchedule(0.1, 10, end_divisor=math.nan), "divisors must be at least 1"),
        (lambda: schedules.one_cycle_momentum(0, 10, high=1.0), "between 0 and 1. Received: high=1.0"),
        (lambda: schedules.one_cycle_momentum(0, 10, high=0.8, low=0.9), "at least low.*Received: high=0.8, low=0.9"),
        (lambda: schedules.FlatCosineSchedule(0.1, 10, flat_share=1.0), r"in \[0, 1\).*Received: flat_share=1.0"),
        (lambda: schedules.cosine_restarts(0, 0.1, 10, growth=1.5), "whole number.*Received: growth=1.5"),
        (lambda: schedules.cosine_restarts(0, 0.1, 10, growth=math.inf), "whole number.*Received: growth=inf"),
        (lambda: schedules.cosine_restarts(0, 0.1, 10, end_lr=0.2), "Received: growth=2, end_lr=0.2"),
        (lambda: schedules.WarmUpSchedule(0.1, 10, start_lr=-1.0), "start_lr must not be negative"),
        (lambda: schedules.WarmUpSchedule(0.1, 10, start_lr=math.nan), "Received: start_lr=nan"),
        (lambda: schedules.JoinedSchedule([schedules.WarmUpSchedule(0.1, 10)], [3]), "one more schedule"),
        (lambda: schedules.JoinedSchedule([schedules.WarmUpSchedule(0.1, 10)] * 3, [5, 5]), "increasing and above 0"),
        (lambda: schedules.JoinedSchedule([lambda step: step], []), "join functions with schedules.joined"),
    ],
)
def test_arguments_out_of_range_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_cycle_by_hand():
    assert schedules.one_cycle(0, 0.5, 100) == pytest.approx(0.02)
    assert schedules.one_cycle(25, 0.5, 100) == pytest.approx(0.5)
    assert schedules.one_cycle(62.5, 0.5, 100) == pytest.approx(0.25, rel=1e-4)
    assert schedules.one_cycle(100, 0.5, 100) == schedules.one_cycle(500, 0.5, 100) == pytest.approx(5e-6)
