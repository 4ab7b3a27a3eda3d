"""Runs as recipes write them, with networks that were not trained, each with a file or a text to ask them."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
from kerasdl import export, models, runs
from kerasdl.data import tabular
from kerasdl.layers import LogMelSpectrogram, PredictionIntervals

from tests.data.text.test_predictions import classifier
from tests.examples import write_tone


def saved(folder: Path, exported: keras.Model, **config) -> Path:
    run = runs.RunFolder(folder)
    run.write_config(config)
    run.save_model(exported, {})
    return run.path


def series(folder: Path) -> tuple[Path, Path]:
    """The last of the nine days in the file is nine standard deviations from the mean."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 1))
    network = keras.Model(inputs, keras.layers.Reshape((2, 1))(keras.layers.Dense(2)(keras.layers.Flatten()(inputs))))
    around = PredictionIntervals((0.5, 0.9))
    past = np.random.default_rng(0).normal(size=(50, 4, 1)).astype("float32")
    around.adapt(network.predict(past, verbose=0), past, past[:, :2])
    days = pd.date_range("2020-01-01", periods=9).strftime("%Y-%m-%d")
    pd.DataFrame({"day": days, "area": [0.0] * 8 + [9.0]}).to_csv(folder / "a.csv", index=False)
    exported = export.series_model(network, ([0], [1]), intervals=around)
    return saved(folder / "series", exported, target=["area"], time=["day"], lookback=4), folder / "a.csv"


def sequences(folder: Path) -> tuple[Path, Path]:
    np.savez(folder / "a.npz", x=np.random.default_rng(0).normal(size=(2, 12, 2)))
    exported = export.sequence_classifier(models.resnet_1d((None, 2), 2, widths=(4,)), ["a", "b"])
    return saved(folder / "sequences", exported), folder / "a.npz"


def sounds(folder: Path) -> tuple[Path, Path]:
    write_tone(folder / "a.wav", 8000)
    network, spectrogram = models.resnet_1d((None, 40), 2, widths=(4,)), LogMelSpectrogram(8000)
    return saved(
        folder / "sounds", export.sequence_classifier(network, ["a", "b"], spectrogram=spectrogram)
    ), folder / "a.wav"


def numbers(folder: Path) -> tuple[Path, Path]:
    """A regression, by an ensemble of two."""
    rows = pd.DataFrame({"area": 1.5 * np.arange(40), "place": ["north", "south"] * 20, "price": np.arange(40) ** 1.5})
    data = tabular.from_frame(rows, "price")
    network = models.tabular(data.cardinalities, data.numbers, hidden=(4,), outputs=1, ensemble=2)
    (folder / "a.csv").write_text("area,place\n12.5,south\n")
    return saved(
        folder / "numbers", export.table_model(network, data.encoder, targets=data.target_scales)
    ), folder / "a.csv"


def tags(folder: Path) -> tuple[Path, str]:
    return saved(folder / "tags", classifier(tags=True)), "good bad"
