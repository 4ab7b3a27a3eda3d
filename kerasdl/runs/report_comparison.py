"""Several runs on one page: where their options differ, what came of it, and their curves in one chart."""

import os
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

from kerasdl.errors import BadInput
from kerasdl.runs.markup import Markup, tag
from kerasdl.runs.options import OF_THE_START
from kerasdl.runs.readable import duration, shown, titled
from kerasdl.runs.report_chart import chart
from kerasdl.runs.report_limits import half_width, valid_count
from kerasdl.runs.report_page import fold, grid, heads_of, number, page, section, table
from kerasdl.runs.run_files import RunFiles

# Words of names of metrics.
HIGHER_IS_BETTER = {"accuracy", "f1", "r2", "auc", "precision", "recall"}
LOWER_IS_BETTER = {"loss", "rmse", "mae", "mape", "ratio", "perplexity", "bits", "error", "brier", "ece"}
# Options that may decide which samples are for validation.
OF_THE_DATA = ("data", "target", "label", "valid", "valid_share", "split", "group", "time", "horizon", "seed")
# Characters of an option in the table.
LONGEST = 60


def comparison(paths: Sequence[Path]) -> str:
    """The page on several runs; the best validation figures are marked.

    Args:
        paths: Their folders.

    Returns:
        A page in HTML that stands alone.

    Raises:
        BadInput: Less than two folders, one twice, or as for `report`.

    Example:
        >>> page = comparison([Path("runs/small"), Path("runs/large")])
    """
    if len({path.resolve() for path in paths}) < max(len(paths), 2):
        raise BadInput(f"Name at least two runs, each once. Received: {[str(path) for path in paths]}")
    runs = dict(zip(names_of(paths), map(RunFiles.of, paths), strict=True))
    differing = differences({name: run.config for name, run in runs.items()})
    same = {
        name: shown(value)
        for name, value in next(iter(runs.values())).config.items()
        if name not in {*differing, *OF_THE_START}
    }
    return page(
        "Runs compared",
        tag("h1", f"{len(runs)} runs compared"),
        section("Results and options", _table(runs, differing), fold("Options and facts that all share", table(same))),
        section("Validation, epoch by epoch", tag("div", *_charts(runs), class_="charts")),
        section("What this cannot tell", tag("ul", *(tag("li", each) for each in _limits(runs, differing)))),
    )


def names_of(paths: Sequence[Path]) -> list[str]:
    """The paths without what all begin with.

    Example:
        >>> names_of([Path("runs/pets/first"), Path("runs/pets/second")])
        ['first', 'second']
    """
    common = Path(os.path.commonpath([path.parent.resolve() for path in paths]))
    return [str(path.resolve().relative_to(common)) for path in paths]


def differences(configs: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The options that are not the same in all runs, with the value in each; None where a run lacks it.

    Example:
        >>> differences({"first": {"epochs": 3, "seed": 0}, "second": {"epochs": 9, "seed": 0}})
        {'epochs': [3, 9]}
    """
    names = dict.fromkeys(name for config in configs.values() for name in config)
    values = {name: [config.get(name) for config in configs.values()] for name in names if name not in OF_THE_START}
    return {name: each for name, each in values.items() if any(value != each[0] for value in each)}


def best(name: str, values: Sequence[float | None]) -> list[bool]:
    """Which are the best; none where it is unknown what is better, or all are equal.

    Example:
        >>> best("accuracy", [0.9, 0.95, None])
        [False, True, False]
    """
    words, known = set(name.split("_")), [value for value in values if value is not None and isfinite(value)]
    if len(set(known)) < 2 or not words & (HIGHER_IS_BETTER | LOWER_IS_BETTER):
        return [False] * len(values)
    winner = max(known) if words & HIGHER_IS_BETTER else min(known)
    return [value == winner for value in values]


def _table(runs: Mapping[str, RunFiles], differing: Mapping[str, list[Any]]) -> Markup:
    """A row for each run: its metrics, and the options that differ."""
    metrics, columns = list(dict.fromkeys(name for run in runs.values() for name in run.valid)), []
    for name in metrics:
        values = [run.valid.get(name) for run in runs.values()]
        cells = zip(runs.values(), values, best(name, values), strict=True)
        columns.append([number(name, value, run.interval(name), is_best=mark) for run, value, mark in cells])
    columns.append([tag("td", duration(run.seconds), class_="number") for run in runs.values()])
    columns += [[tag("td", shown(value, LONGEST)) for value in values] for values in differing.values()]
    lines = [tag("tr", tag("th", name, scope="row"), *cells) for name, *cells in zip(runs, *columns, strict=True)]
    heads = heads_of(["Run"]) + heads_of(map(titled, [*metrics, "training"]), class_="number") + heads_of(differing)
    return grid(heads, lines, class_="several")


def _charts(runs: Mapping[str, RunFiles]) -> Iterator[Markup]:
    """A chart for each metric, of the whole networks where there are stages."""
    histories = {
        name: run.history.get("whole") or next(reversed(run.history.values()), {}) for name, run in runs.items()
    }
    metrics = dict.fromkeys(name for history in histories.values() for name in history if name.startswith("val_"))
    for metric in sorted(metrics, key=lambda name: name != "val_loss"):
        curves = {name: history[metric] for name, history in histories.items() if metric in history}
        yield chart(metric.removeprefix("val_"), curves)


def _limits(runs: Mapping[str, RunFiles], differing: Mapping[str, list[Any]]) -> Iterator[str]:
    if others := [name for name in OF_THE_DATA if name in differing]:
        yield (
            f"The runs differ in {', '.join(others)}, so they may have other validation samples: compare their figures "
            "with care."
        )
    counts = {valid_count(run)[1] for run in runs.values()}
    accuracies = [run.valid["accuracy"] for run in runs.values() if "accuracy" in run.valid]
    if len(counts) == 1 and (count := counts.pop()) and accuracies and 0 <= max(accuracies) <= 1:
        points = 100 * sqrt(2) * half_width(max(accuracies), count)
        yield f"With {count:,} validation samples, accuracies {points:.1f} points apart may differ by chance."
    yield "The best of several runs was chosen by its validation figures, so it will be a little worse on new data."
    yield "Each run is one training: another seed may change their order."
