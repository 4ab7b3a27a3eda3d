"""A report in a browser: nothing is fetched, no script of a stranger runs, and a chart answers mouse and keyboard."""

import shutil

import pytest
from kerasdl import runs

from tests.examples import write_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def page(tmp_path):
    """The report of a run with a hostile page, on a phone in the dark."""
    playwright = pytest.importorskip("playwright.sync_api")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        pytest.skip(f"No browser is installed: {', '.join(BROWSERS)}")
    write_run(tmp_path)
    hostile = '<script>parent.document.title = "mine"</script><img src="http://127.0.0.1:9/a.png">'
    (tmp_path / "words.html").write_text(hostile)
    (tmp_path / f"{hostile.replace('/', '')}.txt").write_text(hostile)
    runs.write_page(tmp_path / "report.html", runs.report(tmp_path))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        yield page
        browser.close()


@pytest.mark.slow
def test_a_report_on_a_phone(page, tmp_path):
    for each in page.locator("summary").all():
        each.click()
    assert page.title() == f"Run {tmp_path.name}"
    assert [url for url in page.asked if not url.startswith(("data:", "about:"))] == [
        (tmp_path / "report.html").as_uri()
    ]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    values, chart = page.locator(".chart .value"), page.locator(".chart svg")
    assert values.all_inner_texts() == ["0.6", "0.5"]
    box = chart.bounding_box()
    chart.hover(position={"x": box["width"] / 4, "y": 20})
    assert values.all_inner_texts() == ["0.9", "0.7"]
    assert page.locator(".epoch").inner_text() == "epoch 1"
    chart.focus()
    for key, said in (
        ("End", "epoch 2, training 0.6, validation 0.5"),
        ("ArrowLeft", "epoch 1, training 0.9, validat"),
    ):
        page.keyboard.press(key)
        assert chart.get_attribute("aria-valuetext").startswith(said)
