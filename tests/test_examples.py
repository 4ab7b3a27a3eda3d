"""Every example runs as printed, in docstrings, README and guide; the options of every command line exist."""

import ast
import doctest
import importlib.util
import inspect
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
import tyro
from kerasdl import models, runs

from tests import examples

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kerasdl"
FACES = [
    *(
        "app",
        "callbacks",
        "errors",
        "export",
        "groups",
        "interpret",
        "layers",
        "losses",
        "lr_range",
        "models",
        "optimizers",
    ),
    *("plots", "runs", "schedules", "serving"),
    *(f"data.{name}" for name in ("augment", "features", "images", "mixing", "music", "sequences", "series")),
    *("data.tabular", "data.text"),
]
# Examples that show a warning.
WARNINGS = {
    "kerasdl.deprecation.warn": DeprecationWarning,
    "kerasdl.deprecation.renamed_arguments": DeprecationWarning,
    "docs/transfer.md": UserWarning,
}
# Over two seconds each, most of them for tracing and for beginning the epochs of a pipeline of images.
SLOW = {
    *(f"docs/{page}.md" for page in ("distribute", "layer_groups", "lr_range_test", "report", "resnet")),
    *(f"docs/{page}.md" for page in ("image_pipelines", "sequences", "series", "tables", "text", "transfer")),
    *("docs/export.md", "docs/audio.md", "docs/music.md", "docs/tensorboard.md", "docs/translation.md"),
    "docs/what_the_network_sees.md",
    *(f"kerasdl.data.images.images.{name}" for name in ("Images", "Images.progressive", "Images.resized")),
    *(
        "kerasdl.runs.policy.after_head",
        "kerasdl.runs.policy.Stage",
        "kerasdl.runs.watch.Watch",
        "kerasdl.runs.looks.look",
        "kerasdl.runs.looks.look_at_images",
        "kerasdl.runs.looks.look_at_series",
        "kerasdl.runs.rehearsal.rehearse",
        "kerasdl.runs.table_rehearsal.rehearsed_table_steps",
        "kerasdl.data.tabular.table.Table.rehearsal",
        "kerasdl.runs.looks.look_at_sequences",
        "kerasdl.callbacks.epoch_figures.EpochFigures",
    ),
    "kerasdl.callbacks.lr_range_test.lr_find",
    *(
        "kerasdl.models.replace_head.replace_head",
        "kerasdl.models.resnet.resnet50",
        "kerasdl.data.images.features.Features",
    ),
    *(f"kerasdl.models.resnet.{name}" for name in ("resnet101", "resnet152")),
    *(f"kerasdl.export.{name}" for name in ("saved_model.to_saved_model", "onnx.to_onnx", "litert.to_litert")),
    "kerasdl.export.web_page.to_web_page",
    *("kerasdl.export.openvino.to_openvino", "kerasdl.export.runtimes.load_runtime"),
    *(f"kerasdl.data.series.time_series.{name}" for name in ("TimeSeries", "TimeSeries.rehearsal")),
    *("kerasdl.data.text.features.Features", "kerasdl.runs.text_baseline.train_ngrams"),
    # Over one second, beside an example of the same kind.
    *(f"kerasdl.lr_range.LRRange.{name}" for name in ("plot", "rise", "suggestion", "suggestions")),
    *("kerasdl.interpret.show_samples.show_results", "kerasdl.interpret.show_samples.show_top_losses"),
    *("kerasdl.runs.policy.range_test", "kerasdl.runs.policy.suggested", "kerasdl.plots.training.lr_range"),
    *(
        "kerasdl.runs.policy.peak_lr",
        *(f"kerasdl.runs.table_baseline.{name}" for name in ("compare_tables", "train_trees")),
    ),
    *(
        "kerasdl.plots.training.curves",
        "kerasdl.plots.training.schedule",
        "kerasdl.runs.classifier_network.head_on_features",
    ),
    *("kerasdl.models.resnet.resnet18", "kerasdl.models.resnet.resnet34", "docs/optimizers.md", "docs/schedules.md"),
    *("docs/while_it_trains.md", "kerasdl.callbacks.group_scalars.GroupScalars"),
    *(f"kerasdl.plots.activations.{name}" for name in ("activation_stats", "group_scalars")),
    *(f"kerasdl.callbacks.{name}" for name in ("cosine_restarts.CosineRestarts", "flat_cosine.FlatCosine")),
}
SKIPPED = {
    "kerasdl.app.server.serve": "gradio is an extra that the suite does without",
    "kerasdl.serving.server.serve": "it answers until it is stopped",
    "kerasdl.data.images.tfds.from_tfds": "TensorFlow Datasets would prepare all 70,000 images of MNIST",
    "kerasdl.data.text.tfds.from_tfds": "TensorFlow Datasets would prepare all 100,000 reviews",
}


# What an example says


