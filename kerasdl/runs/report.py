"""report.html: one page on a run, made of the files in its folder alone."""

from pathlib import Path
from typing import Any

from kerasdl.runs.markup import Markup, tag
from kerasdl.runs.options import OF_THE_START
from kerasdl.runs.readable import duration, in_line, readable, shown, size, titled
from kerasdl.runs.report_chart import stage_charts
from kerasdl.runs.report_figures import pictures, text_of
from kerasdl.runs.report_limits import limits
from kerasdl.runs.report_page import anchor, fold, grid, heads_of, number, page, section, table
from kerasdl.runs.run_files import UNFINISHED, RunFiles

REPORT = "report.html"
# Ends of the names of texts, and their section; all others are results.
TEXTS = {"data.txt": "data", "summary.txt": "model", UNFINISHED: "asked", "dead_units.txt": "training"}
STAGES = {
    "head": "The new head alone",
    "last": "The last two layer groups",
    "rehearsal": "A rehearsal on the earlier part of the training data",
    "ngrams": "The n-gram classifier beside it",
    "whole": "The whole network",
}


def report(path: Path) -> str:
    """The page on a run: what was asked, data, training, results, and what they cannot tell.

    Args:
        path: The run's folder.

    Returns:
        A page in HTML that stands alone: figures are embedded, and nothing is fetched.

    Raises:
        BadInput: The folder is no run's, or a file in it is damaged.

    Example:
        >>> page = report(Path("runs/small"))
    """
    run = RunFiles.of(path)
    sections = {
        "What was asked": _asked(run),
        "Results": _results(run),
        "Training": _training(run),
        "Data": _data(run),
        "Model": _model(run),
        "What this cannot tell": [tag("ul", *(tag("li", each) for each in limits(run)))],
    }
    filled = {title: each for title, content in sections.items() if (each := section(title, *content))}
    links = [tag("a", title, href=f"#{anchor(title)}") for title in filled]
    return page(f"Run {path.name}", *_head(run), tag("nav", *links), *filled.values())


def _head(run: RunFiles) -> list[Markup]:
    """The name of the run, when it ended, its warning, and the headline figures."""
    trained = f"trained for {duration(run.seconds)}" if run.seconds is not None else ""
    facts = [str(run.about.get("finished", "")), trained, *_versions(run)]
    found = [tag("h1", run.path.name or str(run.path)), tag("p", " · ".join(filter(None, facts)), class_="faint")]
    if UNFINISHED in {file.name for file in run.files}:
        found.append(tag("p", "This run is not finished.", class_="card warning"))
    if warning := run.metrics.get("warning"):
        found.append(tag("p", tag("b", "Warning: "), warning, class_="card warning"))
    tests = {name: value for name, value in run.more.items() if name.startswith("test_") and isinstance(value, float)}
    tiles = [_tile(run, name, value, f"validation {in_line(name)}") for name, value in run.valid.items()]
    tiles += [_tile(run, name, value, in_line(name)) for name, value in tests.items()]
    return [*found, tag("div", *tiles, class_="tiles")] if tiles else found


def _tile(run: RunFiles, name: str, value: float, label: str) -> Markup:
    figure, _, interval = readable(name, value, run.interval(name)).partition(" (")
    between = tag("span", f"({interval}") if interval else ""
    return tag("div", tag("span", label), tag("b", figure), between, class_="card tile")


def _results(run: RunFiles) -> list[Markup]:
    own = {titled(name): _said(name, value) for name, value in run.more.items() if _is_result(name, value)}
    pages = [_page_in_page(file) for file in run.of_kind(".html") if file.name != REPORT]
    return [table(own), pictures(run.of_kind(".png"), "results", run.history), *pages, *_folded(run, "results")]


def _said(name: str, value: Any) -> str:
    return shown(readable(name, value))


def _named(file: Path) -> str:
    return f"{titled(file.stem)} ({file.name})"


