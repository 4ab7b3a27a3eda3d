"""What recipes share: run folder, options, devices, command line, training policy and transfer learning."""

from kerasdl.runs.classifier_network import ClassifierNetwork, documents_and_network, head_on_features
from kerasdl.runs.command_line import positional, run_recipe
from kerasdl.runs.confidence import confidence
from kerasdl.runs.devices import best_precision, set_up_devices
from kerasdl.runs.earlier_run import load_config, load_run
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.hub import from_hub, to_hub
from kerasdl.runs.image_data import ImageData, load_images
from kerasdl.runs.image_network import ImageNetwork, images_and_network
from kerasdl.runs.in_turns import in_turns
from kerasdl.runs.inputs import forecast_options, input_files, input_sequences, input_series, input_table, input_texts
from kerasdl.runs.kinds import Kind, kind_of
from kerasdl.runs.lesson import Lesson, LessonOptions, run_lesson
from kerasdl.runs.lines import Lines, class_lines, frame_cells, frame_lines, print_table, shown
from kerasdl.runs.looks import (
    look,
    look_at_columns,
    look_at_images,
    look_at_sequences,
    look_at_series,
    look_at_texts,
    looking,
    project,
)
from kerasdl.runs.options import Options, arguments_for, check_counts, check_rates, check_shares, flattened
from kerasdl.runs.output_file import check_output, write_csv, write_page
from kerasdl.runs.policy import Stage, after_head, announced, peak_lr, range_test, suggested
from kerasdl.runs.projector import save_projector
from kerasdl.runs.raw_data import RawData, load_raw, score_of
from kerasdl.runs.rehearsal import Rehearsal, best_factor, epochs_for, multiply_correction, rehearse, units_for
from kerasdl.runs.report import REPORT, report
from kerasdl.runs.report_comparison import comparison
from kerasdl.runs.sequence_data import SequenceData, load_sequences, sequence_training
from kerasdl.runs.series_data import SeriesData, load_series
from kerasdl.runs.table_baseline import (
    TableResult,
    compare_tables,
    output_scales,
    table_result,
    table_warning,
    train_trees,
    trees_beside,
)
from kerasdl.runs.table_data import TableData, load_table
from kerasdl.runs.table_defaults import table_dropout, table_steps
from kerasdl.runs.table_rehearsal import rehearsed_table_steps
from kerasdl.runs.text_baseline import TextResult, batch_size_for, beside, compare, evaluated, train_ngrams
from kerasdl.runs.text_data import LabelledTextData, TextData, load_texts
from kerasdl.runs.text_network import TextNetwork, load_network
from kerasdl.runs.transfer import Transfer, frozen_body
from kerasdl.runs.watch import Watch

__all__ = [
    "REPORT",
    "ClassifierNetwork",
    "ImageData",
    "ImageNetwork",
    "Kind",
    "LabelledTextData",
    "Lesson",
    "LessonOptions",
    "Lines",
    "Options",
    "RawData",
    "Rehearsal",
    "RunFolder",
    "SequenceData",
    "SeriesData",
    "Stage",
    "TableData",
    "TableResult",
    "TextData",
    "TextNetwork",
    "TextResult",
    "Transfer",
    "Watch",
    "after_head",
    "announced",
    "arguments_for",
    "batch_size_for",
    "beside",
    "best_factor",
    "best_precision",
    "check_counts",
    "check_output",
    "check_rates",
    "check_shares",
    "class_lines",
    "compare",
    "compare_tables",
    "comparison",
    "confidence",
    "documents_and_network",
    "epochs_for",
    "evaluated",
    "flattened",
    "forecast_options",
    "frame_cells",
    "frame_lines",
    "from_hub",
    "frozen_body",
    "head_on_features",
    "images_and_network",
    "in_turns",
    "input_files",
    "input_sequences",
    "input_series",
    "input_table",
    "input_texts",
    "kind_of",
    "load_config",
    "load_images",
    "load_network",
    "load_raw",
    "load_run",
    "load_sequences",
    "load_series",
    "load_table",
    "load_texts",
    "look",
    "look_at_columns",
    "look_at_images",
    "look_at_sequences",
    "look_at_series",
    "look_at_texts",
    "looking",
    "multiply_correction",
    "output_scales",
    "peak_lr",
    "positional",
    "print_table",
    "project",
    "range_test",
    "rehearse",
    "rehearsed_table_steps",
    "report",
    "run_lesson",
    "run_recipe",
    "save_projector",
    "score_of",
    "sequence_training",
    "set_up_devices",
    "shown",
    "suggested",
    "table_dropout",
    "table_result",
    "table_steps",
    "table_warning",
    "to_hub",
    "train_ngrams",
    "train_trees",
    "trees_beside",
    "units_for",
    "write_csv",
    "write_page",
]
