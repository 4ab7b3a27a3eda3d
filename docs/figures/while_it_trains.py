"""Draw what happens inside one network in a healthy and in a collapsed training: four figures, two of each.

python docs/figures/while_it_trains.py
"""

from pathlib import Path

import keras
import numpy as np
from kerasdl import callbacks, models, optimizers, plots
from PIL import Image

RATES = {"healthy": 1e-3, "collapsed": 0.1}
STEPS, BATCH, EVERY = 200, 64, 2


def data() -> tuple[np.ndarray, np.ndarray]:
    """Twenty numbers; whether a sum of eight rectified combinations of them is larger than usual."""
    random = np.random.default_rng(0)
    x = random.normal(size=(STEPS * BATCH, 20)).astype("float32")
    sums = np.maximum(x @ random.normal(size=(20, 8)), 0).sum(axis=1)
    return x, (sums > np.median(sums)).astype("int64")


def train(rate: float) -> tuple[callbacks.ActivationStats, callbacks.GroupScalars, float]:
    """One epoch of the same network with AdamW; its activations, its groups, and its loss."""
    keras.utils.set_random_seed(0)
    x, y = data()
    model = models.mlp((20,), classes=2, hidden=(64,) * 5, normalization="none")
    model.compile(optimizers.AdamW(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    activations = callbacks.ActivationStats(x[:BATCH], every=EVERY)
    groups = callbacks.GroupScalars((x[:BATCH], y[:BATCH]), every=EVERY)
    history = model.fit(x, y, batch_size=BATCH, callbacks=[activations, groups], verbose=0)
    return activations, groups, history.history["loss"][0]


def save(figure: plots.Figure, name: str) -> None:
    """Save with few colours, which look the same and take less space."""
    target = Path(__file__).with_name(f"{name}.png")
    figure.savefig(target)
    Image.open(target).convert("RGB").quantize(64).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    for name, rate in RATES.items():
        activations, groups, loss = train(rate)
        print(f"{name}: loss {loss:.2f}", *activations.dead_units(), sep="\n")
        save(plots.activation_stats(activations.history), f"activations_{name}")
        save(plots.group_scalars(groups.history), f"groups_{name}")
