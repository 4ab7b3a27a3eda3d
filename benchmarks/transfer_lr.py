"""How far below the head's peak learning rate must the whole network's be?

KERASDL_DATA=FOLDER python benchmarks/transfer_lr.py [--tasks cifar_digits ...] [--seeds 0 1] [--factors 20 50 ...]

Three trained bodies with a new head: one epoch for the head alone at the rate that its range test suggests
(`descent`), then four for the whole network at that rate divided by each factor, discriminative rates, AdamW and
one-cycle. Beside it the rate at which the loss of the whole network rises, head trained (`LRRange.rise`).
"""

import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import keras
import tyro
from kerasdl import callbacks, groups, models, optimizers
from kerasdl.data import images
from real_data import real_data
from rich.console import Console
from rich.table import Table

EPOCHS = 4


def unpacked(archive: str, folder: Path) -> Path:
    """The folder that holds `train` in an archive."""
    target = folder / Path(archive).stem
    if not target.exists():
        with tarfile.open(real_data(archive)) as tar:
            tar.extractall(target, filter="data")
    return next(target.rglob("train")).parent


def tenth(archive: str, folder: Path) -> Path:
    """A folder of every tenth training image of an archive, by class."""
    target = folder / f"tenth of {Path(archive).stem}"
    for path in sorted(unpacked(archive, folder).glob("train/*/*"))[::10]:
        (target / path.parent.name).mkdir(parents=True, exist_ok=True)
        if not (target / path.parent.name / path.name).exists():
            (target / path.parent.name / path.name).symlink_to(path)
    return target


def cifar_body() -> keras.Model:
    """CIFAR-10's ResNet-20 with published weights."""
    weights = real_data("weights/resnet20_cifar10.safetensors")
    return models.cifar_resnet((32, 32, 3), 10, preprocess="imagenet", weights=weights)


def cifar_digits(seed: int, folder: Path) -> tuple[keras.Model, images.Images]:
    """CIFAR-10's ResNet-20 to a tenth of mnist_sample: threes and sevens."""
    found = images.from_folder(tenth("mnist_sample/mnist_sample.tgz", folder), image_size=32, seed=seed)
    return models.replace_head(cifar_body(), len(found.classes)), found


def cifar_pets(seed: int, folder: Path) -> tuple[keras.Model, images.Images]:
    """CIFAR-10's ResNet-20 to photographs of dogs and cats, 32 pixels."""
    found = images.from_folder(unpacked("dogscats/dogscats_800.tar", folder), image_size=32, seed=seed)
    return models.replace_head(cifar_body(), len(found.classes)), found


def pets_cifar(seed: int, folder: Path) -> tuple[keras.Model, images.Images]:
    """A ResNet-8 trained on dogs and cats, 64 pixels, to a tenth of the ten classes of CIFAR-10."""
    saved = folder / f"pets{seed}.keras"
    if not saved.exists():
        pets = images.from_folder(unpacked("dogscats/dogscats_800.tar", folder), image_size=64, seed=seed)
        model = models.resnet8(pets.shape, len(pets.classes), preprocess="symmetric")
        model.compile(optimizers.AdamW(weight_decay=0.01), pets.loss, metrics=["accuracy"])
        peak_lr = kerasdl.lr_find(model, pets.train, verbose=0).suggestion()
        fit(model, pets, 15, peak_lr)
        model.save(saved)
    found = images.from_folder(tenth("cifar10_subset/cifar10_png_10k_2k.tgz", folder), image_size=64, seed=seed)
    return models.replace_head(keras.models.load_model(saved), len(found.classes)), found


TASKS: dict[str, Callable[[int, Path], tuple[keras.Model, images.Images]]] = {
    each.__name__: each for each in (cifar_digits, cifar_pets, pets_cifar)
}


@dataclass(frozen=True)
class Config:
    """What to measure."""

    tasks: tuple[str, ...] = tuple(TASKS)
    """Bodies and data."""
    seeds: tuple[int, ...] = (0, 1)
    """Random seeds."""
    factors: tuple[int, ...] = (2, 5, 10, 20, 50, 100, 200)
    """The head's rate is divided by each."""


def fit(model: keras.Model, data: images.Images, epochs: int, peak_lr: float) -> dict[str, list[float]]:
    """One cycle; the history."""
    cycle = callbacks.OneCycle(peak_lr)
    fitted = model.fit(
        data.train, validation_data=data.valid, epochs=epochs, shuffle=False, verbose=0, callbacks=[cycle]
    )
    return fitted.history


def compiled(model: keras.Model, data: images.Images, *, whole: bool) -> keras.Model:
    """The head alone, or the whole network with discriminative rates."""
    groups.freeze_to(model, 0 if whole else -1)
    rates = groups.discriminative(model) if whole else None
    model.compile(optimizers.AdamW(weight_decay=0.01, groups=rates), data.loss, metrics=["accuracy"])
    return model


def rise(model: keras.Model, data: images.Images, head: float) -> float:
    """The rate at which the loss of the whole network rises, up to the head's."""
    never = float("inf")
    found = kerasdl.lr_find(
        model, data.train, start_lr=head / 1000, end_lr=head, num_steps=40, stop_factor=never, verbose=0
    )
    return found.rise


def main(config: Config) -> None:
    """Print one line per training, then a table."""
    table = Table("task", "seed", "head", "rise", *[f"1/{factor}" for factor in config.factors])
    with tempfile.TemporaryDirectory() as scratch:
        for name in config.tasks:
            for seed in config.seeds:
                keras.utils.set_random_seed(seed)
                model, data = TASKS[name](seed, Path(scratch))
                compiled(model, data, whole=False)
                head = kerasdl.lr_find(model, data.train, verbose=0).suggestion()
                alone = fit(model, data, 1, head)["val_accuracy"][-1]
                weights = model.get_weights()
                limit = rise(compiled(model, data, whole=True), data, head)
                cells = []
                for factor in config.factors:
                    model.set_weights(weights)
                    data.counter.variable.assign(1)  # the same order and augmentation
                    history = fit(compiled(model, data, whole=True), data, EPOCHS, head / factor)
                    accuracies = history["val_accuracy"]
                    cells.append(f"{accuracies[-1]:.1%} {history['val_loss'][-1]:.3f} ({min(accuracies):.1%})")
                    print(f"{name} {seed}: head {head:.2g} {alone:.1%}, rise {limit:.2g}, 1/{factor} {cells[-1]}")
                table.add_row(name, str(seed), f"{head:.2g} {alone:.1%}", f"1/{head / limit:.0f}", *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
