"""Serves the model of an earlier run to programs: what they send, it answers as recipes/predict.py does.

curl --data-binary @photo.jpg http://127.0.0.1:8000/predict
curl --json '{"instances": ["A good film."]}' http://127.0.0.1:8000/predict

The first is for a run on pictures (or sounds), the second for one on texts; GET / says what a run takes, with an
example. Only this machine can ask. Requests that arrive together are computed together. Stop it with Ctrl-C or SIGTERM:
what has arrived is still answered.
"""

from dataclasses import dataclass
from typing import Annotated

from kerasdl import runs, serving
from kerasdl.errors import BadInput


@dataclass(frozen=True)
class Config:
    run: Annotated[str, runs.positional()]
    """Folder of a finished run, or what recipes/share.py made of it: a folder or hf://OWNER/NAME."""
    runtime: serving.Runtime = "keras"
    """What computes: Keras, or what recipes/export.py wrote into the run."""
    port: int = 8000
    """Port on which it listens."""
    host: str = "127.0.0.1"
    """Address; 0.0.0.0 lets everyone ask who reaches this machine: there is no password."""
    max_body: int = 20
    """Largest body of a request in MiB."""

    def __post_init__(self) -> None:
        runs.check_counts(max_body=self.max_body)
        if not 0 <= self.port < 2**16:
            raise BadInput(f"A port is from 0, for a free one, to {2**16 - 1}. Received: port={self.port}")


def main(config: Config) -> None:
    serving.serve(
        runs.from_hub(config.run),
        runtime=config.runtime,
        port=config.port,
        host=config.host,
        max_body=config.max_body,
    )


if __name__ == "__main__":
    runs.run_recipe(main, Config)
