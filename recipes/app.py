"""Shows a page in the browser to try the model of an earlier run.

Drop pictures or sounds, type a text, fill in a row of a table, or upload a series. The page shows what the model
answers, as recipes/predict.py does, where it looked, and what it cannot tell. Only this machine can ask it, and it
needs no network. Stop it with Ctrl-C.
"""

import threading
from dataclasses import dataclass
from typing import Annotated

from kerasdl import app, runs
from kerasdl.errors import BadInput


@dataclass(frozen=True)
class Config:
    run: Annotated[str, runs.positional()]
    """Folder of a finished run, or what recipes/share.py made of it: a folder or hf://OWNER/NAME."""
    port: int | None = None
    """Port of the page; by default the first free one from 7860."""
    host: str = "127.0.0.1"
    """Address of the page; 0.0.0.0 lets everyone ask who reaches this machine: there is no password."""
    max_upload: int = 20
    """Largest upload in MiB."""

    def __post_init__(self) -> None:
        runs.check_counts(max_upload=self.max_upload, port=self.port)
        if (self.port or 0) >= 2**16:
            raise BadInput(f"A port is at most {2**16 - 1}. Received: port={self.port}")


def main(config: Config) -> None:
    with app.serve(
        runs.from_hub(config.run), port=config.port, host=config.host, max_upload=config.max_upload
    ) as address:
        print(f"Open {address} (Ctrl-C ends the page)", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    runs.run_recipe(main, Config)
