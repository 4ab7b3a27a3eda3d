"""Draw augmentations.png: one row per operation, one column per draw.

python docs/figures/augmentations.py
"""

from pathlib import Path

import matplotlib
from kerasdl.data.augment import Augmentation, cifar, digits, light, standard
from kerasdl.data.mixing import CutMix, MixUp

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from PIL import Image

SIZE, DRAWS, SEED = 80, 5, 6
OPERATIONS = {
    "flip": Augmentation(flip=True),
    "flip_vertical": Augmentation(flip_vertical=True),
    "dihedral": Augmentation(dihedral=True),
    "crop=0.3": Augmentation(crop=0.3),
    "crop_area=0.92\ncrop_aspect=1/3": Augmentation(crop_area=0.92, crop_aspect=1 / 3),
    "warp=0.3": Augmentation(warp=0.3),
    "rotate=20": Augmentation(rotate=20),
    "shear=20": Augmentation(shear=20),
    "scale=0.3": Augmentation(scale=0.3),
    "zoom=0.5": Augmentation(zoom=0.5),
    "translate=0.2": Augmentation(translate=0.2),
    "pad=12": Augmentation(pad=12),
    "brightness=0.5": Augmentation(brightness=0.5),
    "contrast=0.5": Augmentation(contrast=0.5),
    "saturation=0.8": Augmentation(saturation=0.8),
    "hue=0.2": Augmentation(hue=0.2),
    "blur=3": Augmentation(blur=3),
    "noise=0.2": Augmentation(noise=0.2),
    "erase=0.3": Augmentation(erase=0.3),
    "standard(flip=True)": standard(flip=True),
    "light(flip=True)": light(flip=True),
    "digits()": digits(),
    "cifar()": cifar(),
}
Rows = dict[str, np.ndarray]


def scene(sky: str, ball: str, letter: str) -> np.ndarray:
    """An image whose left, right, top and bottom differ: uint8 (SIZE, SIZE, 3)."""
    figure = plt.figure(figsize=(1, 1), dpi=SIZE)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(0, 10))
    axes.axis("off")
    axes.add_patch(plt.Rectangle((0, 0), 10, 10, color=sky))
    axes.add_patch(plt.Rectangle((0, 0), 10, 3, color="#6a9a4b"))
    axes.add_patch(plt.Circle((7.8, 7.8), 1.2, color=ball))
    axes.add_patch(plt.Rectangle((1.5, 2), 4, 3.5, color="#b5563a"))
    axes.add_patch(plt.Polygon([(1, 5.5), (3.5, 8), (6, 5.5)], color="#4b3832"))
    axes.text(3.5, 3.6, letter, color="white", size=17, weight="bold", ha="center", va="center")
    axes.add_patch(plt.Rectangle((7.9, 1.5), 0.5, 2, color="#5d4037"))
    axes.add_patch(plt.Circle((8.15, 4), 1.1, color="#2f6b3a"))
    figure.canvas.draw()
    pixels = np.array(figure.canvas.buffer_rgba())[..., :3]
    plt.close(figure)
    return pixels


def rows() -> Rows:
    """The same image after each operation: names to (draws, SIZE, SIZE, 3)."""
    day, night = scene("#8ec5e8", "#f7d038", "R"), scene("#2b3050", "#e8e8f0", "K")
    images = tf.constant(np.stack([day] * DRAWS))
    made = {name: operation.seeded(images, SEED).numpy() for name, operation in OPERATIONS.items()}
    # Alternating, so that the partner of each image is the other one.
    pairs = tf.constant(np.stack([day, night] * DRAWS), tf.float32)
    labels, seed = tf.range(2 * DRAWS) % 2, tf.constant([SEED, 0, 0], tf.int64)
    made["MixUp()"] = MixUp().mix(pairs, labels, seed, classes=2)[0].numpy()[::2]
    made["CutMix()"] = CutMix().mix(pairs, labels, seed, classes=2)[0].numpy()[::2]
    return {"original": day[None], **made}


def draw(made: Rows, blocks: int = 2) -> plt.Figure:
    """Draw the rows, in `blocks` side by side."""
    high = -(-len(made) // blocks)
    figure = plt.figure(figsize=(blocks * (DRAWS + 1.75), high), dpi=SIZE)
    grid = figure.add_gridspec(
        high, blocks * (DRAWS + 1), width_ratios=[1.75, *[1] * DRAWS] * blocks, wspace=0.04, hspace=0.04
    )
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    for place, (name, images) in enumerate(made.items()):
        block, row = divmod(place, high)
        first = block * (DRAWS + 1)
        figure.add_subplot(grid[row, first], frameon=False, xticks=[], yticks=[]).text(
            0.94, 0.5, name, ha="right", va="center", size=10
        )
        for column, pixels in enumerate(images, start=first + 1):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(np.clip(pixels, 0, 255).astype(np.uint8))
            axes.axis("off")
    return figure


if __name__ == "__main__":
    target = Path(__file__).with_suffix(".png")
    figure = draw(rows())
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    # Rounding to steps of 5 looks the same and takes far less space; white stays white.
    Image.fromarray((pixels // 5 * 5).astype(np.uint8)).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size // 1000} kB")
