from dataclasses import dataclass, field
from math import inf, nan

import pytest
import tyro
from kerasdl.errors import BadInput
from kerasdl.runs import Options, arguments_for, check_counts, check_rates


@pytest.mark.parametrize(
    "options",
    [
        *({"seed": value} for value in (-1, 2**32)),
        *({"peak_lr": value} for value in (0.0, nan, inf)),
        *({"weight_decay": value} for value in (-0.1, nan, inf)),
    ],
)
def test_options_out_of_range_are_named(options):
    (name, value), *_ = options.items()
    with pytest.raises(BadInput, match=f"Received: {name}={value}"):
        Options(**options)


@pytest.mark.parametrize(
    ("typed", "expected"), [([], False), (["--deterministic"], True), (["--no-deterministic"], False)]
)
def test_determinism_on_a_gpu_is_a_flag_that_is_off(typed, expected):
    assert tyro.cli(Options, args=typed).deterministic is expected


def test_counts_are_from_one_to_the_largest_of_32_bits_or_left_to_the_recipe():
    check_counts(epochs=1, batch_size=None, steps=2**31 - 1)
    with pytest.raises(BadInput, match="steps must be at most 2147483647. Received: steps=2147483648"):
        check_counts(steps=2**31)
    with pytest.raises(BadInput, match="batch_size must be at least 1. Received: batch_size=0"):
        check_counts(epochs=1, batch_size=0)
    for units in ((8, 0), ()):
        with pytest.raises(BadInput, match="units must be at least 1. Received: units="):
            check_counts(units=units)
    check_counts(units=(8, 4))


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0, nan])
def test_dropout_leaves_something(rate):
    check_rates(dropout=0.0)
    with pytest.raises(BadInput, match=f"dropout must be at least 0 and below 1. Received: dropout={rate}"):
        check_rates(dropout=rate)


def test_a_function_gets_the_options_that_it_takes():
    @dataclass(frozen=True)
    class Config:
        data: str = "pets"
        run: Options = field(default_factory=Options)

    def load(data, *, seed=0, batch_size=None):
        return data, seed, batch_size

    assert arguments_for(load, Config(run=Options(seed=7, peak_lr=0.1))) == {"data": "pets", "seed": 7}
