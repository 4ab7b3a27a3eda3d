"""A page that classifies pictures in the browser, with ONNX Runtime Web."""

import json
import shutil
from pathlib import Path

import keras
from kerasdl.errors import BadInput
from kerasdl.export.numeric_core import numeric_core
from kerasdl.export.onnx import to_onnx

PAGE = Path(__file__).parent / "web"


def to_web_page(exported: keras.Model, folder: Path) -> Path:
    """Write a page that classifies a dropped picture in the browser; what serves it sends files alone.

    The folder holds the page, the model as ONNX, the facts on its input, and package.json: `npm install` in the folder
    brings ONNX Runtime Web (https://onnxruntime.ai), then the page needs no network.

    Args:
        exported: A model from `image_classifier`, new or loaded.
        folder: Where to write; files of the same names are replaced.

    Returns:
        The page, index.html.

    Raises:
        BadInput: The model is no classifier of pictures.
        ModuleNotFoundError: onnx or tf2onnx is not installed.

    Example:
        >>> to_web_page(keras.models.load_model("pets.keras"), Path("page")).name
        'index.html'
    """
    core = numeric_core(exported)
    if core.kind != "images" or "classes" not in core.facts:
        raise BadInput(
            "The page classifies pictures: choose a run of image_classifier.py, and for others recipes/export.py. "
            f"Received: {exported.name!r}, a model of {core.kind}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    to_onnx(core.model, folder / "model.onnx", facts=core.facts)
    facts = {**core.facts, "channels": core.model.input_shape[-1]}
    (folder / "preprocessing.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    for each in PAGE.iterdir():
        shutil.copyfile(each, folder / each.name)
    return folder / "index.html"
