"""Draw the gallery of the site: what kerasdl draws, from data that scikit-learn holds, and a picture per augmentation.

python docs/figures/gallery.py FOLDER
"""

import sys
import tempfile
from pathlib import Path

import kerasdl
import keras
import numpy as np
from kerasdl import callbacks, interpret, layers, models, optimizers, plots, schedules
from augmentations import rows
from kerasdl.data import music, series
from PIL import Image
from scipy.signal import chirp
from scipy.special import softmax
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_moons
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier

STEPS, SIDE, SEED = 400, 60, 0
Pictures = dict[str, plots.Figure | Image.Image | bytes]


def training() -> Pictures:
    """A small network of convolutions learns handwritten digits."""
    digits, rest = load_digits(), slice(1400, None)
    pixels = (digits.images * 255 / 16)[..., None]
    keras.utils.set_random_seed(SEED)
    model = models.convnet((8, 8, 1), 10, depths=(1, 1), widths=(16, 16), preprocess="symmetric")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(weight_decay=0.01), loss, metrics=["accuracy"])
    x, y = pixels[:1400], digits.target[:1400]
    found = kerasdl.lr_find(model, x, y, batch_size=64, verbose=0)
    with tempfile.TemporaryDirectory() as logs:
        steps = callbacks.StepScalars(logs)
        policy = [callbacks.OneCycle(found.suggestion()), steps]
        valid = pixels[rest], digits.target[rest]
        history = model.fit(x, y, batch_size=64, epochs=6, validation_data=valid, callbacks=policy, verbose=0).history
    logits = model.predict(pixels[rest], verbose=0)
    result = interpret.Classification(logits, digits.target[rest], [str(name) for name in range(10)])
    hardest = result.top_losses(12)
    centered = digits.data - digits.data.mean(axis=0)
    # Scaled dot products of the pixels: the second ten digits ask, the first ten answer.
    attention = softmax(centered[10:20] @ centered[:10].T / 8 / 8, axis=1)
    return {
        "lr_range": found.plot(),
        "one_cycle": plots.schedule(*(steps.history[name] for name in ("step", "learning_rate", "momentum"))),
        "curves": plots.curves(history, ["loss", "accuracy"]),
        "top_losses": plots.image_sheet(pixels[rest][hardest], [result.caption(each) for each in hardest]),
        "activation_grid": plots.activation_grid(interpret.activation_maps(model, pixels[3])),
        "attention": plots.attention(attention, digits.target[:10].astype(str), digits.target[10:20].astype(str)),
        "filters": plots.filter_sheet(interpret.first_filters(model), columns=8),
        **{name: figure for name, figure in result.figures().items() if name in ("confusion", "most_confused")},
    }