def names_in(source: str, given: set[str]) -> set[str]:
    """The names that the code reads and neither has nor makes before."""
    read, given = set(), set(given)
    for statement in ast.parse(source).body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        read |= {name.id for name in names if isinstance(name.ctx, ast.Load)} - given
        given |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
        imports = [node for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom)]
        given |= {alias.asname or alias.name for node in imports for alias in node.names}
    return read


def at_hand(source: str, given: set[str]) -> dict[str, Any]:
    """The names that the code needs, with their values, as far as `tests.examples` has them."""
    made: dict[str, Any] = {}
    mentioned = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}

    def make(name: str) -> Any:
        if name not in made:
            value = vars(examples)[name]
            if name == "model":
                value = next((fitting for data, fitting in examples.MODELS.items() if data in mentioned), value)
            is_maker = inspect.isfunction(value) and value.__module__ == examples.__name__
            made[name] = value(*map(make, inspect.signature(value).parameters)) if is_maker else value
        return made[name]

    return {name: make(name) for name in sorted(names_in(source, given) & vars(examples).keys())}


def write_files(source: str) -> None:
    """Writes the files that the code names into the working folder."""
    strings = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    for name, write in examples.FILES.items():
        if any(str(each) == name or str(each).startswith(f"{name}/") for each in strings):
            (Path(name) if not Path(name).suffix else Path(name).parent).mkdir(parents=True, exist_ok=True)
            write(Path(name))


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty working folder, without a network: what an example would download is replaced; small networks."""
    monkeypatch.chdir(tmp_path)
    resnet = importlib.import_module("kerasdl.models.resnet")
    monkeypatch.setattr(resnet, "initialize", lambda model, weights, **options: None)
    unpublished = partial(keras.applications.MobileNetV2, weights=None)
    monkeypatch.setattr(keras.applications, "MobileNetV2", unpublished)
    monkeypatch.setattr(keras.applications, "ResNet50", examples.small_resnet50)
    monkeypatch.setattr(models, "resnet8", examples.small_resnet8)
    pixels, labels = np.zeros((40, 32, 32, 3), "uint8"), np.arange(40)[:, None] % 10
    weights = tmp_path / "keras/models/resnet18.tv_in1k.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: ((pixels, labels), (pixels, labels)))
    keras.config.disable_interactive_logging()  # no progress bars
    yield
    keras.config.enable_interactive_logging()


def named(examples_by_name: Iterable[tuple[str, Any]]) -> list[Any]:
    """Parameters by their names, with the marks of SLOW and SKIPPED."""
    marks = {name: [pytest.mark.slow] for name in SLOW}
    marks |= {name: [pytest.mark.skip(reason=reason)] for name, reason in SKIPPED.items()}
    return [pytest.param(each, id=name, marks=marks.get(name, ())) for name, each in examples_by_name]


def warning_of(name: str) -> AbstractContextManager[Any]:
    return pytest.warns(WARNINGS[name]) if name in WARNINGS else nullcontext()


# Docstrings


def test_everything_that_a_face_offers_has_an_example():
    """Functions and classes; that of a class shows its methods and properties, which may have their own."""
    without = []
    for face in FACES:
        module = importlib.import_module(f"kerasdl.{face}")
        own = [name for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__]
        for name in getattr(module, "__all__", own):
            each = getattr(module, name)
            is_public = (inspect.isclass(each) or inspect.isfunction(each)) and not name.startswith("_")
            if is_public and not re.search(r"Example:\n\s+>>>", each.__doc__ or ""):
                without.append(f"{face}.{name}")
    assert without == []


class Checker(doctest.OutputChecker):
    """An example without an output may print anything."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


def objects(node: ast.AST, name: str) -> Iterator[tuple[str, Any]]:
    """A module, and its classes, functions, methods and properties, by their full names."""
    yield name, node
    for each in getattr(node, "body", []):
        if isinstance(each, ast.ClassDef | ast.FunctionDef):
            yield from objects(each, f"{name}.{each.name}")


def examples_of_docstrings() -> Iterator[doctest.DocTest]:
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name, node in objects(ast.parse(file.read_text()), module):
            if ">>>" in (text := ast.get_docstring(node, clean=False) or ""):
                place = str(file.relative_to(ROOT)), node.body[0].lineno - 1
                yield doctest.DocTestParser().get_doctest(text, {"__name__": module}, name, *place)


EXAMPLES = list(examples_of_docstrings())


@pytest.mark.parametrize("example", named((example.name, example) for example in EXAMPLES))
def test_the_example_of_a_docstring_runs_as_printed(example, workplace):
    source = "".join(each.source for each in example.examples)
    module = vars(importlib.import_module(example.globs["__name__"]))
    write_files(source)
    example.globs = {**module, **at_hand(source, set(module))}
    printed: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    with warning_of(example.name):
        doctest.DocTestRunner(Checker(), verbose=False, optionflags=flags).run(example, out=printed.append)
    assert not printed, "".join(printed)


# README and guide

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path, language: str) -> list[tuple[int, str]]:
    """The fenced blocks in a language, with the number of lines before each."""
    text = page.read_text()
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [(text[: block.start(1)].count("\n"), block[1]) for block in found]


