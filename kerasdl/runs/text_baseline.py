"""The n-gram classifier that stands beside every network for texts, and the table that compares them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import keras
from kerasdl import distribute, export, interpret, models, optimizers
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.lines import print_table
from kerasdl.runs.policy import Stage

TextResult = interpret.Classification | interpret.Tagging
# Good for all data that were tried. See docs/text.md.
PEAK_LR, WEIGHT_DECAY, EPOCHS, BATCH_SIZE = 0.02, 0.01, 3, 64
# Rare words matter, too: as n-grams they take no place in a matrix unless two documents have them.
MIN_FREQ, MAX_VOCAB = 1, 200_000
# Few texts need more epochs.
STEPS, MOST_EPOCHS = 300, 30
# What gives the recommended model, where it is not that of the run anyway.
GIVEN_BY = {"ngrams": "ngrams.keras", "average": "--average"}


@dataclass(frozen=True)
class Baseline:
    """A trained n-gram classifier.

    Attributes:
        model: From tokens to logits.
        data: The documents as it reads them.
        exported: From strings to probabilities.
        seconds: Duration of its training.
    """

    model: keras.Model
    data: text.Documents
    exported: keras.Model
    seconds: float


def train_ngrams(run: RunFolder, texts: text.Texts, *, balance: bool = False, **options: Any) -> Baseline:
    """Train an n-gram classifier with one-cycle, and save it as `ngrams.keras`.

    Args:
        run: Where the model, logs and figures go, these with the prefix `ngrams_`.
        texts: Documents with classes or tags.
        balance: Give all classes the same weight in the loss.
        **options: Arguments of `data.text.classifier`.

    Example:
        >>> baseline = train_ngrams(run, texts, min_freq=1)
    """
    usual = {"min_freq": MIN_FREQ, "max_vocab": MAX_VOCAB, "batch_size": batch_size_for(texts, BATCH_SIZE)}
    data = text.classifier(texts, **{**usual, **options})
    found = text.n_grams(data.tokens)
    with distribute.strategy().scope():
        model = models.ngram_classifier(len(data.vocabulary), len(data.classes), **vars(found))
        model.compile(optimizers.AdamW(weight_decay=WEIGHT_DECAY), data.loss, metrics=data.metrics)
    stage, epochs = Stage(run, PEAK_LR, prefix="ngrams_"), min(max(EPOCHS, -(-STEPS // data.steps)), MOST_EPOCHS)
    weights = data.class_weight if balance else None
    fitted = model.fit(
        data.train,
        validation_data=data.valid,
        epochs=epochs,
        shuffle=False,
        class_weight=weights,
        callbacks=stage.callbacks,
    )
    seconds = stage.finish(fitted.history, ["loss", "accuracy"])
    exported = export.text_classifier(model, data.vocabulary.layer(), data.classes, tags=data.tags)
    run.save_model(exported, {}, name="ngrams")
    return Baseline(model, data, exported, seconds)


def batch_size_for(texts: text.Texts, most: int) -> int:
    """Documents per batch: `most`, or fewer so that an epoch has 16 steps, but at least 8.

    Example:
        >>> batch_size_for(texts, 32)
        8
    """
    return max(8, min(most, int((texts.parts == Part.TRAIN).sum()) // 16))


def beside(
    baseline: Baseline, model: keras.Model, data: text.Documents, part: Literal["valid", "test"]
) -> dict[str, TextResult]:
    """What n-grams, network and their average get right and wrong.

    Args:
        baseline: The n-gram classifier.
        model: The network, from tokens to logits.
        data: The documents as the network reads them.
        part: Which of them.

    Example:
        >>> results = beside(baseline, model, opinions, "valid")
        >>> list(results)
        ['ngrams', 'network', 'average']
    """
    results: list[Any] = [evaluated(baseline.model, baseline.data, part), evaluated(model, data, part)]
    return dict(zip(("ngrams", "network", "average"), [*results, interpret.average(results)], strict=True))


def evaluated(model: keras.Model, data: text.Documents, part: Literal["valid", "test"] = "valid") -> TextResult:
    """What a classifier gets right and wrong.

    Args:
        model: From tokens to logits.
        data: The documents as the model reads them.
        part: Which of them.

    Example:
        >>> evaluated(model, opinions).accuracy
    """
    kind: Any = interpret.Tagging if data.tags else interpret.Classification
    return kind.of(model, getattr(data, part), data.classes)


def compare(results: Mapping[str, TextResult]) -> str:
    """Print accuracy, F1 and loss of several classifiers on the same texts; return the name of the most accurate.

    Args:
        results: Evaluations by name; of those that are equally accurate, the first is named.

    Raises:
        ModuleNotFoundError: rich or scikit-learn is not installed.

    Example:
        >>> best = compare(beside(baseline, model, opinions, "valid"))
    """
    best = max(results, key=lambda name: results[name].accuracy)
    mark = f"recommended ({GIVEN_BY[best]})" if best in GIVEN_BY else "recommended"
    rows = {
        name: [f"{result.accuracy:.2%}", f"{result.f1:.4f}", f"{result.loss:.4f}", mark if name == best else ""]
        for name, result in results.items()
    }
    print_table(rows, ("accuracy", "F1", "loss"))
    return best
