"""The page and its server; the browser's half is in tests/browser."""

import urllib.error
import urllib.request

import pytest
from kerasdl.app.page import page
from kerasdl.app.trained import Trained

from tests.app.serving import served
from tests.recipes.bad_input import earlier_run

pytest.importorskip("gradio", reason="gradio is not installed: pip install 'kerasdl[app]'")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("kind", ["images", "table", "series", "texts"])
def test_a_page_for_each_kind(kind):
    config = page(Trained.of(earlier_run(kind))).get_config_file()
    asked = {"images": "file", "series": "file", "table": "number", "texts": "textbox"}[kind]
    assert asked in {each["type"] for each in config["components"]}
    assert config["analytics_enabled"] is False


def test_the_server_is_for_this_machine_and_asks_no_other():
    with served(earlier_run("texts")) as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address) as answer:
            assert "default-src 'self'" in answer.headers["content-security-policy"]
        for path, host in (
            ("", "elsewhere.example"),
            ("gradio_api/file=setup.cfg", "127.0.0.1"),
            ("openapi.json", "localhost"),
        ):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(urllib.request.Request(f"{address}{path}", headers={"Host": host}))
