"""The site of documentation in a browser: nothing is wider than a phone, the dark is dark, and the search finds."""

import pytest

PAGES = ("index", "gallery", "augmentation", "measurements", "api/kerasdl", "api/kerasdl.callbacks.OneCycle")


@pytest.mark.slow
def test_the_site_on_a_phone(browser, site):
    colors = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        for name in PAGES:
            page.goto((site / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        colors[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
    assert colors["light"] == "rgb(255, 255, 255)" != colors["dark"]


@pytest.mark.slow
def test_the_pictures_are_there_and_the_search_finds(browser, site):
    page = browser.new_page()
    page.goto((site / "gallery.html").as_uri())
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    page.goto(f"{(site / 'search.html').as_uri()}?q=one-cycle")
    page.locator("#search-results li a", has_text="kerasdl.callbacks.OneCycle").first.click()
    assert page.locator("h1").inner_text().startswith("callbacks.OneCycle")
    page.close()
