import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Not for the session: while Playwright is open its event loop runs, and other tests could run none.
@pytest.fixture(scope="module")
def browser():
    """The installed Chromium, without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if not executable:
        pytest.skip(f"No browser is installed: {', '.join(NAMES)}")
    # It has no sandbox for root, and draws WebGL without a GPU on demand.
    options = {"executable_path": executable, "args": ["--no-sandbox", "--enable-unsafe-swiftshader"]}
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(**options)
        yield browser
        browser.close()


@contextmanager
def guarded(browser, address, width=1280, scheme="light"):
    """A page that can ask no host but its own; at the end it has tried none, ran nothing of a stranger, and fits."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(address) else route.abort())
    page.set_default_timeout(60_000)
    page.goto(address)
    yield page
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert page.evaluate("window.hacked === undefined && document.documentElement.scrollWidth == innerWidth")
    page.close()
