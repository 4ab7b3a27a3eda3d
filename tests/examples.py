"""The names and files that examples may use: what a reader's own code would have, small and always the same.

A name is a function of this module, whose parameters are other names, or anything else that stands here. A file or a
folder is written by a function in FILES. Each is made only for the examples that mention it.
"""

import kerasdl  # isort: skip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import pandas as pd
import soundfile
import tensorflow as tf
from kerasdl.data import augment, mixing
from safetensors.numpy import save_file

__all__ = ["Annotated", "Path", "augment", "keras", "mixing", "tf"]  # only examples use these


# Vectors: whether the first of eight numbers is positive


def x():
    return np.random.default_rng(0).normal(size=(64, 8)).astype("float32")


def y(x):
    return (x[:, :1] > 0).astype("float32")


def x_train():
    return np.random.default_rng(0).normal(size=(640, 8)).astype("float32")


def y_train(x_train):
    return (x_train[:, :1] > 0).astype("float32")


def train(x, y):
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(16)


def loss():
    return "mse"


def source(x):
    return kerasdl.data.source.array_source(x, np.zeros(len(x), "int64"), [str(row) for row in range(len(x))])


def parts():
    return np.array([kerasdl.data.splits.Part.TRAIN] * 4 + [kerasdl.data.splits.Part.VALID])


def seed():
    return tf.constant([0, 1], tf.int64)


# Images


def images():
    return np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype="uint8")


def labels():
    return np.arange(40) % 10


def names():
    return [f"class {number}" for number in range(10)]


def batch(images):
    return images


def step():
    return 0


epoch = step


def photographs():
    return np.stack([photograph(number, number % 2) for number in range(2)])


def photograph(number: int, label: int, size: tuple[int, int] = (144, 128)) -> np.ndarray:
    """Noise, darker or lighter by class."""
    return np.random.default_rng(number).integers(100 * label, 100 * label + 100, (*size, 3), dtype="uint8")


def pets():
    x = np.stack([photograph(number, number % 2, (64, 64)) for number in range(32)])
    return kerasdl.data.images.from_arrays(
        x,
        np.arange(32) % 2,
        classes=["cat", "dog"],
        valid_share=0.4,
        batch_size=8,
        augment=augment.Augmentation(flip=True),
    )


def data(pets):
    return pets


def pets_images():
    return np.stack([photograph(number, number % 2, (64, 64)) for number in range(4)])


def breeds():
    files = [f"great_pyrenees_{number}.jpg" for number in range(8)] + [f"beagle_{number}.jpg" for number in range(8)]
    return pd.DataFrame({"file": files, "breed": [name[:5] for name in files], "photographer": list("abcdefgh") * 2})


def small_resnet8(input_shape, classes=1000, **options):
    """Its first block."""
    return kerasdl.models.resnet(input_shape, classes, depths=(1,), widths=(32,), stem="small", **options)


def small_resnet50(*, include_top=True, input_shape=(224, 224, 3), pooling=None, classes=1000):
    """A network of 4 channels, with layer names of ResNet50."""
    outputs = inputs = keras.Input(input_shape)
    for name in ("conv1", *(f"conv{stage}_block1_3" for stage in (2, 3, 4, 5))):
        outputs = keras.layers.Conv2D(4, 3, strides=2, name=f"{name}_conv")(outputs)
        outputs = keras.layers.BatchNormalization(name=f"{name}_bn")(outputs)
    if include_top or pooling:
        outputs = keras.layers.GlobalAveragePooling2D(name="avg_pool")(outputs)
    if include_top:
        outputs = keras.layers.Dense(classes, name="predictions")(outputs)
    return keras.Model(inputs, outputs, name="resnet50")


def vgg():
    inputs = keras.Input((32, 32, 3))
    outputs = inputs
    for name in ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"):
        outputs = keras.layers.Conv2D(4, 3, name=name)(outputs)
    outputs = keras.layers.Dense(4, name="fc1")(keras.layers.Flatten(name="flatten")(outputs))
    return keras.Model(inputs, keras.layers.Dense(2, name="predictions")(outputs))


# Tables, series and sequences


def frame():
    """People, 80 of them: the older earn more."""
    random = np.random.default_rng(0)
    age = random.integers(20, 70, 80)
    return pd.DataFrame(
        {
            "age": age,
            "job": random.choice(["clerk", "nurse"], 80),
            "since": [f"{day % 28 + 1:02d}.{day % 12 + 1:02d}.2016" for day in range(80)],
            "postcode": random.choice([10115, 20095, 50667], 80),
            "household": np.arange(80) // 2,
            "income": np.where(age > 45, "high", "low"),
        }
    )


def people(frame):
    return kerasdl.data.tabular.from_frame(frame.drop(columns=["household", "postcode"]), "income", batch_size=16)


