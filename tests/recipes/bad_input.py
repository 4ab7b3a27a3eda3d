"""Bad input for recipes: each function gives a `Make`, which writes files into a folder and returns the arguments."""

import atexit
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from kerasdl import export, models, runs
from kerasdl.data import tabular
from kerasdl.data.text import Vocabulary
from kerasdl.files import MOST_MORE

Make = Callable[[Path], list[Any]]
HEADER = "day,area,place,text"
ROWS = [f"2020-01-{day:02d},{day * 1.5},{'north' if day % 2 else 'south'},a house of {day}" for day in range(1, 32)]


def as_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")


def typed(*arguments: Any) -> Make:
    """Arguments alone."""
    return lambda folder: list(arguments)


def file(name: str, content: str | bytes, *arguments: Any) -> Make:
    """A file as --data."""

    def make(folder: Path) -> list[Any]:
        (folder / name).write_bytes(as_bytes(content))
        return ["--data", folder / name, *arguments]

    return make


def table(header: str, rows: list[str], *arguments: Any) -> Make:
    """A CSV file as --data."""
    return file("data.csv", "\n".join([header, *rows, ""]), *arguments)


def cells(column: int, value: str, line: int | None = None) -> list[str]:
    """The rows with another value in a column: on one line of the file, or on all."""
    found = [row.split(",") for row in ROWS]
    for number, row in enumerate(found, start=2):
        row[column] = value if line in (None, number) else row[column]
    return [",".join(row) for row in found]


def no_file(name: str, *arguments: Any) -> Make:
    """A folder where a file is expected."""

    def make(folder: Path) -> list[Any]:
        (folder / name).mkdir()
        return ["--data", folder / name, *arguments]

    return make


def link(name: str, target: str, *arguments: Any) -> Make:
    def make(folder: Path) -> list[Any]:
        (folder / name).symlink_to(target)
        return ["--data", folder / name, *arguments]

    return make


def files(content: dict[str, str | bytes], *arguments: Any, links: dict[str, str] | None = None) -> Make:
    """A folder as --data, with links in it."""

    def make(folder: Path) -> list[Any]:
        for name, each in content.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(as_bytes(each))
        for name, target in (links or {}).items():
            (folder / name).symlink_to(folder / target)
        return ["--data", folder, *arguments]

    return make


def pipe(name: str, make: Make) -> Make:
    """A pipe that nobody writes to, beside other input."""

    def also(folder: Path) -> list[Any]:
        arguments = make(folder)
        os.mkfifo(folder / name)
        return arguments

    return also


def picture(side: int = 8) -> bytes:
    return tf.io.encode_jpeg(np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)).numpy()


def pictures(*counts: int, inside: str = "") -> dict[str, str | bytes]:
    """So many pictures for each of the classes a, b and so on."""
    return {f"{inside}{name}/{at}.jpg": picture() for name, n in zip("abc", counts, strict=False) for at in range(n)}


def listed(*rows: str) -> Make:
    """A table of pictures as --data, beside three pictures a/0.jpg to a/2.jpg."""

    def make(folder: Path) -> list[Any]:
        files(pictures(3) | {"data.csv": "\n".join(["file,label", *rows])})(folder)
        return ["--data", folder / "data.csv"]

    return make


def gif(width: int, height: int) -> bytes:
    """35 bytes: one black pixel on a canvas of this size."""
    palette, frame = b"\x80\0\0\0\0\0\xff\xff\xff", struct.pack("<HHHH", 0, 0, 1, 1)
    return b"GIF89a" + struct.pack("<HH", width, height) + palette + b"," + frame + b"\0\x02\x02\x44\x01\0;"


