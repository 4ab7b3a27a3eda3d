"""What needs a table of raw columns is tested in tests/data/tabular/test_table.py."""

import pytest
from kerasdl import export, models


@pytest.mark.parametrize("options", [{}, {"classes": ["a", "b"], "targets": {"price": (0.0, 1.0)}}])
def test_either_classes_or_targets(options):
    with pytest.raises(ValueError, match="Pass either classes or targets. Received: classes="):
        export.table_model(models.tabular((), 2, classes=2), None, {}, **options)


def test_raw_columns_of_a_model_without_raw_columns():
    with pytest.raises(ValueError, match=r"does not take raw columns\. Export it with table_model\. Received: 'mlp'"):
        export.raw_columns(models.mlp((3,), 2))


def test_names_under_kerasdl_models():
    assert all(getattr(models, name) is getattr(export, name) for name in export.__all__)