def _page_in_page(file: Path) -> Markup:
    """A page in a frame of its own, where no script runs."""
    return fold(_named(file), tag("iframe", srcdoc=file.read_text("utf-8", "replace"), sandbox="", title=file.name))


def _training(run: RunFiles) -> list[Markup]:
    found = []
    for stage, metrics in run.history.items():
        if len(run.history) > 1:
            found.append(tag("h3", STAGES.get(stage, titled(stage))))
        found.append(tag("div", *stage_charts(metrics), class_="charts"))
        found.append(fold("Epochs as a table", _epochs(metrics)))
    figures = run.of_kind(".png")
    rates = {titled(name): readable(name, value) for name, value in run.more.items() if name.endswith("peak_lr")}
    curves = fold("Curves as pictures", pictures(figures, "curves", run.history))
    return [*found, curves, table(rates), pictures(figures, "training", run.history), *_folded(run, "training")]


def _epochs(metrics: dict[str, list[float | None]]) -> Markup:
    count = max(map(len, metrics.values()), default=0)
    columns = [[*values, *[None] * (count - len(values))] for values in metrics.values()]
    lines = [
        tag("tr", tag("th", epoch, scope="row"), *(number(*each) for each in zip(metrics, values, strict=True)))
        for epoch, values in enumerate(zip(*columns, strict=True), start=1)
    ]
    heads = [*heads_of(["epoch"]), *heads_of(map(titled, metrics), class_="number")]
    return grid(heads, lines, class_="several") if lines else Markup()


def _data(run: RunFiles) -> list[Markup]:
    counts = {titled(name): readable(name, value) for name, value in run.more.items() if _is_count(value)}
    text = map(text_of, _texts(run, "data"))
    columns = run.config.get("columns")
    kinds = table(columns, header=["column", "kind"]) if isinstance(columns, dict) else Markup()
    return [table(counts), *text, fold("Columns", kinds), pictures(run.of_kind(".png"), "data", run.history)]


def _asked(run: RunFiles) -> list[Markup]:
    given = run.about.get("given")
    given = {name: each for name, each in given.items() if name not in OF_THE_START} if isinstance(given, dict) else {}
    others = {name: each for name, each in run.config.items() if name not in {*given, *OF_THE_START, "columns"}}
    command = run.about.get("command")
    return [
        tag("pre", command) if command else Markup(),
        *map(text_of, _texts(run, "asked")),
        table(
            {name: shown(each) for name, each in given.items()},
            header=["option that differs from its default", "value"],
        ),
        fold("All other options, and facts", table({name: shown(each) for name, each in others.items()})),
    ]


def _model(run: RunFiles) -> list[Markup]:
    files = {file.name: size(file.stat().st_size) for file in [*run.of_kind(".keras"), *run.of_kind(".npz")]}
    lines = Markup()
    if "model.keras" in files:
        code = f"import kerasdl, keras\n\nmodel = keras.models.load_model({str(run.path / 'model.keras')!r})"
        lines = tag("pre", code)
    return [lines, table(files), *_folded(run, "model")]


def _versions(run: RunFiles) -> list[str]:
    versions = run.about.get("versions")
    names = {"python": "Python", "keras": "Keras", "tensorflow": "TensorFlow"}
    found = versions.items() if isinstance(versions, dict) else ()
    return [f"{names.get(name, name)} {version}" for name, version in found]


def _texts(run: RunFiles, kind: str) -> list[Path]:
    ends = {file: next((end for end in TEXTS if file.name.endswith(end)), "") for file in run.of_kind(".txt")}
    return [file for file, end in ends.items() if TEXTS.get(end, "results") == kind]


def _folded(run: RunFiles, kind: str) -> list[Markup]:
    return [fold(_named(file), text_of(file)) for file in _texts(run, kind)]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_result(name: str, value: Any) -> bool:
    return not (_is_count(value) or name.startswith("test_") or name.endswith("peak_lr"))
