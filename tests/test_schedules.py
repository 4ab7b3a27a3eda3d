import json
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl import schedules
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = json.loads((Path(__file__).parent / "golden" / "schedules.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["one_cycle"], ids=lambda case: f"{case['steps']} steps")
def test_one_cycle_equals_fastai(case):
    steps = np.arange(case["steps"])
    rates = schedules.one_cycle(
        steps,
        case["steps"],
        case["lr_max"],
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
    np.testing.assert_allclose(schedules.one_cycle(tensor, 100, 0.1), schedules.one_cycle(steps, 100, 0.1), rtol=1e-4)
    assert isinstance(schedules.one_cycle(3, 100, 0.1), float | np.floating | np.ndarray)


@given(
    total=st.integers(2, 10_000),
    warmup=st.floats(0.01, 0.99),
    peak=st.floats(1e-6, 10),
    share=st.floats(0, 1.5),
)
def test_one_cycle_stays_between_its_ends_and_its_peak(total, warmup, peak, share):
    rate = schedules.one_cycle(share * total, total, peak, warmup_share=warmup)
    assert peak / 1e5 * (1 - 1e-9) <= rate <= peak * (1 + 1e-9)
    momentum = schedules.one_cycle_momentum(share * total, total, warmup_share=warmup)
    assert 0.85 - 1e-12 <= momentum <= 0.95 + 1e-12
    # The learning rate is high where the momentum is low.
    assert (rate > peak * 0.999999) <= (momentum < 0.86)


def test_linear_one_cycle_by_hand():
    rates = [
        schedules.one_cycle(step, 100, 1.0, warmup_share=0.5, end_divisor=10, shape="linear") for step in (0, 25, 75)
    ]
    assert rates == pytest.approx([0.04, 0.52, 0.55])
    momenta = [schedules.one_cycle_momentum(step, 100, warmup_share=0.5, shape="linear") for step in (25, 75)]
    assert momenta == pytest.approx([0.9, 0.9])


def test_flat_cosine_equals_fastai():
    case = GOLDEN["flat_cos"]
    rates = schedules.flat_cosine(
        np.arange(case["steps"]), case["steps"], case["lr"], flat_share=case["pct_start"], end_divisor=case["div_final"]
    )
    np.testing.assert_allclose(rates, case["values"], atol=1e-7)


@pytest.mark.parametrize("growth", [1, 2, 3])
@pytest.mark.parametrize("cycle_steps", [1, 7, 100])
def test_cosine_restarts_equal_stock_keras(cycle_steps, growth):
    stock = keras.optimizers.schedules.CosineDecayRestarts(0.1, cycle_steps, t_mul=float(growth))
    steps = np.unique(np.geomspace(1, 5000, 60).astype(int))
    expected = [float(stock(step)) for step in steps]
    np.testing.assert_allclose(schedules.cosine_restarts(steps, cycle_steps, 0.1, growth=growth), expected, atol=2e-5)


@given(cycle=st.integers(1, 50), growth=st.integers(1, 3), count=st.integers(0, 6))
def test_every_restart_begins_at_the_peak(cycle, growth, count):
    restart = cycle * sum(growth**index for index in range(count))
    assert schedules.cosine_restarts(restart, cycle, 0.3, growth=growth) == pytest.approx(0.3)
    if restart > 1 and cycle > 1:
        assert schedules.cosine_restarts(restart - 1, cycle, 0.3, growth=growth) < 0.3


def test_warm_up_by_hand():
    rates = schedules.warm_up(np.array([0, 1, 4, 9]), 4, 0.4, start_lr=0.2)
    assert rates.tolist() == pytest.approx([0.2, 0.25, 0.4, 0.4])


@given(first=st.integers(1, 30), second=st.integers(1, 30), step=st.integers(0, 100))
def test_a_joined_schedule_counts_each_part_from_its_own_beginning(first, second, step):
    parts = [lambda step: step, lambda step: 100 + step, lambda step: 200 + step]
    expected = step if step < first else 100 + step - first if step < first + second else 200 + step - first - second
    assert schedules.joined(step, parts, [first, first + second]) == expected


CLASSES = {
    "one_cycle": (
        schedules.OneCycleSchedule(40, 0.1, shape="linear"),
        lambda step: schedules.one_cycle(step, 40, 0.1, shape="linear"),
    ),
    "flat_cosine": (
        schedules.FlatCosineSchedule(total_steps=40, peak_lr=0.1),
        lambda step: schedules.flat_cosine(step, 40, 0.1),
    ),
    "warm_up": (schedules.WarmUpSchedule(10, 0.1), lambda step: schedules.warm_up(step, 10, 0.1)),
    "joined": (
        schedules.JoinedSchedule(
            [schedules.WarmUpSchedule(10, 0.1), keras.optimizers.schedules.CosineDecay(0.1, 30)], [10]
        ),
        lambda step: schedules.joined(
            step, [lambda t: schedules.warm_up(t, 10, 0.1), lambda t: schedules.cosine(0.1, 0.0, t / 30)], [10]
        ),
    ),
}


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
        model.compile(keras.optimizers.SGD(schedules.OneCycleSchedule(8, 0.1)), "mse", steps_per_execution=steps)
        model.fit(x, 3 * x, batch_size=1, verbose=0, shuffle=False)
        return model.get_weights()

    for one, four in zip(trained(1), trained(4), strict=True):
        np.testing.assert_array_equal(one, four)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.OneCycleSchedule(10, 0.0), "peak_lr must be positive. Received: peak_lr=0.0"),
        (lambda: schedules.OneCycleSchedule(0, 0.1), "total_steps must be positive"),
        (lambda: schedules.OneCycleSchedule(10, 0.1, warmup_share=1.0), "between 0 and 1. Received: warmup_share=1.0"),
        (lambda: schedules.OneCycleSchedule(10, 0.1, start_divisor=0.5), "divisors must be at least 1"),
        (lambda: schedules.OneCycleSchedule(10, 0.1, shape="square"), "one of .*Received: shape='square'"),
        (lambda: schedules.one_cycle_momentum(0, 10, high=1.0), "between 0 and 1. Received: high=1.0"),
        (lambda: schedules.FlatCosineSchedule(10, 0.1, flat_share=1.0), r"in \[0, 1\).*Received: flat_share=1.0"),
        (lambda: schedules.cosine_restarts(0, 10, 0.1, growth=1.5), "whole number.*Received: growth=1.5"),
        (lambda: schedules.cosine_restarts(0, 10, 0.1, end_lr=0.2), "Received: growth=2, end_lr=0.2"),
        (lambda: schedules.WarmUpSchedule(10, 0.1, start_lr=-1.0), "start_lr must not be negative"),
        (lambda: schedules.JoinedSchedule([schedules.WarmUpSchedule(10, 0.1)], [3]), "one more schedule"),
        (lambda: schedules.JoinedSchedule([schedules.WarmUpSchedule(10, 0.1)] * 3, [5, 5]), "increasing and above 0"),
        (lambda: schedules.JoinedSchedule([lambda step: step], []), "join functions with schedules.joined"),
    ],
)
def test_arguments_out_of_range_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_cycle_by_hand():
    assert schedules.one_cycle(0, 100, 0.5) == pytest.approx(0.02)
    assert schedules.one_cycle(25, 100, 0.5) == pytest.approx(0.5)
    assert schedules.one_cycle(62.5, 100, 0.5) == pytest.approx(0.25, rel=1e-4)
    assert schedules.one_cycle(100, 100, 0.5) == schedules.one_cycle(500, 100, 0.5) == pytest.approx(5e-6)
