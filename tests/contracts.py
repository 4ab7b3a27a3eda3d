"""What every builder, callback and pipeline promises. Adding a part means adding it to a list here."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import soundfile
import tensorflow as tf
from kerasdl import callbacks, models
from kerasdl.data import features, images, mixing, sequences, series, tabular, text
from kerasdl.data.augment import standard
from kerasdl.layers import n_gram_codes


def _small_resnet(**options: Any) -> keras.Model:
    return models.resnet((16, 16, 3), 5, depths=(1, 1), widths=(4, 8), stem="small", **options)


def _one_block(**options: Any) -> keras.Model:
    return models.resnet((16, 16, 3), 5, depths=(1,), widths=(8,), stem="small", **options)


BUILDERS = {
    "resnet": lambda **options: models.resnet((16, 16, 3), 5, depths=(1, 1), widths=(8, 16), **options),
    "resnet-bottleneck": lambda **options: models.resnet(
        (16, 16, 3), 5, depths=(1, 1), widths=(4, 8), block="bottleneck", stem="small", **options
    ),
    "resnet-preprocess": lambda **options: models.resnet(
        (16, 16, 3), 5, depths=(1,), widths=(8,), stem="small", preprocess="imagenet", **options
    ),
    "resnet-d": lambda **options: models.resnet(
        (16, 16, 3), 5, depths=(1,), widths=(8,), stem="deep", shortcut="pooled", block="bottleneck", **options
    ),
    "resnet-pooled": lambda **options: _small_resnet(shortcut="pooled", **options),
    "resnet-zero-init": lambda **options: _small_resnet(zero_init_residual=True, **options),
    "resnet-mish": lambda **options: _one_block(activation="mish", **options),
    "resnet-renorm": lambda **options: _one_block(normalization="batch_renorm", **options),
    "resnet-layer": lambda **options: _one_block(normalization="layer", activation="gelu", **options),
    "resnet-instance": lambda **options: _one_block(normalization="instance", **options),
    "resnet-group": lambda **options: _one_block(normalization="group", activation="silu", **options),
    "resnet-none": lambda **options: _small_resnet(normalization="none", zero_init_residual=True, **options),
    "resnet-fastai": lambda **options: _one_block(head="fastai", **options),
    "resnet-cifar": lambda **options: models.cifar_resnet((16, 16, 3), 5, depth=8, widths=(4, 4, 8), **options),
    "convnet": lambda **options: models.convnet((16, 16, 3), 5, depths=(1, 2), widths=(8, 8), **options),
    "convnet-none": lambda **options: models.convnet(
        (16, 16, 3), 5, depths=(1,), widths=(8,), normalization="none", head="fastai", preprocess="unit", **options
    ),
    "mlp": lambda **options: models.mlp((16, 16, 3), 5, hidden=(8, 16), **options),
    "mlp-skip": lambda **options: models.mlp(
        (16, 16, 3), 5, hidden=(8, 8), skip=True, activation="gelu", normalization="layer", **options
    ),
    "mlp-tanh": lambda **options: models.mlp(
        (16, 16, 3), 5, hidden=(8, 8), activation="tanh", normalization="batch", input_noise=0.1, l1=0.01, **options
    ),
    "mlp-sigmoid": lambda **options: models.mlp(
        (16, 16, 3), 5, hidden=(32, 32), activation="sigmoid", normalization="group", **options
    ),
    "mlp-selu": lambda **options: models.mlp(
        (16, 16, 3), 5, hidden=(16, 16), activation="selu", preprocess="symmetric", dropout=0.1, **options
    ),
    "mlp-renorm": lambda **options: models.mlp(
        (16, 16, 3), 5, hidden=(8, 8), activation="silu", normalization="batch_renorm", **options
    ),
}

SEQUENCE_BUILDERS = {
    "recurrent": lambda **options: models.recurrent((9, 3), 5, units=(8, 6), **options),
    "recurrent-bidirectional": lambda **options: models.recurrent(
        (9, 3), 5, cell="gru", units=(4,), bidirectional=True, pooling="last", **options
    ),
    "recurrent-preprocess": lambda **options: models.recurrent(
        (None, 3), 5, units=(4,), dropout=0.2, preprocess=([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), **options
    ),
    "resnet_1d": lambda **options: models.resnet_1d((9, 3), 5, widths=(4, 6), kernels=(4, 3), **options),
    "resnet_1d-ensemble": lambda **options: models.resnet_1d(
        (9, 3), 5, widths=(4,), kernels=(3,), ensemble=2, **options
    ),
    "resnet_1d-preprocess": lambda **options: models.resnet_1d(
        (None, 3), 5, widths=(4,), dropout=0.2, preprocess=([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), **options
    ),
    "lstm_fcn": lambda **options: models.lstm_fcn(
        (None, 3), 5, widths=(4, 6), kernels=(4, 3), units=4, preprocess=(1.0, 2.0), **options
    ),
}

# From rows of two categories (of up to three values) and four numbers, or of either alone.
TABLE_BUILDERS = {
    "tabular": lambda **options: models.tabular((3, 3), 4, classes=5, hidden=(8, 6), **options),
    "tabular-categories": lambda **options: models.tabular((3, 3), 0, classes=5, hidden=(8,), **options),
    "tabular-numbers": lambda **options: models.tabular(
        (), 4, classes=5, hidden=(8,), activation="selu", normalization="none", dropout=0.1, **options
    ),
    "tabular-ensemble": lambda **options: models.tabular(
        (3, 3), 4, classes=5, hidden=(8,), edges=[[-1, 0, 1]] * 4, ensemble=3, normalization="none", **options
    ),
}

_CODES = np.unique(n_gram_codes(np.arange(1, 19)[None] % 9, 9, 2))[1:]

# From tokens of nine different ids.
TOKEN_BUILDERS: dict[str, Callable[..., keras.Model]] = {
    "ngram_classifier": lambda **options: models.ngram_classifier(
        9,
        5,
        codes=_CODES,
        longest=2,
        ratios=np.random.default_rng(0).standard_normal((len(_CODES), 5)),
        embedding=4,
        hidden=(8,),
        dropout=0.1,
        **options,
    ),
    "ngram_classifier-bayes": lambda **options: models.ngram_classifier(
        9, 5, codes=_CODES, ratios=np.random.default_rng(0).standard_normal((len(_CODES), 5)), **options
    ),
    "ngram_classifier-hashed": lambda **options: models.ngram_classifier(9, 5, buckets=7, embedding=4, **options),
    # The first tokens of the longest text are read ahead.
    "text_classifier-lstm": lambda **options: models.text_classifier(
        9, 5, embedding=4, units=(5, 4), hidden=(6,), last=5, **options
    ),
    "text_classifier-bidirectional": lambda **options: models.text_classifier(
        9, 5, cell="gru", embedding=4, units=(4,), bidirectional=True, hidden=(), **options
    ),
}

FORECASTERS = {
    "forecaster": lambda: models.forecaster((12, 3), 2, horizon=4, units=(5,)),
    "forecaster-plain": lambda: models.forecaster(
        (12, 3), 2, horizon=4, cell="gru", units=(5, 4), dropout=0.2, normalization=None, skip=None
    ),
    "forecaster-decoder": lambda: models.forecaster(
        (12, 3), 2, horizon=4, units=(5, 4), decoder=True, skip="seasonal", season=3
    ),
}


def _ridge_forecaster() -> keras.Model:
    model = models.forecaster((12, 3), 2, horizon=4, units=(5,), skip="ridge", season=3)
    windows = np.random.default_rng(2).standard_normal((6, 12, 3))
    batches = [(windows, windows[:, -4:, :2])]
    model.get_layer("head_forecast").adapt(batches, batches, batches)
    return model


FORECASTERS["forecaster-ridge"] = _ridge_forecaster


def _language_model(build: Callable[..., keras.Model] = models.language_model, **options: Any) -> keras.Model:
    return build(9, **{"batch_size": 6, "embedding": 4, "units": 5, "depth": 2, **options})


# Of nine tokens, in batches of up to six rows.
LANGUAGE_MODELS = {
    "language_model": _language_model,
    "language_model-untied": lambda: _language_model(tied=False, depth=1),
    "language_model-gru": lambda: _language_model(cell="gru", dropout=0.2),
    "language_model-rnn": lambda: _language_model(cell="rnn", depth=1),
    "awd_lstm": lambda: _language_model(models.awd_lstm, depth=1),
    "awd_lstm-untied": lambda: _language_model(models.awd_lstm, tied=False),
}

CALLBACKS = {
    "OneCycle": lambda folder: callbacks.OneCycle(0.05),
    "OneCycle-restarted": lambda folder: callbacks.OneCycle(0.05, restart_at=[1]),
    "FlatCosine": lambda folder: callbacks.FlatCosine(0.05),
    "CosineRestarts": lambda folder: callbacks.CosineRestarts(0.05),
    "LRRangeTest": lambda folder: callbacks.LRRangeTest(1e-4, 1.0, num_steps=8),
    "LRRangeTest-validated": lambda folder: callbacks.LRRangeTest(
        1e-4, 1.0, num_steps=8, shape="linear", validation_data=batches(8)
    ),
    "GradualUnfreezing": lambda folder: callbacks.GradualUnfreezing(at=[1]),
    "GradualUnfreezing-patient": lambda folder: callbacks.GradualUnfreezing(
        patience=1, monitor="loss", min_delta=9.0, batch_norm="statistics"
    ),
    "AccumulationRemainder": lambda folder: callbacks.AccumulationRemainder(),
    "EpochFigures": lambda folder: callbacks.EpochFigures(folder, lambda: {"said": "text"}),
    "Resume": lambda folder: callbacks.Resume(folder, every_steps=2),
    "StepScalars": lambda folder: callbacks.StepScalars(folder),
    "StopOnNonFinite": lambda folder: callbacks.StopOnNonFinite(retries=1),
    "ActivationStats": lambda folder: callbacks.ActivationStats(batches(4), folder, every=6),
    "GroupScalars": lambda folder: callbacks.GroupScalars(batches(4), folder, every=6),
}

# Callbacks that differ from OneCycle in the formula of their schedule alone, or only look, of which a test of their own
# tells that they change nothing; or act between epochs alone.
REPEATED_CALLBACKS = {"FlatCosine", "CosineRestarts", "ActivationStats", "EpochFigures", "GroupScalars"}

# Options of each optimizer with parameter groups that make it the stock optimizer without weight decay.
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9},
    "RMSprop": {"momentum": 0.9},
    "Adam": {},
    "AdamW": {"weight_decay": 0.0},
    "Lamb": {},
    "Lion": {},
    "Muon": {"weight_decay": None, "adam_weight_decay": None},
}


def _arrays(**options: Any) -> images.Images:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (53, 9, 7, 3), dtype=np.uint8)
    return images.from_arrays(pictures, np.arange(53) % 3, classes=list("abc"), batch_size=8, **options)


PIPELINES = {
    "plain": lambda **options: _arrays(augment=None, **options),
    "augmented": lambda **options: _arrays(augment=standard(flip=True), **options),
}


@cache
def _folder() -> Path:
    """53 pictures of three classes and several sizes, a table of them beside."""
    folder, random = Path(tempfile.mkdtemp()), np.random.default_rng(0)
    atexit.register(shutil.rmtree, folder)
    lines = ["file,tags,age,score"]
    for index in range(53):
        name = f"{'abc'[index % 3]}/{index}.{'png' if index % 2 else 'jpg'}"
        (folder / name).parent.mkdir(exist_ok=True)
        encode = tf.io.encode_png if index % 2 else tf.io.encode_jpeg
        pixels = random.integers(0, 256, (18 + index % 4, 14 + index % 3, 3), dtype=np.uint8)
        tf.io.write_file(str(folder / name), encode(pixels))
        lines.append(f"{name},{['red', 'red round', ''][index % 3]},{20.5 + index},{index / 7}")
    (folder / "table.csv").write_text("\n".join(lines))
    return folder


def _table(target: Any, **options: Any) -> images.Images:
    return images.from_csv(_folder() / "table.csv", target, image_size=(9, 7), batch_size=8, **options)


IMAGE_PIPELINES = {
    **PIPELINES,
    "mixed": lambda **options: _arrays(mixing=mixing.MixUp(), **options),
    "cut and mixed": lambda **options: _arrays(mixing=mixing.CutMix(), augment=None, **options),
    "balanced": lambda **options: _arrays(balanced=True, **options),
    "files": lambda **options: images.from_folder(_folder(), image_size=(9, 7), batch_size=8, **options),
    "files cached": lambda **options: images.from_folder(
        _folder(), image_size=(9, 7), batch_size=8, cache="memory", **options
    ),
    "tags": lambda **options: _table("tags", tag_separator=" ", **options),
    "numbers": lambda **options: _table(["age", "score"], **options),
}


def _features(**options: Any) -> features.Features:
    body = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.GlobalAveragePooling2D()])
    return features.precompute(body, _arrays(**options), verbose=0)


def _frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    words, numbers = random.choice(["red", "green"], 53), random.normal(size=(53, 2))
    return pd.DataFrame({"colour": words, "size": numbers[:, 0], "price": numbers[:, 1], "kind": np.arange(53) % 3})


EVERY_CHANGE = sequences.augment.Augmentation(
    slice=0.5, warp=0.5, scale=0.5, jitter=0.5, time_mask=0.5, channel_mask=0.9, probability=0.8
)


def _sequences(**options: Any) -> sequences.Sequences:
    random = np.random.default_rng(0)
    several = [random.normal(size=(3 + index % 4, 2)) for index in range(53)]
    return sequences.from_arrays(several, np.arange(53) % 3, classes=list("abc"), batch_size=8, **options)


@cache
def _sounds() -> Path:
    """53 short tones of three heights and several lengths."""
    folder, random = Path(tempfile.mkdtemp()), np.random.default_rng(0)
    atexit.register(shutil.rmtree, folder)
    for index in range(53):
        (folder / "abc"[index % 3]).mkdir(exist_ok=True)
        tone = np.sin(np.arange(400 + 50 * (index % 5)) * (1 + index % 3) / 3) + random.normal(scale=0.1)
        soundfile.write(folder / "abc"[index % 3] / f"{index}.wav", tone / 3, 4000)
    return folder


def _streams(**options: Any) -> text.Streams:
    letters = np.random.default_rng(0).choice(list("abcdefghi"), (20, 13))
    texts = text.from_texts([" ".join(row) for row in letters])
    return text.language_model(texts, batch_size=8, length=5, level="whitespace", min_freq=1, **options)


def _documents(labels: Any = None, **options: Any) -> text.Documents:
    letters = np.random.default_rng(0).choice(list("abcdefghi"), (53, 30))
    texts = text.from_texts(
        [" ".join(row[: 3 + number % 25]) for number, row in enumerate(letters)],
        labels or ["x", "y", "z", "y"] * 13 + ["z"],
    )
    return text.classifier(texts, batch_size=8, level="whitespace", min_freq=1, **options)


def _features_of_texts(**options: Any) -> text.Features:
    return text.precompute(lambda strings: [[len(each), each.count("a")] for each in strings], _documents(**options))


# Each trains on more than eight samples in batches of eight.
ALL_PIPELINES = {
    **IMAGE_PIPELINES,
    "features of images": _features,
    "classes of a table": lambda **options: tabular.from_frame(_frame(), "kind", batch_size=8, **options),
    "numbers of a table": lambda **options: tabular.from_frame(
        _frame(), ["price", "size"], weight="kind", batch_size=8, **options
    ),
    "sequences": _sequences,
    "sounds": lambda **options: sequences.from_audio(
        _sounds(), bands=8, batch_size=8, augment=sequences.augment.spec_augment(), **options
    ),
    "augmented sequences": lambda **options: _sequences(augment=EVERY_CHANGE, **options),
    "series": lambda **options: series.from_frame(
        _frame(), target="size", covariates=["price"], lookback=5, horizon=2, batch_size=8, **options
    ),
    "streams of tokens": _streams,
    "documents": _documents,
    "features of texts": _features_of_texts,
    "tags of documents": lambda **options: _documents([["x", "y"], [], ["y"]] * 17 + [["x"], []], **options),
}

# Pipelines whose labels differ from epoch to epoch: mixed, drawn with other samples, or of streams that begin anywhere.
DRAWN_WITH_LABELS = {"mixed", "cut and mixed", "balanced", "streams of tokens"}
# Pipelines that repeat the code path of another one.
REPEATED_PIPELINES = {"cut and mixed", "files cached", "tags", "numbers", "tags of documents"}


@dataclass(frozen=True)
class Mode:
    """One way to train with Keras."""

    policy: str = "float32"
    run: str = "graph"
    steps_per_execution: int = 1
    devices: int = 1

    @property
    def beyond_keras(self) -> str:
        """The option that stock Keras does not support on several devices; empty if the mode is supported."""
        if self.devices == 1:
            return ""
        return "steps_per_execution" if self.steps_per_execution > 1 else "jit_compile" if self.run == "jit" else ""

    def __str__(self) -> str:
        return f"{self.policy}-{self.run}-{self.steps_per_execution}-{self.devices}"


ALL_MODES = [
    Mode(*each)
    for each in product(("float32", "mixed_bfloat16", "mixed_float16"), ("graph", "eager", "jit"), (1, 4), (1, 2))
]
# Together these have every pair of values that stock Keras can combine.
MODES = [
    *(Mode("float32", "eager", 4, 1), Mode("mixed_bfloat16", "graph", 4, 1)),
    *(Mode("float32", "graph", 1, 2), Mode("mixed_float16", "graph", 1, 2)),
    *(Mode("mixed_float16", "eager", 4, 1), Mode("mixed_float16", "jit", 4, 1)),
    *(Mode("mixed_bfloat16", "jit", 1, 1), Mode("float32", "jit", 4, 1)),
    Mode("mixed_bfloat16", "eager", 1, 2),
]
# The mode of each callback in the suite, so that each mode has one; another callback takes the second of MODES.
# Accumulated gradients are for one device.
QUICK_MODES = dict(
    zip(
        [
            *("Resume", "OneCycle", "LRRangeTest", "GradualUnfreezing", "AccumulationRemainder"),
            *("GradualUnfreezing-patient", "StepScalars", "StopOnNonFinite", "OneCycle-restarted"),
        ],
        MODES,
        strict=True,
    )
)


def in_every_mode(names: Iterable[str]) -> list[Any]:
    """Every (name, mode), all slow except one per name."""
    return [
        pytest.param(
            *(name, mode),
            id=f"{name}-{mode}",
            marks=() if mode == QUICK_MODES.get(name, MODES[1]) else pytest.mark.slow,
        )
        for name, mode in product(names, ALL_MODES)
    ]


def is_repeated(name: str) -> bool:
    """Whether a callback is a variant ("NAME-VARIANT") of another, or repeats what others do to a model."""
    return "-" in name or name in REPEATED_CALLBACKS


PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def in_every_precision(names: Iterable[str]) -> list[Any]:
    """Every (name, policy); in the suite all for plain names, and one half precision for each "NAME-VARIANT"."""
    return [
        pytest.param(name, policy, marks=[] if "-" not in name or policy == PRECISIONS[1 + n % 2] else pytest.mark.slow)
        for n, name in enumerate(names)
        for policy in PRECISIONS
    ]


def costly(name: str) -> list[pytest.MarkDecorator]:
    """Marks for a test that takes seconds per builder: variants ("NAME-VARIANT") are left to `make test-all`."""
    return [pytest.mark.slow] if "-" in name else []


def variants_eagerly(names: Iterable[str]) -> list[Any]:
    """(name, whether it trains eagerly): in the suite variants ("NAME-VARIANT") do, which takes less time."""
    return [
        pytest.param((name, eager), id=f"{name}-{'eager' if eager else 'graph'}", marks=[] if eager else costly(name))
        for name in names
        for eager in ((True, False) if "-" in name else (False,))
    ]


def assert_same_predictions(model: keras.Model, loaded: keras.Model, inputs: Any) -> None:
    """Bit for bit."""
    assert np.array_equal(model(inputs), loaded(inputs))


def assert_every_weight_changed(model: keras.Model, before: list[np.ndarray]) -> None:
    for weight, old in zip(model.trainable_weights, before, strict=True):
        assert np.isfinite(weight.numpy()).all()
        assert not np.array_equal(weight.numpy(), old), weight.path


def small_model(mode: Mode, optimizer: keras.optimizers.Optimizer | None = None) -> keras.Model:
    """A compiled network with layer groups, BatchNormalization and Dropout; always the same initial weights."""
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_dtype_policy(mode.policy)
    inputs = keras.Input((6,))
    x = keras.layers.Dense(8, name="stem_dense")(inputs)
    x = keras.layers.BatchNormalization(name="stem_norm", synchronized=mode.devices > 1)(x)
    x = keras.layers.Dropout(0.2, seed=3, name="stem_dropout")(keras.layers.ReLU(name="stem_relu")(x))
    x = keras.layers.Dense(8, activation="relu", name="stage1_dense")(x)
    model = keras.Model(inputs, keras.layers.Dense(3, dtype="float32", name="head_logits")(x))
    model.compile(
        optimizer or keras.optimizers.Adam(0.003),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=mode.run == "eager",
        jit_compile=mode.run == "jit",
        steps_per_execution=mode.steps_per_execution,
    )
    return model


def batches(count: int = 40) -> tf.data.Dataset:
    """`count` samples in batches of eight, always in the same order."""
    random = np.random.default_rng(0)
    x = random.standard_normal((count, 6)).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, np.arange(count) % 3)).batch(8)


def state(model: keras.Model) -> list[np.ndarray]:
    """All variables of the model and its optimizers, as arrays."""
    optimizer, variables = model.optimizer, list(model.variables)
    while optimizer is not None:
        variables += optimizer.variables
        optimizer = getattr(optimizer, "inner_optimizer", None)
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def same(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    """Whether two states are equal bit for bit."""
    return len(left) == len(right) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(left, right, strict=True)
    )