def exported(people):
    return kerasdl.export.table_model(table_model(people), people.encoder, classes=people.classes)


def prices():
    random = np.random.default_rng(0)
    area, rooms = random.uniform(20, 200, 80).round(1), random.integers(1, 7, 80)
    return pd.DataFrame({"area": area, "rooms": rooms, "price": (3000 * area + 9000 * rooms).round()})


def houses(prices):
    return kerasdl.data.tabular.from_frame(prices, "price", batch_size=16)


def passengers():
    months = np.arange(144)
    numbers = 100 + 2 * months + 20 * np.sin(2 * np.pi * months / 12) + np.random.default_rng(0).normal(size=144)
    stamps = pd.date_range("1949-01", periods=144, freq="MS").strftime("%Y-%m")
    return pd.DataFrame({"Month": stamps, "Passengers": numbers.round()})


def air(passengers):
    return kerasdl.data.series.from_frame(passengers, target="Passengers", time="Month", horizon=1)


def weather():
    random = np.random.default_rng(0)
    numbers = {name: random.normal(size=120).round(1) for name in ("high", "low", "rain")}
    return pd.DataFrame({"day": pd.date_range("2024-01-01", periods=120), **numbers})


def waves():
    steps = np.arange(30)
    return np.stack([np.sin(steps * (0.2 if wave % 2 else 0.6) + wave) for wave in range(40)])


def speeds():
    return (np.arange(40) + 1) % 2


def walks():
    """Twenty people, of which the hasty ones take more steps: a row for each moment."""
    speeds_of = waves()[:20]
    rows = [(person, speed, ("calm", "hasty")[person % 2]) for person in range(20) for speed in speeds_of[person]]
    return pd.DataFrame(rows, columns=["person", "speed", "gait"])


def moves():
    steps = waves()[:, :, None]
    return kerasdl.data.sequences.from_arrays(steps, speeds(), classes=["fast", "slow"], batch_size=8)


def days():
    return np.arange(10)


def truth(days):
    return days + 1.0


forecast = truth


# Texts


def reviews():
    words = ["good", "bad"] * 20
    texts = [f"A {word} film. I would see it {number} times." for number, word in enumerate(words)]
    return pd.DataFrame({"text": texts, "label": words})


def texts(reviews):
    return kerasdl.data.text.from_frame(reviews)


def tokens(texts):
    return kerasdl.data.text.numericalize(texts, min_freq=1)


def opinions(texts):
    return kerasdl.data.text.classifier(texts, batch_size=8, min_freq=1)


def baseline(opinions):
    """An n-gram classifier without training."""
    network = kerasdl.models.ngram_classifier(
        len(opinions.vocabulary), 2, **vars(kerasdl.data.text.n_grams(opinions.tokens))
    )
    exported = kerasdl.export.text_classifier(network, opinions.vocabulary.layer(), opinions.classes)
    return kerasdl.runs.text_baseline.Baseline(network, opinions, exported, 1.0)


def sentence_encoder():
    return lambda texts: np.array([[len(each), each.count("good"), each.count("bad")] for each in texts])


def plays():
    texts = kerasdl.data.text.from_texts(["To be, or not to be: that is the question."] * 20)
    return kerasdl.data.text.language_model(texts, batch_size=4, level="characters")


class ByteTokenizer:
    """Stands for a tokenizer of another library."""

    vocab_size = 256

    def encode(self, text):
        return list(text.encode())

    def decode(self, ids):
        return bytes(ids).decode()


# Models: that of an example fits the data which the example names


def model():
    return compiled(kerasdl.models.mlp((8,), outputs=1, hidden=(8, 8)), "mse")


def image_model(pets):
    built = kerasdl.models.convnet((None, None, 3), 2, depths=(1, 1), widths=(4, 8), preprocess="symmetric")
    return compiled(built, pets.loss)


def table_model(people):
    built = kerasdl.models.tabular(people.cardinalities, people.numbers, classes=2, hidden=(8,))
    return compiled(built, people.loss)


def price_model(houses):
    built = kerasdl.models.tabular(houses.cardinalities, houses.numbers, outputs=1, hidden=(8,))
    return compiled(built, houses.loss)


def series_model(air):
    built = kerasdl.models.forecaster((air.lookback, len(air.channels)), air.outputs, units=(4,))
    return compiled(built, "mse")


def sequence_model(moves):
    return compiled(kerasdl.models.resnet_1d((None, 1), 2, widths=(4,)), moves.loss)


def language_model(plays):
    built = kerasdl.models.language_model(len(plays.vocabulary), batch_size=4, embedding=8, units=8, depth=1)
    return compiled(built, plays.loss)


def text_model(tokens):
    embedding = keras.layers.Embedding(len(tokens.vocabulary), 4, mask_zero=True)
    ends = keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2)
    return keras.Sequential([keras.Input((None,), dtype="int32"), embedding, *ends])


