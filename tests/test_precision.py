import keras
import pytest
from kerasdl import precision
from kerasdl.precision import best_precision, bfloat16_gain, measured_gain


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(9, 0)], "mixed_bfloat16"),
        ([(9, 0), (7, 5)], "mixed_float16"),
    ],
)
def test_precision_by_compute_capability(capabilities, expected):
    assert best_precision(capabilities) == expected


@pytest.mark.parametrize(
    ("gain", "expected"), [(None, "float32"), (1.9, "float32"), (3.0, "mixed_bfloat16"), (8.0, "mixed_bfloat16")]
)
def test_precision_of_a_cpu_by_what_was_measured(gain, expected):
    assert best_precision([], gain) == expected
    assert best_precision([(6, 1)], gain) == "float32"


@pytest.mark.parametrize(("flags", "expected"), [({"amx_bf16"}, 5.0), ({"avx512_bf16"}, None), (set(), None)])
def test_only_a_cpu_with_amx_is_measured_and_once(flags, expected, monkeypatch):
    measured = []
    monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
    monkeypatch.setattr(precision, "measured_gain", lambda: measured.append(5.0) or 5.0)
    bfloat16_gain.cache_clear()
    assert [bfloat16_gain(), bfloat16_gain()] == [expected] * 2
    assert len(measured) == (expected is not None)
    bfloat16_gain.cache_clear()


def test_the_gain_is_the_median_of_the_rounds_after_the_first(monkeypatch):
    seconds = iter([9, 1, 2, 1, 3, 1, 8, 1])
    monkeypatch.setattr(precision, "_seconds", lambda _: next(seconds))
    assert measured_gain(side=4, rounds=3) == 3


def test_a_product_is_measured_and_leaves_the_random_state():
    keras.utils.set_random_seed(0)
    before = keras.random.uniform(())
    keras.utils.set_random_seed(0)
    assert 0.01 < measured_gain(side=64, rounds=3) < 100
    assert keras.random.uniform(()) == before
