"""The page to try a run, in a browser that reaches nothing else: answers are those of recipes/predict.py."""

import kerasdl  # isort: skip
from contextlib import ExitStack, contextmanager
from pathlib import Path

import keras
import pytest
from kerasdl import export, models
from sklearn.datasets import load_digits

from tests.app import small_runs
from tests.app.serving import served
from tests.app.small_runs import saved
from tests.browser.conftest import guarded
from tests.recipes.bad_input import earlier_run
from tests.recipes.test_image_classifier import run

pytest.importorskip("gradio", reason="gradio is not installed: pip install 'kerasdl[app]'")
# Gradio's own are no business of ours.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
HOSTILE = '<img src=x onerror="window.hacked = 1">'
SCREENS = [(1280, "light"), (390, "dark")]


@pytest.fixture
def visit(browser):
    """Opens pages, which are checked at the end."""
    with ExitStack() as pages:

        def open_page(address, *screen):
            page = pages.enter_context(guarded(browser, address, *screen))
            page.locator(".facts h2").wait_for()
            return page

        yield open_page


def cards(page, count):
    """Of each answer its title, if it has one, the likeliest class and its probability."""
    page.locator("#answers .answer").nth(count - 1).wait_for()
    shown = [each.inner_text().split("\n") for each in page.locator("#answers .answer").all()]
    return [[line for line in lines if line][: 3 if each_has_title(page) else 2] for lines in shown]


def each_has_title(page):
    return page.locator("#answers h3").count() > 0


def predictions(capsys):
    """The cells that recipes/predict.py printed, the last one in percent."""
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    return [[*cells[:-1], f"{100 * float(cells[-1]):.2f} %"] for cells in lines]


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A run on digits, some of whose classes have hostile names, and a picture of each class."""
    keras.utils.set_random_seed(0)
    network = models.convnet((8, 8, 1), 10, depths=(1,), widths=(8,), preprocess="symmetric")
    names = [f"{HOSTILE} {name}" if name % 2 else str(name) for name in range(10)]
    path = saved(tmp_path_factory.mktemp("runs") / "digits", export.image_classifier(network, names))
    pictures = load_digits().images
    for place in range(10):
        keras.utils.save_img(path.parent / f"{place}.png", pictures[place][..., None] * 255 / 16, scale=False)
    return path


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_pictures(digits, visit, width, scheme, monkeypatch, capsys):
    files = [digits.parent / f"{place}.png" for place in range(10)]
    assert run("predict", digits, *files, monkeypatch=monkeypatch) == 0
    expected = [[file.name, *cells[1:]] for file, cells in zip(files, predictions(capsys), strict=True)]
    with served(digits) as address:
        page = visit(address, width, scheme)
        page.locator("input[type=file]").set_input_files(files)
        assert cards(page, 10) == expected
        loaded = page.locator("#answers img").evaluate_all("all => all.map(each => each.naturalWidth > 100)")
        assert loaded == [True] * 10


def test_uploads_that_are_answered_with_a_message(digits, visit, tmp_path):
    hostile = tmp_path / f"{HOSTILE.replace(' = ', '=')}.png"
    with hostile.open("wb") as file:
        file.truncate(200 * 2**20)
    with served(digits) as address:
        page = visit(address)
        page.locator("input[type=file]").set_input_files(hostile)
        page.get_by_text("exceed the maximum allowed size of 20").wait_for()
        form = {"files": {"name": "a.png", "mimeType": "image/png", "buffer": bytes(21 * 2**20)}}
        assert page.request.post(f"{address}gradio_api/upload", multipart=form).status == 413
        hostile.write_bytes((digits.parent / "3.png").read_bytes()[:60])
        page.goto(address)
        page.locator("input[type=file]").set_input_files(hostile)
        page.locator("#answers .problem", has_text="Damaged or cut short").wait_for()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_texts_and_rows(visit, width, scheme, tmp_path, monkeypatch, capsys):
    given = f"a house {HOSTILE} ${{window.hacked = 1}} {{{{window.hacked = 1}}}}"
    assert run("predict", earlier_run("texts"), given, monkeypatch=monkeypatch) == 0
    expected = predictions(capsys)
    with served(earlier_run("texts")) as address:
        page = visit(address, width, scheme)
        page.get_by_label("Text").fill(given)
        page.get_by_role("button", name="Answer").click()
        assert cards(page, 1) == [cells[1:] for cells in expected]
        assert page.locator(".words").inner_text() == given
    (tmp_path / "a.csv").write_text("area\n1000\n")
    assert run("predict", earlier_run("table"), tmp_path / "a.csv", monkeypatch=monkeypatch) == 0
    expected = predictions(capsys)
    with served(earlier_run("table")) as address:
        page = visit(address, width, scheme)
        page.get_by_label("area").fill("1000")
        page.get_by_role("button", name="Answer").click()
        assert cards(page, 1) == [cells[1:] for cells in expected]
        page.get_by_text("area: 1000 is outside the training data, 1.5 to 46.5.").wait_for()


def shown(page, column=0):
    """The cells of the tables in the answers, from a column on."""
    page.locator("#answers td").first.wait_for()
    rows = page.locator("#answers tbody tr").all()
    return [[cell.strip() for cell in each.locator("td").all_inner_texts()][column:] for each in rows]


@pytest.fixture
def asked(visit, tmp_path, monkeypatch, capsys):
    """A run of a kind, its page, and what recipes/predict.py prints for the same input, as cells."""

    def ask(kind, width, scheme):
        folder, given = getattr(small_runs, kind)(tmp_path)
        assert run("predict", folder, given, monkeypatch=monkeypatch) == 0
        expected = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        with served(folder) as address:
            page = visit(address, width, scheme)
            if kind in ("series", "sequences", "sounds"):
                page.locator("input[type=file]").set_input_files(given)
            yield page, expected

    return contextmanager(ask)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("kind", ["sequences", "sounds"])
def test_sequences_and_sounds(kind, asked, width, scheme):
    with asked(kind, width, scheme) as (page, expected):
        percent = [[Path(cells[0]).name, cells[1], f"{100 * float(cells[2]):.2f} %"] for cells in expected]
        assert cards(page, len(expected)) == percent
        drawn = page.locator("#answers img").evaluate_all("all => all.map(each => each.naturalWidth > 100)")
        assert drawn == [True] * len(expected)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_series(asked, width, scheme):
    with asked("series", width, scheme) as (page, expected):
        assert shown(page) == expected
        page.get_by_text("area ends 9.0 standard deviations from the mean").wait_for()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_regression(asked, width, scheme):
    with asked("numbers", width, scheme) as (page, expected):
        page.get_by_label("area").fill("12.5")
        place = page.get_by_label("place")
        place.fill("south")
        place.press("Enter")
        page.get_by_role("button", name="Answer").click()
        ((name, predicted, _),) = shown(page)
        ((_, number),) = expected
        assert (name, predicted) == ("price", f"{float(number):.6g}")


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_tags(asked, width, scheme):
    with asked("tags", width, scheme) as (page, expected):
        page.get_by_label("Text").fill("good bad")
        page.get_by_role("button", name="Answer").click()
        page.locator("#answers .share").first.wait_for()
        shares = [each.inner_text().split("\n") for each in page.locator("#answers .share").all()]
        ((_, names, probabilities),) = expected
        page.get_by_text("It knows 2 tags, and no other.").wait_for()
        several = zip(names.split(", "), probabilities.split(", "), strict=True)
        assert [[each for each in share if each] for share in shares] == [
            [name, f"{100 * float(each):.2f} %"] for name, each in several
        ]


assert kerasdl
