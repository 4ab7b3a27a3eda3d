"""The model card of a run: what the model is for, figures with their intervals, limits, and how to load it."""

import re
from math import isfinite
from pathlib import Path
from typing import Any

import keras
from kerasdl import export
from kerasdl.optional import import_optional
from kerasdl.runs.kinds import Kind, kind_of
from kerasdl.runs.options import shareable
from kerasdl.runs.readable import duration, readable, shown, titled
from kerasdl.runs.report_figures import OF_RESULTS
from kerasdl.runs.report_limits import limits, valid_count
from kerasdl.runs.run_files import RunFiles

# Which show no sample of the data; the card shows them in this order.
FIGURES = tuple(
    f"{name}.png" for name in ("confusion", "per_class", "per_tag", "calibration", "importance", "error_by_step")
)
# The Hub's name of each task.
TASKS: dict[Kind, str] = {
    "images": "image-classification",
    "sounds": "audio-classification",
    "sequences": "time-series-classification",
    "series": "time-series-forecasting",
    "texts": "text-classification",
    "table": "tabular-classification",
}
_REGRESSION = "tabular-regression"
# What the model takes, and how to ask it.
_USES: dict[Kind, tuple[str, str]] = {
    "images": ("images of any size", 'data.images.predict(model, ["photo.jpg"])'),
    "sounds": ("WAV files", 'data.sequences.predict(model, ["sound.wav"])'),
    "sequences": ("sequences of numbers", "data.sequences.predict(model, [array])"),
    "series": ("the last rows of a time series", "data.series.forecast(model, frame, target=…, time=…)"),
    "texts": ("texts", 'data.text.predict(model, ["A text."])'),
    "table": ("rows of a table", "data.tabular.predict(model, frame)"),
}
_MOST_NAMES = 50


def model_card(run: RunFiles, model: keras.Model, name: str) -> str:
    r"""The model card in Markdown, with its metadata in YAML before it.

    Args:
        run: The files of the run.
        model: Its model.
        name: Of the repository, OWNER/NAME; or of its folder.

    Raises:
        BadInput: As for `kind_of`.
        ModuleNotFoundError: huggingface_hub is not installed.

    Example:
        >>> card = model_card(RunFiles.of(Path("runs/small")), exported_images, "me/pets")
        >>> card[:4]
        '---\n'
    """
    kind = kind_of(model)
    sections = {
        "How to use it": _use(kind, name),
        "Intended use": _intended(model, kind, run),
        "Training data": _data(run),
        "Figures": _figures(run),
        "What this cannot tell": [f"- {plain(each)}" for each in limits(run)],
        "Training": _training(run),
    }
    written = [f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines]
    warning = [f"> **Warning:** {plain(run.metrics['warning'])}"] if run.metrics.get("warning") else []
    return (
        "\n\n".join([f"---\n{_metadata(run, _task(model, kind), name)}---", f"# {plain(name)}", *warning, *written])
        + "\n"
    )


def plain(text: Any) -> str:
    r"""Text in one line that Markdown leaves as it is: names come from users, or from anywhere.

    Example:
        >>> plain("a_b <b>")
        'a\\_b \\<b\\>'
    """
    return re.sub(r"([\\`*_\[\]<>#|~&!$])", r"\\\1", " ".join(str(text).split()))


def _task(model: keras.Model, kind: Kind) -> str:
    return _REGRESSION if kind == "table" and model.layers[-1].name == "target_names" else TASKS[kind]


def _metadata(run: RunFiles, task: str, name: str) -> str:
    hub = import_optional("huggingface_hub")
    data = _data_name(run)
    results = [
        hub.EvalResult(
            task_type=task,
            dataset_type="custom",
            dataset_name=data,
            dataset_split=split,
            metric_type=metric.removeprefix("test_"),
            metric_value=value,
        )
        for split, metrics in (("validation", run.valid), ("test", _tests(run)))
        for metric, value in metrics.items()
        if isfinite(value)
    ]
    known = {"pipeline_tag": task, "tags": ["kerasdl", "tensorflow"], "metrics": [*run.valid]}
    more = {"model_name": name.rpartition("/")[2], "eval_results": results} if results else {}
    return str(hub.ModelCardData(library_name="keras", **known, **more).to_yaml()) + "\n"


def _tests(run: RunFiles) -> dict[str, float]:
    return {name: each for name, each in run.more.items() if name.startswith("test_") and isinstance(each, float)}


def _data_name(run: RunFiles) -> str:
    return Path(str(run.config.get("data") or "unnamed data")).name


def _use(kind: Kind, name: str) -> list[str]:
    repository = name if "/" in name else f"OWNER/{name}"
    code = (
        "import keras\nimport kerasdl  # its layers\n"
        "from huggingface_hub import hf_hub_download\nfrom kerasdl import data\n\n"
        f"model = keras.models.load_model(hf_hub_download({repository!r}, 'model.keras'))\n{_USES[kind][1]}"
    )
    return [f"```python\n{code}\n```"]


def _intended(model: keras.Model, kind: Kind, run: RunFiles) -> list[str]:
    takes = f"It takes {_USES[kind][0]}, as they are: scaling and encoding are part of the model."
    last = model.layers[-1].name
    if last in ("class_names", "tag_names"):
        names = export.class_names(model)
        few = ", ".join(map(plain, names[:_MOST_NAMES])) + (" …" if len(names) > _MOST_NAMES else "")
        what = "any number of the tags" if last == "tag_names" else "one of the classes"
        return [f"{takes} It gives {what} {few} ({len(names)}), and no other."]
    targets = export.target_names(model) if last == "target_names" else run.config.get("target") or []
    return [f"{takes} It predicts {', '.join(map(plain, targets))}." if targets else takes]


def _data(run: RunFiles) -> list[str]:
    what, count = valid_count(run)
    counts = {name: each for name, each in run.more.items() if isinstance(each, int) and not isinstance(each, bool)}
    lines = [f"{plain(_data_name(run))}.", *(["", *_table(counts)] if counts else [])]
    return [*lines, "", f"The figures are of {count:,} {plain(what)} that it was not trained on."] if count else lines


def _figures(run: RunFiles) -> list[str]:
    said = {f"validation {name}": readable(name, each, run.interval(name)) for name, each in run.valid.items()}
    said |= {name: readable(name, each) for name, each in _tests(run).items()}
    intervals = (
        ["", "In brackets: 95 % intervals over validation samples."] if any(map(run.interval, run.valid)) else []
    )
    pictures = [f"\n![{OF_RESULTS[file[:-4]]}]({file})" for file in FIGURES if (run.path / file).is_file()]
    return [*_table(said), *intervals, *pictures] if said else []


def _training(run: RunFiles) -> list[str]:
    given = run.about.get("given")
    given = given if isinstance(given, dict) else {}
    own = {name: shown(each, 80) for name, each in shareable(given).items() if name != "data"}
    versions = run.about.get("versions")
    own |= {"versions": ", ".join(f"{name} {each}" for name, each in versions.items())} if versions else {}
    own |= {"duration": duration(run.seconds)} if run.seconds is not None else {}
    return _table(own) if own else []


def _table(rows: dict[str, Any]) -> list[str]:
    lines = [f"| {plain(titled(name))} | {plain(each)} |" for name, each in rows.items()]
    return ["| | |", "| --- | --- |", *lines]
