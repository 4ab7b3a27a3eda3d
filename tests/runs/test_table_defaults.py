from types import SimpleNamespace

import pytest
from kerasdl import runs


@pytest.mark.parametrize(
    ("kind", "steps", "expected"),
    [
        ("class", 2, 200),
        ("class", 20, 500),
        ("class", 1000, 5000),
        ("class", 4000, 10_000),
        ("numbers", 20, 2000),
        ("numbers", 65, 3000),
        ("numbers", 1000, 10_000),
    ],
)
def test_steps_by_the_number_of_rows(kind, steps, expected):
    assert runs.table_steps(SimpleNamespace(target_kind=kind, steps=steps)) == expected


@pytest.mark.parametrize(
    ("kind", "rows", "expected"), [("class", 10_000, 0.2), ("class", 10_001, 0.1), ("numbers", 100, 0.1)]
)
def test_dropout_by_the_number_of_rows(kind, rows, expected):
    assert runs.table_dropout(SimpleNamespace(target_kind=kind, train_rows=range(rows))) == expected
