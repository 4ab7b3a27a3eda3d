"""Writes a run as a repository of the Hugging Face Hub, with a model card: into a folder, or to the Hub itself.

Look at the folder before you publish it. It has the model, its configuration, its figures and the card, and no sample
of the data; but a model knows the names of its classes and columns, the values of categories, and the words of texts.
`predict.py` and `app.py` take such a folder, and hf://OWNER/NAME, as they take the folder of a run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from kerasdl import runs


@dataclass(frozen=True)
class Config:
    run: Annotated[Path, runs.positional()]
    """Folder of a finished run."""
    destination: Annotated[str, runs.positional()]
    """A new folder; or hf://OWNER/NAME, to which the account of `hf auth login` may write: a new one is private."""


def main(config: Config) -> None:
    runs.to_hub(config.run, config.destination)
    print(config.destination)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
