"""Fine-tunes an earlier image classifier on other images: its body, with a new head.

The head is trained alone first, then the whole network, each layer group at 2.6 times the rate of the one before it
(Howard and Ruder, arXiv:1801.06146), with one cycle over each stage. Image size, channels and scaling are the base's.

    python recipes/fine_tuning.py runs/flowers --data pets
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from kerasdl import models
from image_classifier import learn
from image_data import Data, load
from kerasdl.errors import BadInput
from kerasdl.run_folder import RunFolder, load_run, run_recipe, set_up_devices


@dataclass(frozen=True)
class Config(Data):
    """Options; the defaults teach an earlier run the digits."""

    base: Annotated[Path, tyro.conf.Positional] = Path()
    """Run folder of the image classifier to start from."""
    epochs: int = 4
    """Times that the training images are gone through by the whole network."""
    head_epochs: int = 1
    """The same by the new head alone, before."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.head_epochs < 1:
            raise BadInput(f"A new head needs an epoch of its own. Received: head_epochs={self.head_epochs}")


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    base = load_run(config.base)
    run = RunFolder.of(config, "fine_tuning")
    fit = base.get_layer("fit_image")
    data = load(config, (fit.height, fit.width), base.input_shape[-1])
    if data.shape[-1] != base.input_shape[-1]:
        raise BadInput(
            f"The base was trained on images of {base.input_shape[-1]} channels (--channels). "
            f"Received: images of {data.shape[-1]}"
        )
    learn(config, devices, run, data, data.train, models.replace_head(base, len(data.classes)), config.head_epochs)


if __name__ == "__main__":
    run_recipe(main, Config)
