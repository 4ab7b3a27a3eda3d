"""What do 8 bits cost, and save? LiteRT in float32 and int8 beside Keras, on the validation data of two finished runs.

python recipes/image_classifier.py --out runs/digits && python recipes/tabular.py --out runs/biopsies
python benchmarks/int8.py runs/digits runs/biopsies
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import kerasdl
import numpy as np
from kerasdl import export, runs
from kerasdl.data import tabular
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer

REPEATS = 200


def main(digits: Path, biopsies: Path) -> None:
    """One table for both models."""
    table = Table("model", "form", "accuracy", "kilobytes", "size", "milliseconds a row", "time", "largest difference")
    for name, folder, inputs, labels in (("ResNet, digits", digits, *pixels()), ("MLP, biopsies", biopsies, *rows())):
        for line in measured(folder, inputs, labels):
            table.add_row(name, *line)
    print(f"kerasdl {kerasdl.version.__version__}; one thread, median of {REPEATS} rows, both forms in turns")
    Console(width=140).print(table)


def pixels() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The validation images of the digits, and their classes."""
    data = runs.load_images(runs.ImageData(), seed=0)
    batches = [(np.asarray(x, np.float32), np.asarray(y)) for x, y in data.valid]
    return {"pixels": np.concatenate([x for x, _ in batches])}, np.concatenate([y for _, y in batches])


def rows() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The validation rows of the biopsies, encoded, and their classes."""
    biopsies = load_breast_cancer(as_frame=True)
    frame = biopsies.frame.assign(diagnosis=biopsies.target_names[biopsies.target]).drop(columns="target")
    batches = [(x, np.asarray(y)) for x, y, *_ in tabular.from_frame(frame, "diagnosis", seed=0).valid]
    numbers = np.concatenate([np.asarray(x["numbers"]) for x, _ in batches])
    return {"numbers": numbers}, np.concatenate([y for _, y in batches])


def measured(folder: Path, inputs: dict[str, np.ndarray], labels: np.ndarray) -> list[list[str]]:
    """A line for Keras, one for float32 and one for int8."""
    core = export.numeric_core(runs.load_run(folder))
    given: Any = inputs if isinstance(core.model.input, dict) else next(iter(inputs.values()))
    (expected,) = core.model.predict(given, verbose=0).values()
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / name for name in ("float32.tflite", "int8.tflite")]
        export.to_litert(core.model, files[0])
        export.to_litert(core.model, files[1], representative=[{name: each[:200] for name, each in inputs.items()}])
        run = {file.stem: export.load_runtime(file) for file in files}
        sizes = {file.stem: file.stat().st_size for file in files}
        found = {form: each(inputs) for form, each in run.items()}
    times: dict[str, list[float]] = {form: [] for form in run}
    for repeat in range(REPEATS):
        row = {name: each[repeat % len(labels)][None] for name, each in inputs.items()}
        for form, each in run.items():
            started = time.perf_counter()
            each(row)
            times[form].append(time.perf_counter() - started)
    medians = {form: statistics.median(each) for form, each in times.items()}
    lines = [["Keras", f"{(expected.argmax(1) == labels).mean():.4f}", "", "", "", "", ""]]
    for form in run:
        size, pace = sizes[form] / sizes["float32"], medians[form] / medians["float32"]
        differs = np.abs(found[form] - expected).max()
        accuracy = (found[form].argmax(1) == labels).mean()
        lines.append(
            [form, f"{accuracy:.4f}", f"{sizes[form] / 1000:.0f}", f"{size:.0%}", f"{1000 * medians[form]:.2f}",
             f"{pace:.2f}", f"{differs:.1e}"]
        )  # fmt: skip
    return lines


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