MODELS = {
    **{
        "pets": image_model,
        "pets_images": image_model,
        "data": image_model,
        "people": table_model,
        "houses": price_model,
        "air": series_model,
    },
    "moves": sequence_model,
    **{"plays": language_model, "tokens": text_model, "opinions": text_model},
}


def compiled(built: keras.Model, loss: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    built.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    built.optimizer.build(built.trainable_variables)  # as after training, so that it loads without a warning
    return built


def found(pets):
    return kerasdl.interpret.Classification.of(image_model(pets), pets.valid, pets.classes)


def axes():
    return kerasdl.plots.figure.new_figure()[1]


def confusion():
    return lambda counts, classes: kerasdl.plots.confusion(counts, classes)


# Runs


@dataclass(frozen=True)
class Config:
    data: str = "pets"
    run: kerasdl.runs.Options = field(default_factory=kerasdl.runs.Options)


config = Config()


def run():
    return kerasdl.runs.RunFolder("runs/example")


main = print


# Files


def write_photographs(folder: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(folder / name, photograph(number, number % 2), scale=False)


def write_pets(folder: Path) -> None:
    write_photographs(folder, [f"{('cat', 'dog')[row % 2]}/{row // 2 + 1:04d}.jpg" for row in range(10)])


def write_downloads(folder: Path) -> None:
    write_photographs(folder, ["cat/16.jpg", "cat/17.jpg"])
    damaged = folder / "cat/17.jpg"
    damaged.write_bytes(damaged.read_bytes()[:512])


def write_planet(folder: Path) -> None:
    rows = [f"{row},{('clear', 'clear water', 'cloudy', 'cloudy water')[row % 4]}" for row in range(16)]
    write_photographs(folder / "train", [f"{row}.jpg" for row in range(16)])
    (folder / "labels.csv").write_text("\n".join(["file,tags", *rows]))


def write_portrait(path: Path) -> None:
    keras.utils.save_img(path, np.zeros((1800, 1200, 3)), scale=False)


def write_labels(path: Path) -> None:
    write_photographs(path.parent / "images", list(breeds()["file"]))
    breeds().assign(file="images/" + breeds()["file"]).to_csv(path, index=False)


def write_flowers_csv(path: Path) -> None:
    random = np.random.default_rng(0)
    sizes = {name: random.normal(size=60) for name in ("sepal_length", "sepal_width")}
    pd.DataFrame({**sizes, "species": np.tile(["setosa", "virginica", "versicolor"], 20)}).to_csv(path, index=False)


def write_sunspots(path: Path) -> None:
    stamps = pd.date_range("1749-01", periods=240, freq="MS").strftime("%Y-%m")
    spots = 50 + 40 * np.sin(np.arange(240) / 20)
    pd.DataFrame({"Month": stamps, "Sunspots": spots.round(1)}).to_csv(path, index=False)


def write_reviews(folder: Path) -> None:
    for number, text in enumerate(reviews()["text"][:16]):
        file = folder / ("train", "test")[number // 8] / ("pos", "neg")[number % 2] / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def write_ts(path: Path, classes: list[str], samples: int, steps: int, channels: int) -> None:
    """Each class has a level of its own."""
    random, lines = np.random.default_rng(samples), []
    for sample in range(samples):
        label = sample % len(classes)
        numbers = random.normal(label, 0.3, (channels, steps)).round(2)
        lines.append(":".join([*(",".join(map(str, row)) for row in numbers), classes[label]]))
    path.write_text("\n".join(["@classLabel true " + " ".join(classes), "@data", *lines]))


def write_motions(path: Path) -> None:
    write_ts(path, ["Standing", "Running", "Walking", "Badminton"], samples=40, steps=100, channels=6)


def write_gun_point(path: Path) -> None:
    write_ts(path, ["1", "2"], samples=50, steps=150, channels=1)


def write_sounds(folder: Path) -> None:
    """Sixteen tones of 0.3 seconds, of two heights."""
    random = np.random.default_rng(0)
    for number in range(16):
        file = folder / ("two", "seven")[number % 2] / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        tone = np.sin(np.arange(2400) * (0.3, 0.9)[number % 2]) * random.uniform(0.1, 0.5)
        soundfile.write(file, tone + random.normal(scale=0.01, size=2400), 8000)


def write_tone(path: Path, rate: int = 44_100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(np.arange(rate // 2) / 20), rate)


def write_chorale(folder: Path) -> None:
    """Eight quarters, as sixteenths."""
    folder.mkdir(exist_ok=True)
    piece = kerasdl.data.music.progressions(1, phrases=1)[0][0].repeat(4, axis=0)
    np.savetxt(folder / "chorale_0.csv", piece, "%d", ",", header="soprano,alto,tenor,bass", comments="")


def write_sound_model(path: Path) -> None:
    built = kerasdl.models.resnet_1d((None, 40), 2, widths=(4,))
    spectrogram = kerasdl.layers.LogMelSpectrogram(8000)
    kerasdl.export.sequence_classifier(built, ["seven", "two"], spectrogram=spectrogram).save(path)


def write_image_run(folder: Path) -> None:
    built = kerasdl.models.resnet8((64, 64, 3), 2, preprocess="symmetric")
    run = kerasdl.runs.RunFolder(folder)
    run.write_config({"image_size": 64})
    run.save_model(kerasdl.export.image_classifier(built, ["cat", "dog"]), {})


def write_run(folder: Path) -> None:
    """What a report reads: options, results and history, and something in place of a model."""
    about = {"command": "python recipes/tabular.py --epochs 2", "given": {"epochs": 2}, "versions": {"keras": "3.15.0"}}
    metrics = {"valid": {"loss": 0.5, "accuracy": 0.75}, "train_seconds": 1.5, "valid_rows": 40}
    config = {"epochs": 2, "hidden": [4 if folder.name == "small" else 40], "seed": 0}
    for name, values in {"about": about, "metrics": metrics, "config": config}.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    (folder / "history.csv").write_text("stage,epoch,loss,val_loss\nwhole,1,0.9,0.7\nwhole,2,0.6,0.5\n")
    (folder / "model.keras").write_bytes(b"")


def write_resnet20(path: Path) -> None:
    """Under torch's names, in torch's layout."""
    built = kerasdl.models.cifar_resnet((32, 32, 3), 10)
    tensors = {}
    for layer in built.layers:
        for index, variable in enumerate(layer.weights):
            array = keras.ops.convert_to_numpy(variable)
            turned = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
            name = kerasdl.models.weight_files.torch_name(layer.name, index, variable.name)
            tensors[name] = np.ascontiguousarray(turned)
    save_file(tensors, path)


FILES: dict[str, Callable[[Path], Any]] = {
    "pets": write_pets,
    "images": lambda folder: write_photographs(folder, list(breeds()["file"])),
    "downloads": write_downloads,
    "planet": write_planet,
    "portrait.jpg": write_portrait,
    "labels.csv": write_labels,
    "people.csv": lambda path: frame().to_csv(path, index=False),
    "more_people.csv": lambda path: frame().to_csv(path, index=False),
    "houses.csv": lambda path: prices().to_csv(path, index=False),
    "houses.parquet": lambda path: prices().to_parquet(path),
    "iris.csv": write_flowers_csv,
    "airline.csv": lambda path: passengers().to_csv(path, index=False),
    "sunspots.csv": write_sunspots,
    "reviews": write_reviews,
    "reviews.csv": lambda path: reviews().to_csv(path, index=False),
    "vectors.txt": lambda path: path.write_text("good 1 2 3\nbad -3 2 1\n"),
    "shakespeare.txt": lambda path: path.write_text(
        "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 20
    ),
    "BasicMotions_TRAIN.ts": write_motions,
    "BasicMotions_TEST.ts": write_motions,
    "GunPoint_TRAIN.ts": write_gun_point,
    "GunPoint_TEST.ts": write_gun_point,
    "digits": write_sounds,
    "chorales": write_chorale,
    "hello.wav": write_tone,
    "walks.csv": lambda path: walks().to_csv(path, index=False),
    "walks.npz": lambda path: np.savez(path, x=waves()[:20], y=["calm", "hasty"] * 10),
    "digits/seven/7_jackson_0.wav": lambda path: write_tone(path, 8000),
    "digits.keras": write_sound_model,
    "pets.keras": lambda path: kerasdl.export.image_classifier(
        image_model(pets()), ["cat", "dog"], image_size=(64, 64)
    ).save(path),
    "flowers.keras": lambda path: image_model(pets()).save(path),
    "people.keras": lambda path: exported(people(frame())).save(path),
    "runs/people/model.keras": lambda path: exported(people(frame())).save(path),
    "houses.keras": lambda path: exported_prices(houses(prices())).save(path),
    "air.keras": lambda path: exported_series(air(passengers())).save(path),
    "runs/pets": write_image_run,
    "runs/small": write_run,
    "runs/large": write_run,
    "resnet18.safetensors": lambda path: save_file({"conv1.weight": np.zeros((64, 3, 7, 7), "float32")}, path),
    "resnet20_cifar10.safetensors": write_resnet20,
}


def exported_images(pets):
    return kerasdl.export.image_classifier(image_model(pets), pets.classes, image_size=(64, 64))


def exported_prices(houses):
    scales = houses.target_scales
    return kerasdl.export.table_model(price_model(houses), houses.encoder, targets=scales)


def exported_series(air):
    return kerasdl.export.series_model(series_model(air), (air.scale.mean, air.scale.std))
