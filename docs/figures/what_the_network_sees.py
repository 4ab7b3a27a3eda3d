"""Trains a small network to tell rings from crosses, and draws what it sees: heat maps, and patches of its filters.

python docs/figures/what_the_network_sees.py
"""

import kerasdl  # isort: skip
from pathlib import Path

import keras
import numpy as np
from kerasdl import interpret, models, plots
from PIL import Image

SIDE, SIZE, SEED = 48, 13, 0
CLASSES = ("ring", "cross")
assert kerasdl


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ring or cross at some place, in some color, between lines and noise: uint8 (count, SIDE, SIDE, 3), labels."""
    random, labels = np.random.default_rng(seed), np.arange(count) % 2
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    distance = np.hypot(x, y)
    shapes = (distance > 3.6) & (distance < 6.4), (np.minimum(abs(x), abs(y)) < 1.6) & (distance < 6.6)
    images = np.repeat(random.normal(90, 10, (count, SIDE, SIDE, 1)), 3, axis=-1)
    for image, label in zip(images, labels, strict=True):
        for _ in range(3):
            across, along = random.integers(0, SIDE, 2)
            image[across, :along] += random.uniform(-60, 60, 3)
            image[along:, across] += random.uniform(-60, 60, 3)
        top, left = random.integers(0, SIDE - SIZE, 2)
        image[top : top + SIZE, left : left + SIZE][shapes[label]] = random.uniform(150, 255, 3)
    return images.clip(0, 255).astype(np.uint8), labels


def trained() -> keras.Model:
    """A residual network of two stages, after a minute of training."""
    keras.utils.set_random_seed(SEED)
    network = models.resnet(
        (SIDE, SIDE, 3), 2, depths=(1, 1), widths=(16, 32), stem="small", preprocess="symmetric", name="shapes"
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
    network.fit(*pictures(1024, SEED), epochs=8, batch_size=32, validation_data=pictures(256, SEED + 1), verbose=2)
    return network


def heat_maps(network: keras.Model) -> list[plots.Figure]:
    """The same images by three methods."""
    images, labels = pictures(3, SEED + 2)
    # The network is certain of all of them: logits tell more than probabilities.
    options = {"target": lambda logits: logits[:, 0] - logits[:, 1]}
    attributions = interpret.integrated_gradients(network, images, **options)
    methods = {
        "Grad-CAM for its class": (interpret.grad_cam(network, images), "share of the maximum"),
        "integrated gradients for a ring": (attributions.sum(axis=-1), "logit"),
        "occlusion for a ring": (
            interpret.occlusion(network, images, patch=10, stride=5, **options),
            "fall of the logit",
        ),
    }
    return [
        plots.heat_maps(images, maps, [f"{CLASSES[label]}, {name}" for label in labels], unit=unit, columns=3)
        for name, (maps, unit) in methods.items()
    ]


def patches(network: keras.Model) -> plots.Figure:
    """The patches of new images that excite filters of the last layer most."""
    images, labels = pictures(512, SEED + 3)
    batches = [(images[start : start + 64], labels[start : start + 64]) for start in range(0, len(images), 64)]
    best = interpret.top_patches(network, batches, "stage2_block1_relu", range(5))
    return plots.patch_rows({f"filter {name}": [each.pixels for each in row] for name, row in best.items()})


def save(figures: list[plots.Figure], name: str) -> None:
    """One below the other."""
    path, drawn = Path(__file__).with_name(f"{name}.png"), []
    for figure in figures:
        figure.savefig(path, dpi=80)
        drawn.append(np.array(Image.open(path).convert("RGB")))
    # Rounding to steps of 5 looks the same and takes far less space; white stays white.
    Image.fromarray(np.concatenate(drawn) // 5 * 5).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    network = trained()
    save(heat_maps(network), "heat_maps")
    save([patches(network)], "top_patches")