def test_every_block_names_its_language():
    for page in PAGES:
        outside = re.sub(r"^```(python|sh|text)\n.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        assert "```" not in outside, name_of(page)
        assert not re.search(r"^(?!    )[^\n]*\n\n    \S", outside, flags=re.MULTILINE), name_of(page)


@pytest.mark.parametrize("page", named((name_of(page), page) for page in PAGES if blocks_of(page, "python")))
def test_the_blocks_of_a_page_run_one_after_the_other(page, workplace, capsys):
    """With what the guide says to import, and names at hand; a block that imports kerasdl stands alone."""
    (_, imports), *_ = blocks_of(ROOT / "docs/README.md", "python")
    imported: dict[str, Any] = {}
    exec(imports, imported)
    blocks = blocks_of(page, "python")
    write_files("\n".join(code for _, code in blocks))
    names = {**imported, **at_hand("\n".join(code for _, code in blocks), set(imported))}
    with warning_of(name_of(page)):
        for line, code in blocks:
            alone = code.startswith("import kerasdl")
            exec(compile("\n" * line + code, page, "exec"), {"__name__": "__main__"} if alone else names)
    if name_of(page) == "README.md":
        assert re.search(r"\d\d\.\d% right; most confused: \[", capsys.readouterr().out)
        assert Path("runs/readme/digits.keras").exists()


def right_columns(page: Path) -> dict[str, str]:
    """The code in the last column of the first table of each section, from top to bottom, by the title of the section.

    A cell of code begins with it; any other cell is prose.
    """
    found = {}
    for section in page.read_text().split("\n## ")[1:]:
        rows = re.findall(r"^\|.* \| (`.*) \|$", section, flags=re.MULTILINE)
        found[section.split("\n")[0]] = "\n".join(code for row in rows for code in re.findall(r"`([^`]+)`", row))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("section", ["Pictures", "Callbacks", "Texts", "Tables"])
def test_the_right_column_of_coming_from_fastai_is_a_script(section, workplace, monkeypatch):
    """The imports of the guide are at hand, and the names of `examples`."""
    monkeypatch.setattr(models, "resnet18", examples.small_resnet8)
    code = right_columns(ROOT / "docs/from_fastai.md")[section]
    (_, imports), *_ = blocks_of(ROOT / "docs/README.md", "python")
    names: dict[str, Any] = {}
    exec(imports, names)
    write_files(code)
    names |= at_hand(code, set(names))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Compile .* again before fit")  # a compile follows, or another row
        exec(compile(code, section, "exec"), names)


def test_what_is_said_of_examples_is_said_of_some():
    assert {*WARNINGS, *SLOW, *SKIPPED} <= {*(example.name for example in EXAMPLES), *map(name_of, PAGES)}


# Command lines


def commands() -> list[tuple[str, str, str]]:
    """Document, script and arguments of each command line in README and guide, and at the head of each script."""
    scripts = [*sorted(ROOT.glob("recipes/*.py")), *sorted(ROOT.glob("benchmarks/*.py"))]
    texts = {name_of(page): page.read_text() for page in PAGES}
    texts |= {name_of(script): ast.get_docstring(ast.parse(script.read_text())) or "" for script in scripts}
    pattern = r"python ((?:recipes|benchmarks)/\w+\.py)([^`\n#]*)"
    return [(name, *found) for name, text in texts.items() for found in sorted(set(re.findall(pattern, text)))]


@cache
def script_of(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.removesuffix(".py").replace("/", "."), ROOT / path)
    script = importlib.util.module_from_spec(spec)
    sys.modules[script.__name__] = script
    spec.loader.exec_module(script)
    return script


@pytest.mark.parametrize(("document", "path", "arguments"), commands(), ids=lambda each: each.strip())
def test_the_options_of_a_command_line_exist(document, path, arguments, monkeypatch, capsys):
    """Everything happens but main: S stands for a number, and brackets for what may be left out."""
    monkeypatch.syspath_prepend(ROOT / path.split("/")[0])
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    given = re.sub(r"\bS\b", "0", re.sub(r"[][]|\.\.\.", "", arguments)).split()
    config = getattr(script_of(path), "Config", None)
    if config is None:
        assert not given
    elif path.startswith("recipes"):
        monkeypatch.setattr(sys, "argv", [path, *given])
        with pytest.raises(SystemExit) as ended:
            runs.run_recipe(lambda options: 0, config)
        assert ended.value.code == 0, capsys.readouterr().err
    else:
        tyro.cli(config, args=given)


def test_real_data_that_are_not_there_are_one_line(monkeypatch, tmp_path):
    real_data = script_of("benchmarks/real_data.py").real_data
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    with pytest.raises(SystemExit, match="KERASDL_DATA must name a folder with mnist. Received: None"):
        real_data("mnist")
    monkeypatch.setenv("KERASDL_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match="a folder with mnist. Received: '/"):
        real_data("mnist")
    (tmp_path / "mnist").mkdir()
    assert real_data("mnist") == tmp_path / "mnist"
