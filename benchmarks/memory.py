"""How much memory does it take at most? Imports, a training step in several ways, and whole recipes.

python benchmarks/memory.py

The largest resident memory of a process of its own for each: once, because it hardly varies. The step is that of a
ResNet-18 on photographs of 128 pixels, with AdamW; three of them. The recipes train on their own data for two epochs.
About five minutes on two cores.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table

RECIPES = Path(__file__).parents[1] / "recipes"
PARTS = ("callbacks", "data", "interpret", "models", "optimizers", "plots")
PIXELS, BATCH, STEPS = 128, 64, 3


def imports(*names: str) -> None:
    """Import modules."""
    for name in names:
        import_module(name)


def step(batch_size: int = BATCH, *, policy: str = "float32", is_frozen: bool = False, accumulated: int = 1) -> None:
    """Training steps of a ResNet-18."""
    import keras
    import numpy as np
    from kerasdl import groups, models, optimizers

    keras.mixed_precision.set_dtype_policy(policy)
    model = models.resnet18((PIXELS, PIXELS, 3), 10)
    if is_frozen:
        groups.freeze_to(model, -1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(1e-3, gradient_accumulation_steps=accumulated if accumulated > 1 else None), loss)
    images, labels = np.ones((batch_size, PIXELS, PIXELS, 3), "float32"), np.arange(batch_size) % 10
    for _ in range(STEPS * accumulated):
        model.train_on_batch(images, labels)


CASES: dict[str, Callable[[], None]] = {
    "import keras": lambda: imports("keras"),
    "import kerasdl": lambda: imports(*(f"kerasdl.{name}" for name in PARTS)),
    "a step, batches of 64": step,
    "16": lambda: step(16),
    "4 times 16, accumulated": lambda: step(16, accumulated=4),
    "mixed_bfloat16": lambda: step(policy="mixed_bfloat16"),
    "body frozen": lambda: step(is_frozen=True),
}
RECIPE_OPTIONS = {
    "image_classifier": ("--epochs", "2"),
    "tabular": ("--epochs", "2"),
    "text_classifier": ("--epochs", "2"),
    "time_series": (),
}


def most_memory(command: list[str]) -> float:
    """The largest resident memory of a process, in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"This failed: {' '.join(command)}")
    return used.ru_maxrss / 1024


def main(case: str | None = None) -> None:
    """Print a table.

    Args:
        case: Be the process of this case.
    """
    if case is not None:
        CASES[case]()
        return
    table = Table("what", "MiB")
    for name in CASES:
        table.add_row(name, f"{most_memory([sys.executable, __file__, '--case', name]):,.0f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, options in RECIPE_OPTIONS.items():
            command = [sys.executable, str(RECIPES / f"{name}.py"), *options, "--out", f"{folder}/{name}"]
            table.add_row(f"recipes/{name}.py", f"{most_memory(command):,.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    tyro.cli(main)
