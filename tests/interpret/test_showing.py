import pytest
from kerasdl import plots
from kerasdl.interpret.showing import counted, html, summary


class Result:
    targets = (1, 2)

    def __init__(self, **scores):
        self.scores = scores

    def __repr__(self):
        return "<Result>"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.97512, "0.9751"), (48503.24, "48,503"), (0.0000123, "1.23e-05"), (-1e12, "-1e+12")]
)
def test_numbers_are_readable(value, shown):
    assert summary(Result(rmse=value), "2 samples") == f"Result(2 samples: rmse {shown})"


def test_one_is_singular():
    assert [counted(n, "sample") for n in (0, 1, 1200)] == ["0 samples", "1 sample", "1,200 samples"]
    assert [counted(n, "class", "classes") for n in (1, 2)] == ["1 class", "2 classes"]


def test_only_the_first_scores_are_shown():
    assert summary(Result(a=1, b=2, c=3, d=4), "2 samples") == "Result(2 samples: a 1, b 2, c 3)"


def test_html_is_escaped_and_has_one_picture():
    found = html(Result(), lambda: plots.schedule([0], [0.1], [None]))
    assert found.startswith('<p>&lt;Result&gt;</p><img src="data:image/png;base64,iVBOR')
    assert found.count("<img") == 1
