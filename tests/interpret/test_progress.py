import itertools

import keras
import pytest
from kerasdl.interpret import progress


@pytest.mark.parametrize("items", [range(3), iter(range(3))])
def test_a_bar_is_shown_after_a_second_only(items, monkeypatch, capsys):
    clock = itertools.count(0, 0.4)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    keras.config.enable_interactive_logging()
    shown = progress.with_progress(items, "image")
    assert (next(shown), next(shown), capsys.readouterr().out) == (0, 1, "")
    assert list(shown) == [2]
    assert "3/" in capsys.readouterr().out


def test_no_items_no_bar(capsys):
    assert list(progress.with_progress([], after=-1)) == []
    assert capsys.readouterr().out == ""
