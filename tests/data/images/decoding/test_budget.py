import threading

import pytest
from kerasdl.data.images.decoding.budget import Budget


def test_what_is_held_together_is_bounded():
    budget, held, most = Budget(10), [], []
    lock = threading.Lock()

    def work(count):
        with budget.hold(count):
            with lock:
                held.append(count)
                most.append(sum(held))
            with lock:
                held.remove(count)

    threads = [threading.Thread(target=work, args=(1 + index % 10,)) for index in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(most) == 50
    assert max(most) <= 10


def test_one_alone_may_hold_more_and_an_error_releases_it():
    budget = Budget(10)
    with pytest.raises(KeyError), budget.hold(100):
        raise KeyError
    with budget.hold(10):
        pass
