"""How the recipe for tables trains by default, by the number of rows; chosen over many tables, see docs/tables.md."""

from kerasdl.data import tabular

MOST_STEPS, MOST_EPOCHS = 10_000, 100
FEW_ROWS = 10_000


def table_steps(data: tabular.Table) -> int:
    """Training steps for a number of rows: 500 for classes, 3,000 for numbers; more for many rows, less for few.

    For many rows they are 5 epochs for classes and 40 for numbers, but at most 10,000 steps; for few rows 100 epochs.

    Example:
        >>> table_steps(houses) // houses.steps     # epochs
        100
    """
    steps, epochs = (3000, 40) if data.target_kind == "numbers" else (500, 5)
    return min(max(steps, min(epochs * data.steps, MOST_STEPS)), MOST_EPOCHS * data.steps)


def table_dropout(data: tabular.Table) -> float:
    """Dropout rate for a number of rows: 0.2 for classes of up to 10,000 training rows, which are overfitted, else 0.1.

    Example:
        >>> table_dropout(houses)
        0.1
    """
    return 0.2 if data.target_kind == "class" and len(data.train_rows) <= FEW_ROWS else 0.1
