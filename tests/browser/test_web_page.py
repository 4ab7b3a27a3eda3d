"""The page with ONNX Runtime Web, in a browser that reaches nothing else: its answers are those of ONNX Runtime."""

import functools
import http.server
import shutil
import subprocess
import tarfile
import threading
from base64 import b64encode
from contextlib import ExitStack

import keras
import numpy as np
import pytest
from kerasdl import export, models
from kerasdl.data import images
from kerasdl.data.images.decoding.decode import decode
from sklearn.datasets import load_digits, load_sample_image

from tests.app.small_runs import saved
from tests.browser.conftest import guarded
from tests.recipes.test_image_classifier import run

pytestmark = pytest.mark.slow
# As page.js does it.
PIXELS = """async (encoded) => {
  const file = await (await fetch(`data:image/jpeg;base64,${encoded}`)).blob();
  const bitmap = await createImageBitmap(file, {colorSpaceConversion: "none"});
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", {willReadFrequently: true});
  canvas.drawImage(bitmap, 0, 0);
  const {data} = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
  return new TextDecoder("utf-16le").decode(Uint16Array.from(data));
}"""
HOSTILE = '<img src=x onerror="window.hacked = 1">'


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def write_photographs(folder):
    """Parts of two photographs, of many shapes."""
    for number, (name, box) in enumerate(
        [("china.jpg", (0, 0, 427, 640)), ("china.jpg", (5, 7, 90, 301)), ("flower.jpg", (100, 200, 24, 24)),
         ("flower.jpg", (0, 0, 333, 111)), ("flower.jpg", (30, 50, 9, 13)), ("china.jpg", (200, 300, 48, 48))]
    ):  # fmt: skip
        top, left, height, width = box
        picture = load_sample_image(name)[top : top + height, left : left + width]
        for form in ("png", "jpg"):
            keras.utils.save_img(folder / f"{number}.{form}", picture, scale=False)
    shutil.copyfile(folder / "0.png", folder / f"{HOSTILE}.png".replace(" = ", "="))


def write_digits(folder):
    for number, picture in enumerate(load_digits().images[:10]):
        keras.utils.save_img(folder / f"{number}.png", picture[..., None] * 255 / 16, scale=False)


def color():
    network = models.resnet((24, 24, 3), 8, depths=(1, 1), widths=(8, 8), stem="small", preprocess="symmetric")
    return export.image_classifier(network, [f"{HOSTILE} {number}" for number in range(8)])


def gray():
    network = models.convnet((8, 12, 1), 10, depths=(1,), widths=(8,), preprocess="symmetric")
    return export.image_classifier(network, list("0123456789"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """The folder in which npm has put ONNX Runtime Web."""
    folder = tmp_path_factory.mktemp("npm")
    if not (npm := shutil.which("npm")):
        pytest.skip("npm is not installed")
    shutil.copyfile(export.web_page.PAGE / "package.json", folder / "package.json")
    done = subprocess.run([npm, "install", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm install onnxruntime-web failed: {done.stderr[-300:]}")
    return folder / "node_modules"


@pytest.fixture
def page(browser):
    """Opens the page of a folder, which is checked at the end."""
    with ExitStack() as opened:

        def visit(folder, *screen):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
            opened.callback(server.server_close)
            opened.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return opened.enter_context(guarded(browser, f"http://127.0.0.1:{server.server_port}/", *screen))

        yield visit


def shown(page, file):
    """The probability of each class on the page."""
    page.locator("input[type=file]").set_input_files(file)
    page.locator("#status", has_text=file.name).wait_for()
    lines = page.locator("#classes li")
    names, shares = lines.locator("span").all_inner_texts(), lines.locator("data")
    return dict(zip(names, map(float, shares.evaluate_all("all => all.map(each => each.value)")), strict=True))


@pytest.mark.parametrize(("make", "write", "width"), [(color, write_photographs, 390), (gray, write_digits, 1280)])
def test_the_page_answers_as_onnx_runtime(make, write, width, runtime, page, tmp_path, monkeypatch):
    keras.utils.set_random_seed(0)
    model = make()
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    folder = saved(tmp_path / "run", model)
    assert run("web_page", folder, monkeypatch=monkeypatch) is None
    (folder / "web" / "node_modules").symlink_to(runtime)
    write(tmp_path)
    opened = page(folder / "web", width, "dark" if width < 1000 else "light")
    opened.locator("#status", has_text="Ready").wait_for()
    files = sorted([*tmp_path.glob("*.png"), *tmp_path.glob("*.jpg")])
    compute = export.raw_runtime(model, folder / "web" / "model.onnx")
    for file, expected in zip(files, images.predict(model, files, top=6, run=compute), strict=True):
        assert shown(opened, file) == pytest.approx(expected, abs=1e-4)
        assert opened.locator("#picture").evaluate("each => each.decode().then(() => each.naturalWidth > 0)")
    (tmp_path / "none.png").write_bytes(b"nothing")
    opened.locator("input[type=file]").set_input_files(tmp_path / "none.png")
    opened.locator("#status.problem", has_text="none.png is no picture that the browser decodes").wait_for()


def test_the_browser_decodes_photographs_to_the_pixels_of_the_training(browser, real_data):
    page = browser.new_page()
    with tarfile.open(real_data / "dogscats/dogscats_800.tar") as tar:
        names = sorted(name for name in tar.getnames() if "/valid/" in name and name.endswith(".jpg"))
        for name in names[::10]:
            encoded = tar.extractfile(name).read()
            picture = decode(encoded, channels=3)
            found = page.evaluate(PIXELS, b64encode(encoded).decode()).encode("latin-1")
            found = np.frombuffer(found, np.uint8).reshape(*picture.shape[:2], 4)
            assert np.array_equal(found[..., :3], picture), name
    page.close()


def test_without_npm_install_the_page_says_so(page, tmp_path):
    export.to_web_page(gray(), tmp_path / "web")
    opened = page(tmp_path / "web")
    opened.locator("#status.problem", has_text="run npm install in the folder of this page").wait_for()
