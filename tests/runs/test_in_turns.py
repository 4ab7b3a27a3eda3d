import os
import time

import pytest
from kerasdl import runs


def test_functions_take_turns_and_have_medians():
    calls = []
    found = runs.in_turns(
        {"a": lambda at: calls.append(("a", at)), "b": lambda at: (time.sleep(0.001), calls.append(("b", at)))}
    )
    assert calls[:6] == [("a", 0), ("b", 0), ("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert found["a"] < 0.001 <= found["b"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system does not place threads on cores")
def test_all_run_on_one_core_and_the_others_come_back():
    before, seen = os.sched_getaffinity(0), set()
    runs.in_turns({"a": lambda _: seen.add(len(os.sched_getaffinity(0)))})
    assert seen == {1}
    assert os.sched_getaffinity(0) == before
