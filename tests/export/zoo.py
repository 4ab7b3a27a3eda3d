"""Tiny exported models, one of every kind that a recipe leaves, each with 100 raw inputs."""

from functools import cache
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from kerasdl import export, models
from kerasdl.data import tabular, text
from kerasdl.data.tabular.columns import raw_inputs
from kerasdl.layers import LogMelSpectrogram, n_gram_codes

TEXTS = ["To be, or not to be: that is the question.", "the QUESTION is\n\nnobler!!!", "The cook isn't GOOD", ""]
FRAME = pd.DataFrame(
    {
        "age": [39.0, np.nan, 20.0, 55.0, 31.0] * 20,
        "height": [1.5, 1.75, 1.6, 2.0] * 25,
        "job": ["clerk", "smith", None, "cook", "clerk"] * 20,
        "since": ["24.12.2016", "01.02.2017", "03.04.2015", "24.12.2011", "30.01.2012"] * 20,
        "left": ["yes", "no"] * 50,
    }
)
Made = tuple[keras.Model, Any]


def _random() -> np.random.Generator:
    return np.random.default_rng(0)


def _trained(model: keras.Model, scale: float = 0.3) -> keras.Model:
    """With weights that tell inputs apart."""
    random = _random()
    for weight in model.trainable_weights:
        weight.assign(random.normal(0, scale, weight.shape))
    return model


def image() -> Made:
    network = _trained(models.resnet((8, 8, 3), 3, depths=(1,), widths=(4,), stem="small", preprocess="symmetric"))
    return export.image_classifier(network, list("abc")), _random().integers(0, 256, (100, 8, 8, 3), np.uint8)


def table() -> Made:
    data = tabular.from_frame(FRAME, "left")
    network = _trained(models.tabular(data.cardinalities, data.numbers, classes=2, hidden=(8,)))
    exported = export.table_model(network, data.encoder, classes=data.classes)
    return exported, raw_inputs(FRAME, export.raw_columns(exported))


@cache
def vocabulary() -> text.Vocabulary:
    return text.numericalize(text.from_texts(TEXTS[:3] * 10), min_freq=1).vocabulary


def lstm(cell: str = "lstm") -> Made:
    size = len(vocabulary())
    network = _trained(models.text_classifier(size, 2, cell=cell, embedding=4, units=(6, 5), hidden=(4,)), 1.0)
    return export.text_classifier(network, vocabulary().layer(), ["bad", "good"]), tf.constant(TEXTS * 25)


def ngrams() -> Made:
    size = len(vocabulary())
    tokens = vocabulary().layer()(tf.constant(TEXTS))
    codes = np.unique(n_gram_codes(tokens, size))[1::2]
    network = models.ngram_classifier(size, 2, codes=codes, ratios=_random().normal(size=(len(codes), 2)), embedding=3)
    return export.text_classifier(_trained(network), vocabulary().layer(), ["bad", "good"]), tf.constant(TEXTS * 25)


def forecaster(cell: str = "lstm") -> Made:
    network = _trained(models.forecaster((12, 2), 1, horizon=3, cell=cell, units=(6,)))
    windows = _random().normal(10, 3, (100, 12, 2)).astype("float32")
    return export.series_model(network, ([10.0, 20.0], [2.0, 3.0])), windows


def sequence() -> Made:
    network = _trained(models.resnet_1d((None, 3), 2, widths=(4,)))
    shapes = _random().normal(size=(100, 20, 3)).astype("float32")
    shapes[50:, 15:] = np.nan
    return export.sequence_classifier(network, ["up", "down"]), shapes


def audio() -> Made:
    spectrogram = LogMelSpectrogram(4000, bands=8)
    network = _trained(models.resnet_1d((None, 8), 2, widths=(4,)))
    sounds = _random().normal(0, 0.1, (100, 1000)).astype("float32")
    sounds[50:, 700:] = np.nan
    return export.sequence_classifier(network, ["up", "down"], spectrogram=spectrogram), sounds


KINDS = {each.__name__: each for each in (image, table, lstm, ngrams, forecaster, sequence, audio)}


@cache
def made(kind: str) -> tuple[keras.Model, Any, np.ndarray]:
    """The model, its raw inputs, and what Keras predicts."""
    exported, inputs = KINDS[kind]()
    return exported, inputs, exported.predict(inputs, verbose=0)
