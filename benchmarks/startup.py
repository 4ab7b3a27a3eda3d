"""From the start of a process to the first step of training: where do the seconds go, beside plain Keras?

python benchmarks/startup.py [--rounds 5] [--recipe image_classifier]

Plain Keras is the network of recipes/image_classifier.py on the same arrays, scikit-learn's digits, with compile and
fit and nothing else; of kerasdl it has the builder alone. Each run is a process that ends with its first step of
training, in rounds that alternate; medians, by the clock and in CPU time of all threads.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from unittest.mock import patch

import tyro
from recipe_module import recipe_module

Times = dict[str, list[float]]
STARTED = "STARTED"


@dataclass(frozen=True)
class Config:
    """What is started, and how often."""

    recipe: Literal["image_classifier", "tabular", "text_classifier", "time_series"] = "image_classifier"
    """The recipe, with its defaults."""
    rounds: int = 5
    """Rounds, after one that fills the caches of the disk."""
    child: Literal["recipe", "keras"] | None = None
    """Be one of the processes."""


class Phases:
    """Seconds by the clock and of the CPU of each phase of this process; a phase may come several times."""

    def __init__(self) -> None:
        self.times: Times = {}
        # This clock is the same for all processes.
        self._last = [float(os.environ[STARTED]), 0.0]

    def end(self, name: str) -> None:
        """What went by since the last phase ended belongs to this one."""
        now = [time.perf_counter(), time.process_time()]
        known = self.times.get(name, [0.0, 0.0])
        self.times[name] = [known[0] + now[0] - self._last[0], known[1] + now[1] - self._last[1]]
        self._last = now

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, as a phase between two parts of "data, network and the rest"."""

        def timed(*given: Any, **named: Any) -> Any:
            self.end("data, network and the rest")
            result = function(*given, **named)
            self.end(name)
            return result

        return timed

    def around_fits(self, names: list[str]) -> None:
        """Fits are phases: the first step of each, and what follows it. The first step of the last one ends all."""
        import keras

        fit = keras.Model.fit

        def timed(model: keras.Model, *given: Any, callbacks: Any = (), **named: Any) -> Any:
            name = names.pop(0)

            def first_step(*_: Any, **__: Any) -> None:
                if f"{name}, first step" not in self.times:
                    self.end(f"{name}, first step")
                    if not names:
                        print(json.dumps(self.times), flush=True)
                        os._exit(0)

            self.end("data, network and the rest")
            clock = keras.callbacks.LambdaCallback(on_train_batch_end=first_step)
            result = fit(model, *given, callbacks=[clock, *callbacks], **named)
            self.end(f"{name}, other steps")
            return result

        keras.Model.fit = timed


def start_recipe(name: str) -> None:
    """Runs the recipe."""
    phases = Phases()
    phases.end("Python")
    import keras

    phases.end("import keras")
    from kerasdl import runs

    recipe = recipe_module(name)
    phases.end("import kerasdl")
    phases.around_fits(["range test", "training"])
    save_figure = phases.around(runs.RunFolder.save_figure, "figures")
    with tempfile.TemporaryDirectory() as folder, patch.object(runs.RunFolder, "save_figure", save_figure):
        sys.argv[1:] = ["--out", f"{folder}/run"]
        runs.run_recipe(recipe.main, recipe.Config)
    assert keras


def start_keras() -> None:
    """Trains the network of recipes/image_classifier.py as Keras alone would."""
    phases = Phases()
    phases.end("Python")
    import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
    import keras
    from kerasdl import models
    from sklearn.datasets import load_digits

    phases.end("import keras")
    phases.around_fits(["training"])
    keras.utils.set_random_seed(0)
    digits = load_digits()
    pixels = (digits.images * 255 / 16).round().astype("uint8")[..., None]
    model = models.resnet8((8, 8, 1), 10, stem="small", preprocess="symmetric")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(0.01), loss, metrics=["accuracy"])
    model.fit(pixels, digits.target, batch_size=64, validation_split=0.2, verbose=0)
    assert kerasdl


def times_of(config: Config, child: str) -> Times:
    """The phases of one process."""
    typed = [sys.executable, __file__, "--recipe", config.recipe, "--child", child]
    environment = {**os.environ, STARTED: str(time.perf_counter())}
    printed = subprocess.run(typed, check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(printed.splitlines()[-1])


def main(config: Config) -> None:
    """Print a line for each phase."""
    if config.child:
        return start_keras() if config.child == "keras" else start_recipe(config.recipe)
    children = ["recipe", "keras"] if config.recipe == "image_classifier" else ["recipe"]
    rounds = [[times_of(config, child) for child in children] for _ in range(config.rounds + 1)][1:]
    for child, found in zip(children, zip(*rounds, strict=True), strict=True):
        print(f"\n{config.recipe if child == 'recipe' else 'plain Keras':30} {'seconds':>8} {'of CPU':>8}")
        for phase in [*found[0], "all"]:
            spent = [each.get(phase) or [sum(part) for part in zip(*each.values(), strict=True)] for each in found]
            wall, cpu = (statistics.median(part) for part in zip(*spent, strict=True))
            print(f"{phase:30} {wall:8.2f} {cpu:8.2f}")
    return None


if __name__ == "__main__":
    main(tyro.cli(Config))
