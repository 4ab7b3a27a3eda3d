"""Does recipes/serve.py lose a request or answer one wrongly when many ask at once, and how long does each wait?

python recipes/image_classifier.py --out runs/digits
python recipes/tabular.py --out runs/biopsies
python recipes/text_classifier.py --out runs/reviews
python recipes/export.py runs/digits --to onnx
python recipes/export.py runs/biopsies --to onnx
python recipes/export.py runs/reviews --to onnx
pip install aiohttp
python benchmarks/serving.py --images runs/digits --table runs/biopsies --texts runs/reviews

The server, a process of its own on loopback, is asked by fifty clients in another process for a minute each, with up to
200 validation samples of the run, one in each request. Every answer is compared with the run's own prediction. Server
and clients share the cores of the machine.
"""

import json
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kerasdl
import numpy as np
import pandas as pd
import tensorflow as tf
import tyro
from kerasdl import runs
from kerasdl.data import images, tabular, text
from rich.console import Console
from rich.table import Table

SAMPLES = 200
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Config:
    """Three runs, and how they are asked."""

    images: Path
    """Folder of a run of recipes/image_classifier.py."""
    table: Path
    """Folder of a run of recipes/tabular.py on classes."""
    texts: Path
    """Folder of a run of recipes/text_classifier.py."""
    seconds: float = 60
    """How long each server is asked."""
    clients: int = 50
    """Clients, each of which waits for its answer before it asks again."""
    runtimes: tuple[str, ...] = ("keras", "onnx")
    """What computes; onnx needs what recipes/export.py writes into the runs."""
    python: Path = Path(sys.executable)
    """A Python that has aiohttp."""


def main(config: Config) -> None:
    """One line for each run and runtime."""
    table = Table(
        "run", "runtime", "requests", "lost", "largest difference", "a second", "p50", "p95", "p99", "max, ms"
    )
    for run in (config.images, config.table, config.texts):
        bodies, expected = samples(run)
        for runtime in config.runtimes:
            with served(run, runtime) as address:
                found = asked(f"{address}/predict", bodies, config)
            line = summary(found, expected, config.seconds)
            table.add_row(run.name, runtime, *line)
            print(run.name, runtime, *line, sep="  ", flush=True)
    print(f"kerasdl {kerasdl.version.__version__}; {config.clients} clients, {config.seconds:g} s each")
    Console(width=130).print(table)


def samples(folder: Path) -> tuple[list[bytes], list[dict[str, float]]]:
    """Validation samples as bodies of requests, and the probabilities that recipes/predict.py would give them."""
    model = runs.load_run(folder)
    given = runs.load_raw(model, runs.load_config(folder), train=1, valid=SAMPLES)[1].inputs
    match runs.kind_of(model):
        case "images":
            files = [tf.io.encode_png(each).numpy() for each in given]
            return files, list(images.predict(model, files, top=None))
        case "texts":
            texts = [each.decode() for each in given.numpy()]
            return [as_json(each) for each in texts], list(text.predict(model, texts, top=None))
        case _:
            frame = pd.DataFrame({name: each.numpy()[:, 0] for name, each in given.items()})
            found = tabular.predict(model, frame).filter(regex="^probability_")
            rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
            return [as_json(row) for row in rows], found.rename(columns=lambda name: name[12:]).to_dict("records")


def as_json(instance: Any) -> bytes:
    """The body of a request with one instance."""
    return json.dumps({"instances": [instance]}, default=lambda each: each.decode()).encode()


@contextmanager
def served(run: Path, runtime: str) -> Iterator[str]:
    """The address of the server."""
    command = [sys.executable, str(HERE.parent / "recipes" / "serve.py"), str(run), "--runtime", runtime, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split(" ")[0]
        process.terminate()
        if process.wait():
            print(f"the server ended with status {process.returncode}", file=sys.stderr)


def asked(address: str, bodies: list[bytes], config: Config) -> list[dict[str, Any]]:
    """What each request got."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "bodies.json", Path(folder) / "found.json"
        given.write_text(json.dumps([b64encode(each).decode() for each in bodies]))
        command = [config.python, HERE / "serving_clients.py", address, given, found, config.clients, config.seconds]
        subprocess.run([str(each) for each in command], check=True)
        return list(json.loads(found.read_text()))


def summary(found: list[dict[str, Any]], expected: Sequence[Mapping[str, float]], seconds: float) -> list[str]:
    """The cells of a line."""
    good = [each for each in found if each.get("status") == 200]
    for each in [each for each in found if each.get("status") != 200][:3]:
        print(each, file=sys.stderr)
    differences = []
    for each in good:
        (answer,) = each["answer"]["predictions"]
        own = expected[each["body"]]
        assert answer["probabilities"].keys() == own.keys()
        differences.append(max(abs(answer["probabilities"][name] - own[name]) for name in own))
    waited = 1000 * np.array([each["seconds"] for each in good])
    quantiles = [f"{each:.1f}" for each in (*np.percentile(waited, (50, 95, 99)), waited.max())]
    numbers = [f"{len(found):,}", str(len(found) - len(good)), f"{max(differences):.1e}"]
    return [*numbers, f"{len(good) / seconds:,.0f}", *quantiles]


if __name__ == "__main__":
    main(tyro.cli(Config))
