"""Tables: from a CSV file, a DataFrame or Parquet files to the datasets that `fit` takes.

Columns are typed by their values. What a network needs to know about them (vocabularies, medians, scales) is computed
from training rows and held in a model, which `export.table_model` makes a part of the exported one.

Other pipelines read their tables with the functions for cells, splits and targets.
"""

from kerasdl.data.tabular.cells import as_text, cell, numbers, parsed_numbers, place, tidy
from kerasdl.data.tabular.columns import Column, Kind, key, raw_inputs
from kerasdl.data.tabular.csv_file import csv_rows, read_csv
from kerasdl.data.tabular.dates import date_form
from kerasdl.data.tabular.frames import check_unique, named, names_of
from kerasdl.data.tabular.predictions import predict
from kerasdl.data.tabular.rows import Rows
from kerasdl.data.tabular.splits import held_out, part_of, parts_of_words
from kerasdl.data.tabular.table import Table, from_csv, from_frame, from_parquet
from kerasdl.data.tabular.targets import Task, class_names, tags_of, targets_of

__all__ = [
    "Column",
    "Kind",
    "Rows",
    "Table",
    "Task",
    "as_text",
    "cell",
    "check_unique",
    "class_names",
    "csv_rows",
    "date_form",
    "from_csv",
    "from_frame",
    "from_parquet",
    "held_out",
    "key",
    "named",
    "names_of",
    "numbers",
    "parsed_numbers",
    "part_of",
    "parts_of_words",
    "place",
    "predict",
    "raw_inputs",
    "read_csv",
    "tags_of",
    "targets_of",
    "tidy",
]
