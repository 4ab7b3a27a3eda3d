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


def test_tensors_give_what_numbers_give():
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
    # The rate is high where the momentum is low.
    assert (rate > peak * 0.999999) <= (momentum < 0.86)


def test_one_cycle_by_hand():
    assert schedules.one_cycle(0, 100, 0.5) == pytest.approx(0.02)
    assert schedules.one_cycle(25, 100, 0.5) == pytest.approx(0.5)
    assert schedules.one_cycle(62.5, 100, 0.5) == pytest.approx(0.25, rel=1e-4)
    assert schedules.one_cycle(100, 100, 0.5) == schedules.one_cycle(500, 100, 0.5) == pytest.approx(5e-6)
