from types import SimpleNamespace

import pytest
from kerasdl import runs


def scored(accuracy):
    return SimpleNamespace(accuracy=accuracy, f1=0.5, loss=1.0)


@pytest.mark.parametrize(
    ("accuracies", "best", "line"),
    [
        ((0.7, 0.8, 0.9), "average", "average 90.00% 0.5000 1.0000 recommended (--average)"),
        ((0.9, 0.8, 0.9), "ngrams", "ngrams 90.00% 0.5000 1.0000 recommended (ngrams.keras)"),
        ((0.7, 0.9, 0.8), "network", "network 90.00% 0.5000 1.0000 recommended"),
    ],
)
def test_the_most_accurate_is_recommended_with_what_gives_it(accuracies, best, line, capsys):
    names = "ngrams", "network", "average"
    assert runs.compare(dict(zip(names, map(scored, accuracies), strict=True))) == best
    lines = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()]
    assert [each for each in lines if "recommended" in each] == [line]
