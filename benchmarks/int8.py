"""What do 8 bits cost, and save? LiteRT in float32 and int8 beside Keras, on the validation data of two finished runs.

The ranges of int8 are measured on training samples.

python recipes/image_classifier.py --out runs/digits
python recipes/tabular.py --out runs/biopsies
python benchmarks/int8.py --digits runs/digits --biopsies runs/biopsies
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kerasdl
import numpy as np
import tyro
from kerasdl import export, runs
from rich.console import Console
from rich.table import Table

# Training samples from which ranges are measured, and validation samples.
CALIBRATED, SCORED = 200, 1000


@dataclass(frozen=True)
class Config:
    """The folders of two runs."""

    digits: Path
    """Folder of a run of recipes/image_classifier.py."""
    biopsies: Path
    """Folder of a run of recipes/tabular.py."""


def main(config: Config) -> None:
    """One table for both models."""
    table = Table("model", "form", "accuracy", "kilobytes", "size", "milliseconds a row", "time", "largest difference")
    for name, folder in (("ResNet, digits", config.digits), ("MLP, biopsies", config.biopsies)):
        for line in measured(folder):
            table.add_row(name, *line)
    print(f"kerasdl {kerasdl.version.__version__}; one core, medians, both forms in turns")
    Console(width=140).print(table)


def measured(folder: Path) -> list[list[str]]:
    """A line for Keras, one for float32 and one for int8."""
    model = runs.load_run(folder)
    training, validation = runs.load_raw(model, runs.load_config(folder), train=CALIBRATED, valid=SCORED)
    keras_model, prepare = export.same_part(model, "litert")
    inputs, labels = prepare(validation.inputs), validation.truth
    expected = keras_model(inputs)
    with tempfile.TemporaryDirectory() as place:
        folders = {form: Path(place) / form for form in ("float32", "int8")}
        batches = {"float32": None, "int8": [prepare(training.inputs)]}
        files = {
            form: export.convert(model, "litert", each, representative=batches[form]) for form, each in folders.items()
        }
        run = {form: export.load_runtime(file) for form, file in files.items()}
        sizes = {form: file.stat().st_size for form, file in files.items()}
        found = {form: each(inputs) for form, each in run.items()}

    def one(call: int) -> dict[str, Any]:
        return {name: each[call % len(labels) :][:1] for name, each in inputs.items()}

    functions = {form: (lambda call, form=form: run[form](one(call))) for form in run}
    medians = runs.in_turns(functions)
    lines = [["Keras", f"{runs.score_of(validation, expected)[1]:.4f}", "", "", "", "", ""]]
    for form in run:
        size, pace = sizes[form] / sizes["float32"], medians[form] / medians["float32"]
        differs, (_, accuracy) = np.abs(found[form] - expected).max(), runs.score_of(validation, found[form])
        lines.append(
            [form, f"{accuracy:.4f}", f"{sizes[form] / 1000:.0f}", f"{size:.0%}", f"{1000 * medians[form]:.2f}",
             f"{pace:.2f}", f"{differs:.1e}"]
        )  # fmt: skip
    return lines


if __name__ == "__main__":
    main(tyro.cli(Config))