def png(width: int, height: int) -> bytes:
    """A PNG whose header claims this size, with hardly any data."""
    chunks = {b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT": zlib.compress(bytes(99))}
    packed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (*chunks.items(), (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def false_frame() -> bytes:
    """A JPEG with a marker without contents (TEM) before a frame that claims 65,535 x 65,535 pixels."""
    frame = b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8\xff\x01" + frame + picture()[2:]


BAD_PICTURES: dict[str, str | bytes] = {
    "a/canvas.gif": gif(65535, 65535),
    "a/cut.jpg": picture(32)[:-200],
    "a/empty.jpg": b"",
    "a/frame.jpg": false_frame(),
    "a/header.png": png(99999, 99999),
    "a/little.png": png(9999, 9999),
    "a/text.jpg": "a text",
    "a/zeros.png": bytes(999),
}


@cache
def earlier_run(kind: str) -> Path:
    """The folder of a run as recipes write it, with a network that was not trained."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    run = runs.RunFolder(folder / "run")
    run.write_config({"series": {"lookback": 4, "target": ["area"]}, "language": {"level": "words"}}.get(kind, {}))
    run.save_model(_MODELS[kind](run.path), {})
    return run.path


def _images(path: Path) -> keras.Model:
    network = models.resnet((8, 8, 3), 2, depths=(1,), widths=(4,), stem="small", name="resnet8")
    return export.image_classifier(network, ["a", "b"], image_size=(8, 8))


def _table(path: Path) -> keras.Model:
    cells = [row.split(",") for row in ROWS]
    data = tabular.from_frame(pd.DataFrame(cells, columns=HEADER.split(","))[["area", "place"]], "place")
    network = models.tabular(data.cardinalities, data.numbers, hidden=(2,), classes=2)
    return export.table_model(network, data.encoder, classes=data.classes)


def _series(path: Path) -> keras.Model:
    return export.series_model(models.forecaster((4, 1), 1, units=(2,)), ([0], [1]))


def _texts(path: Path) -> keras.Model:
    network = models.text_classifier(len(_WORDS), 2, embedding=2, units=(2,))
    return export.text_classifier(network, _WORDS.layer(), ["north", "south"])


def _language(path: Path) -> keras.Model:
    network = models.language_model(len(_WORDS), batch_size=1, embedding=2, units=2, depth=1)
    models.save_encoder(network, path / "encoder.npz", _WORDS.words)
    return export.language_model(network, _WORDS.layer())


_WORDS = Vocabulary.of({"house": 3, "a": 2}, min_freq=1)
_MODELS = {"images": _images, "table": _table, "series": _series, "texts": _texts, "language": _language}


def damaged(kind: str, change: Callable[[Path], Any], *arguments: Any, file: str = "model.keras") -> Make:
    """A copy of an earlier run with a change in one of its files; RUN in the arguments is the copy."""

    def make(folder: Path) -> list[Any]:
        run = shutil.copytree(earlier_run(kind), folder / "run")
        change(run / file)
        return [str(each).replace("RUN", str(run)) for each in arguments]

    return make


def intact(kind: str, *arguments: Any) -> Make:
    """A copy of an earlier run as it is."""
    return damaged(kind, lambda path: None, *arguments)


def in_folder(make: Make, **content: str | bytes) -> Make:
    """More files, named with an underscore in place of the point; FOLDER in the arguments is the folder."""

    def also(folder: Path) -> list[Any]:
        for name, each in content.items():
            (folder / name.replace("_", ".")).write_bytes(as_bytes(each))
        return [str(each).replace("FOLDER", str(folder)) for each in make(folder)]

    return also


def flipped(share: float) -> Callable[[Path], Any]:
    """Flips a bit at this share of the file."""

    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(share * len(content))] ^= 4
        path.write_bytes(content)

    return change


def with_lambda(path: Path) -> None:
    keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: x)]).save(path)


def with_nan(path: Path) -> None:
    model = keras.models.load_model(path)
    kernel = next(each for each in model.weights if each.name == "kernel")
    kernel.assign(np.full(kernel.shape, np.nan))
    model.save(path)


def bomb(path: Path) -> None:
    """The directory of the file, which comes last, says that it unpacks to half a gigabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(99999))
    content, size = path.read_bytes(), (99999).to_bytes(4, "little")
    at = content.rindex(size)
    path.write_bytes(content[:at] + (2 * MOST_MORE).to_bytes(4, "little") + content[at + 4 :])


def replaced_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


# What a change of model.keras is answered with.
DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is damaged, or holds what is not loaded .File is not a zip file"),
    "cut short": (lambda path: os.truncate(path, path.stat().st_size - 99), "is damaged"),
    "a bit of the configuration": (flipped(0.05), "Bad CRC-32 for file 'config.json'"),
    "a bit of the weights": (flipped(0.5), "Bad CRC-32 for file 'model.weights.h5'"),
    "a Lambda layer": (with_lambda, "`Lambda` layer"),
    "NaN": (with_nan, "weights that are not finite"),
    "a zip bomb": (bomb, "would unpack to 512 MiB"),
    "missing": (Path.unlink, "The folder has no model.keras"),
    "a pipe": (replaced_by_pipe, "The folder has no model.keras"),
}
