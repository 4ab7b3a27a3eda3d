"""TensorBoard in a browser, without a network: each tab shows what a run wrote."""

import importlib
import json
import time
import urllib.request

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import callbacks, plots, runs

from tests.contracts import Mode, batches, small_model

# TensorBoard imports it.
pytestmark = pytest.mark.filterwarnings("ignore:html5lib:DeprecationWarning")
PURPLE = (200, 0, 200)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a small run."""
    keras.utils.set_random_seed(0)
    run = runs.RunFolder(tmp_path_factory.mktemp("runs") / "first")
    run.write_config({"epochs": 2, "peak_lr": None, "units": (64, 32)})
    run.save_text("samples", "To be, or\n  *not* to be")
    return run


@pytest.fixture(scope="module")
def history(run):
    """What a fit and its figures, vectors and results wrote into the folder: the losses of the epochs."""
    stage = runs.Stage(run, 0.05, more=[callbacks.EpochFigures(run.logs / "figures", draw)])
    model = small_model(Mode(run="eager"))
    fitted = model.fit(
        batches(16), validation_data=batches(8), epochs=2, callbacks=stage.callbacks, verbose=0, shuffle=False
    )
    vectors, numbers = np.random.default_rng(0).normal(size=(30, 5)), list(range(30))
    runs.save_projector(run.logs, vectors, {"digit": numbers}, images=np.full((30, 20, 16, 3), PURPLE), name="features")
    run.finish({"accuracy": 0.875, "loss": 0.3125}, train_seconds=2.5, train_images=40)
    return fitted.history


def draw():
    return {"diagonal": plots.confusion(np.eye(2), ["a", "b"])}


@pytest.fixture(scope="module")
def page(run, history, browser):
    """A page of TensorBoard, which may load nothing from elsewhere."""
    board = importlib.import_module("tensorboard.program").TensorBoard()
    # Without processes of its own, and reading once.
    options = {"logdir": run.path.parent, "host": "127.0.0.1", "port": 0, "load_fast": "false", "reload_interval": 0}
    board.configure(argv=["tensorboard", *(f"--{name}={value}" for name, value in options.items())])
    url = board.launch()
    folders = {file.parent for file in run.logs.rglob("*tfevents*")}
    while len(json.loads(urllib.request.urlopen(f"{url}data/runs").read())) < len(folders):
        time.sleep(0.05)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(url) else route.abort())
    page.set_default_timeout(20_000)
    page.goto(url)
    yield page
    page.close()


def go_to(page, tab):
    page.evaluate(f"location.hash = {tab!r}")


def time_series_show_training_and_validation(page, history):
    go_to(page, "timeseries")
    page.get_by_role("combobox", name="Filter tags").fill("epoch_loss")
    card = page.locator("card-view").filter(has_text="epoch_loss")
    rows = card.locator("tb-data-table-content-row")
    rows.first.wait_for()
    shown = {run: float(value) for run, _, value, *_ in map(str.split, rows.all_inner_texts())}
    last = {"first/logs/train": history["loss"][-1], "first/logs/validation": history["val_loss"][-1]}
    assert shown == pytest.approx(last, abs=1e-4)


def images_show_the_figure_of_each_epoch(page):
    go_to(page, "images")
    picture = page.locator("tf-image-loader")
    image = picture.locator("img")
    image.wait_for()
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == int(draw()["diagonal"].bbox.width)
    assert picture.locator("paper-slider").evaluate("each => [each.value, each.max]") == [1, 1]


def hparams_show_options_and_results_in_a_row(page):
    go_to(page, "hparams")
    row = page.locator("vaadin-grid-cell-content")
    row.filter(has_text="first/logs/result").wait_for()
    cells = [each.strip() for each in row.all_inner_texts()]
    for cell in ("peak_lr", "None", "(64, 32)", "final/accuracy", "0.87500", "final/loss", "0.31250"):
        assert cell in cells


def custom_scalars_show_training_and_validation_in_one_chart(page):
    go_to(page, "custom_scalars")
    charts = page.locator("tf-custom-scalar-multi-line-chart-card")
    charts.get_by_text("Matches (2)").wait_for()
    assert charts.nth(0).get_by_text("Matches (2)").is_visible()


def text_shows_the_options_and_each_line_of_a_sample(page):
    go_to(page, "text")
    page.get_by_text("To be, or\n  *not* to be").wait_for()
    table = page.locator("tf-markdown-view table")
    assert table.inner_text().split() == ["option", "value", "epochs", "2", "peak_lr", "None", "units", "(64,", "32)"]


def the_projector_draws_every_vector_as_its_picture(page):
    with page.expect_response(lambda response: "/sprite_image?" in response.url) as sprite:
        go_to(page, "projector")
    assert sprite.value.status == 200
    inside = page.frame_locator("iframe").frame_locator("iframe")
    inside.locator(".numDataPoints").get_by_text("30", exact=True).wait_for()
    assert inside.locator(".dim").inner_text() == "5"
    for _ in range(100):
        shown = tf.io.decode_png(page.screenshot(), channels=3).numpy()
        if (shown == PURPLE).all(axis=-1).sum() > 30 * 50:
            return
        page.wait_for_timeout(100)
    pytest.fail("no pictures")


def test_each_tab_shows_what_a_run_wrote(page, history):
    """One test, for one run and one TensorBoard."""
    time_series_show_training_and_validation(page, history)
    images_show_the_figure_of_each_epoch(page)
    hparams_show_options_and_results_in_a_row(page)
    custom_scalars_show_training_and_validation_in_one_chart(page)
    text_shows_the_options_and_each_line_of_a_sample(page)
    the_projector_draws_every_vector_as_its_picture(page)
