"""Writes a page that classifies pictures in the browser with the model of an earlier run, into RUN/web.

cd RUN/web, npm install brings ONNX Runtime Web, python -m http.server --bind 127.0.0.1 serves the page. The pictures
stay on the machine of whoever looks, and after npm install nothing comes from elsewhere: any host of files can show it.
"""

from dataclasses import dataclass
from typing import Annotated

from kerasdl import export, runs


@dataclass(frozen=True)
class Config:
    run: Annotated[str, runs.positional()]
    """Folder of a finished run of image_classifier.py, or what recipes/share.py made of it: a folder or
    hf://OWNER/NAME."""


def main(config: Config) -> None:
    run = runs.from_hub(config.run)
    page = export.to_web_page(runs.load_run(run), run / "web")
    print(f"{page}: cd {page.parent}; npm install; python -m http.server --bind 127.0.0.1", flush=True)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