def rates() -> Pictures:
    """Learning rates of the schedules."""
    steps = np.arange(STEPS)
    rates = {
        "one-cycle": schedules.one_cycle(steps, 0.1, STEPS),
        "flat, then cosine": schedules.flat_cosine(steps, 0.1, STEPS),
        "cosine with restarts": schedules.cosine_restarts(steps, 0.1, STEPS // 7),
        "warm-up": schedules.warm_up(steps, 0.1, STEPS // 4),
    }
    lines = {name: (steps, np.asarray(each)) for name, each in rates.items()}
    return {"schedules": plots.lines(lines, "step", "learning rate", "Schedules with a peak of 0.1")}


def tables() -> Pictures:
    """Tumors as benign or malignant by a logistic regression; diabetes by a linear one; a chaotic series."""
    tumors, patients = load_breast_cancer(), load_diabetes(scaled=False)
    x = (tumors.data - tumors.data.mean(axis=0)) / tumors.data.std(axis=0)
    classifier = LogisticRegression(C=0.01).fit(x[::2], tumors.target[::2])
    logits = classifier.predict_log_proba(x[1::2])
    result = interpret.Classification(logits, tumors.target[1::2], list(tumors.target_names))
    linear = Ridge().fit(patients.data[::2], patients.target[::2])
    valid, truth = patients.data[1::2], patients.target[1::2, None]
    rises = permutation_importance(linear, valid, truth, random_state=SEED).importances_mean
    importance = dict(zip(patients.feature_names, rises, strict=True))
    cells = {name: [f"{value:g}" for value in valid[:3, place]] for place, name in enumerate(patients.feature_names)}
    chaos = series.mackey_glass(900)["x"].to_numpy()
    panels = [{"x": (np.arange(start, start + 300), chaos[start : start + 300])} for start in (0, 300, 600)]
    past, ahead = np.arange(540, 600), np.arange(600, 640)
    # The last value as the forecast, and how far it was from the truth so many steps ahead before.
    errors = [chaos[steps:600] - chaos[: 600 - steps] for steps in range(1, 41)]
    bands = {f"{share:.0%}": share / 2 for share in (0.5, 0.8)}
    ends = {
        name: [chaos[599] + np.array([np.quantile(each, half) for each in errors]) for half in (0.5 - side, 0.5 + side)]
        for name, side in bands.items()
    }
    weights = dict(sorted(zip(tumors.feature_names, classifier.coef_[0], strict=True), key=lambda each: each[1])[:8])
    return {
        **{name: each for name, each in result.figures().items() if name not in ("confusion", "most_confused")},
        "residuals": plots.residuals(linear.predict(valid).reshape(-1, 1), truth, ["progression"]),
        "importance": plots.importance(dict(sorted(importance.items(), key=lambda each: -each[1]))),
        "table_sheet": plots.table_sheet(cells, [f"progression {value:g}" for value in truth[:3, 0]]),
        "bars": plots.bars(
            {str(name): -value for name, value in weights.items()}, "weight", "What speaks for malignant"
        ),
        "fan": plots.fan(
            {"truth": (np.r_[past, ahead], chaos[540:640]), "forecast": (ahead, np.full(40, chaos[599]))},
            {name: (ahead, *both) for name, both in ends.items()},
            *("time", "x", "The last value, and how far it was off before"),
        ),
        "series": plots.line_sheet(panels, ["0 to 300", "300 to 600", "600 to 900"], "time", "x"),
        "text_sheet": plots.text_sheet(
            [paragraph(tumors.DESCR, "Features are"), paragraph(load_digits().DESCR, "The data set contains")],
            ["About tumors", "About digits"],
        ),
    }


def paragraph(text: str, beginning: str) -> str:
    """The paragraph that begins so, on one line."""
    return " ".join(text[text.index(beginning) :].split("\n\n")[0].split())


def written() -> np.ndarray:
    """What an LSTM writes that has learned generated chord progressions."""
    pieces, _ = music.progressions(800, phrases=2, seed=SEED)
    notes, weights = music.padded(pieces)
    keras.utils.set_random_seed(SEED)
    model = models.music_model(4, units=128, dropout=0.1)
    model.compile(optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    policy = [callbacks.OneCycle(0.01)]
    model.fit(notes, notes, sample_weight=weights, batch_size=32, epochs=4, callbacks=policy, verbose=0)
    return models.continue_music(model, pieces[0][:8], 32, temperature=0.8)


def sequences() -> Pictures:
    """Slow and fast waves, and what a logistic regression weighs in them; three sounds of a second; written chords."""
    random, steps = np.random.default_rng(SEED), np.arange(40)
    labels = np.arange(200) % 2
    waves = np.sin(steps * (0.3 + 0.3 * labels[:, None])) + random.normal(0, 0.3, (200, 40))
    weighed = waves * LogisticRegression().fit(waves, labels).coef_
    seconds = np.arange(8000) / 8000
    tones = (np.sin(2 * np.pi * 440 * seconds) + np.sin(2 * np.pi * 1760 * seconds)) * (seconds % 0.25 < 0.15)
    sounds = [chirp(seconds, 200, 1, 3500), tones, random.normal(0, seconds)]
    layer = layers.LogMelSpectrogram(8000)
    spectra = keras.ops.convert_to_numpy(layer(np.stack(sounds).astype("float32")))
    titles = ["rising tone", "two tones, four times", "noise that grows"]
    return {
        "piano_roll": plots.piano_roll(
            written(), "Eight chords given, the others written by an LSTM", given=8, step="quarter"
        ),
        "weighed_lines": plots.weighed_lines(waves[:2, :, None], weighed[:2, :, None], ["slow", "fast"], columns=2),
        "spectrograms": plots.spectrogram_sheet(spectra, titles, hop=layer.hop, bands=layer.centers, columns=3),
    }


def lessons() -> Pictures:
    """A ball in a valley, and two half-moons that a small network tells apart."""
    steepness, visited = np.array([1.0, 50.0]), {}
    for name, rate in (("rate 0.004", 0.004), ("rate 0.036", 0.036), ("rate 0.041", 0.041)):
        path = [np.array([-9.0, 1.5])]
        for _ in range(60):
            path.append(path[-1] * (1 - rate * steepness))
        visited[name] = np.array(path)
    x, y = make_moons(200, noise=0.15, random_state=SEED)
    x -= x.mean(axis=0)
    axis = np.linspace(-2, 2, SIDE)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    network, frames = MLPClassifier((6, 6), "tanh", learning_rate_init=0.05, random_state=SEED), []
    for step in range(200):
        network.partial_fit(x, y, classes=[0, 1])
        if step in (0, 5, 15, 30, 60, 120, 199):
            probability = network.predict_proba(grid)[:, 1].clip(1e-6, 1 - 1e-6).reshape(SIDE, SIDE)
            logits = np.log(probability / (1 - probability))
            frames.append(plots.surface(axis, logits, x, y, f"Step {step + 1}"))
    hidden = [grid]
    for weights, biases in zip(network.coefs_[:2], network.intercepts_[:2], strict=True):
        hidden.append(np.tanh(hidden[-1] @ weights + biases))
    return {
        "paths": plots.paths(lambda place: (steepness / 2 * place**2).sum(axis=-1), visited, "Sixty steps downhill"),
        "surface": frames[-1],
        "neurons": plots.neurons(axis, [each.reshape(SIDE, SIDE, -1) for each in hidden[1:]]),
        "animation": plots.animation(frames, milliseconds=400),
    }


def augmentations() -> Pictures:
    """For each operation some draws side by side."""
    gaps = ((0, 0), (0, 0), (0, 4), (0, 0))
    made = {
        name: np.pad(images.clip(0, 255).astype(np.uint8), gaps, constant_values=255) for name, images in rows().items()
    }
    return {file_of(name): Image.fromarray(np.concatenate(images, axis=1)[:, :-4]) for name, images in made.items()}


def file_of(operation: str) -> str:
    """The file of the picture of an operation: augmentation_rotate for "rotate=20"."""
    return f"augmentation_{operation.split('=')[0].split('(')[0]}"


def draw(folder: Path) -> None:
    """Write every picture that is not kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in {**training(), **rates(), **tables(), **sequences(), **lessons(), **augmentations()}.items():
        if isinstance(picture, bytes):
            (folder / f"{name}.gif").write_bytes(picture)
        elif isinstance(picture, Image.Image):
            picture.save(folder / f"{name}.png")
        else:
            picture.savefig(folder / f"{name}.png", dpi=90)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
