import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
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
