"""Options for tables, and the datasets that they describe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasdl.data import tabular
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional
from kerasdl.runs.options import arguments_for, check_counts

PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class TableData:
    """Options for tables.

    Example:
        >>> options = TableData(data="houses.csv", target=("price",))
    """

    data: str = "breast_cancer"
    """'breast_cancer', 'diabetes', a CSV file with a header, or a Parquet file, or a folder of these."""
    target: tuple[str, ...] = ()
    """Target column; several for several numbers."""
    task: tabular.Task = "auto"
    """What the target holds; auto means classes for words and for up to 10 whole numbers."""
    kinds: dict[str, tabular.Kind] | None = None
    """Kinds of columns, instead of the inferred ones: NAME number, category, date or 'left out', and so on."""
    weight: str | None = None
    """Column with the weight of each training row."""
    balance: bool = False
    """Give all classes the same weight in the loss."""
    valid_share: float = 0.2
    """Share for validation."""
    time: str | None = None
    """Column of times: validate on the latest rows."""
    group: str | None = None
    """Column of groups: validate on whole groups."""
    split: str | None = None
    """Column that holds 'train' or 'valid'."""
    encoding: str | None = None
    """Encoding of a CSV file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent candidate in the header."""
    on_disk: bool = False
    """Keep the rows of a CSV file on disk, as those of a Parquet file, if they do not fit in memory."""
    batch_size: int | None = None
    """Rows per batch; by default 32 to 256, by the number of rows."""

    def __post_init__(self) -> None:
        check_counts(batch_size=self.batch_size)


def load_table(options: TableData, *, seed: int) -> tabular.Table:
    """The datasets that the options describe; the default data are scikit-learn's 569 breast cancer biopsies.

    Raises:
        BadInput: No target is named, an option does not go with the data; or as for `tabular.from_frame`.
        ModuleNotFoundError: pandas is not installed; or scikit-learn for its data, pyarrow for Parquet files.

    Example:
        >>> print(str(load_table(TableData(), seed=0))[:40])
        456 training and 113 validation rows; pr
    """
    path, given = Path(options.data), arguments_for(tabular.from_frame, options) | {"seed": seed}
    of_csv: dict[str, Any] = {name: getattr(options, name) for name in ("encoding", "separator", "on_disk")}
    if options.data in ("breast_cancer", "diabetes"):
        frame, target = _of_sklearn(options.data)
        return tabular.from_frame(frame, **{**given, "target": target})
    if not options.target:
        raise BadInput(f"Name the target column (--target). Received: --data {options.data}")
    if path.suffix.lower() not in PARQUET and not path.is_dir():
        return tabular.from_csv(path, **of_csv, **given)
    if foreign := [name for name, value in of_csv.items() if value]:
        raise BadInput(f"{foreign[0]}: only with a CSV file. Received: --data {options.data}")
    return tabular.from_parquet(path, **given)


def _of_sklearn(name: str) -> tuple[Any, str]:
    """A DataFrame and its target."""
    datasets = import_optional("sklearn.datasets")
    if name == "diabetes":
        return datasets.load_diabetes(as_frame=True).frame, "target"
    found = datasets.load_breast_cancer(as_frame=True)
    return found.frame.assign(diagnosis=found.target_names[found.target]).drop(columns="target"), "diagnosis"
