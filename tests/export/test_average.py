import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import export, models
from kerasdl.data import text

from tests.export.test_text import averaging

VOCABULARY = text.Vocabulary(("", "[UNK]", "xxbos", "xxnl", "good", "bad"), "whitespace")
CLASSES = ["neg", "pos"]
STRINGS = tf.constant(["good", "", "bad good"])


def exported(classes=CLASSES, **options):
    return export.text_classifier(averaging(len(VOCABULARY), len(classes)), VOCABULARY.layer(), classes, **options)


def test_the_mean_of_the_probabilities(tmp_path):
    """Of two loaded models, which may well have one name; saved again with what they hold."""
    expected = 0
    for number in (1, 2):
        one = exported()
        expected = expected + one.predict(STRINGS, verbose=0) / 2
        one = keras.Model(one.input, one.output, name="same")
        one.save(tmp_path / f"{number}.keras")
    both = export.average([keras.models.load_model(tmp_path / f"{number}.keras") for number in (1, 2)])
    both.save(tmp_path / "both.keras")
    loaded = keras.models.load_model(tmp_path / "both.keras")
    for each in (both, loaded):
        np.testing.assert_allclose(each.predict(STRINGS, verbose=0), expected, atol=1e-6)
        assert export.class_names(each) == ("neg", "pos")
        assert not export.has_tags(each)


def test_weights_are_shared_and_tags_stay_tags():
    one, two = exported(tags=True), exported(tags=True)
    both = export.average([one, two])
    assert {id(weight) for weight in both.weights} == {id(weight) for weight in one.weights + two.weights}
    assert export.has_tags(both)


def test_images():
    one, two = (export.image_classifier(models.mlp((4, 4, 3), 2, hidden=()), CLASSES) for _ in range(2))
    pictures = np.full((2, 5, 6, 3), 7, "uint8")
    expected = (one.predict(pictures, verbose=0) + two.predict(pictures, verbose=0)) / 2
    np.testing.assert_allclose(export.average([one, two]).predict(pictures, verbose=0), expected, atol=1e-6)


def test_models_that_do_not_fit_together():
    images = export.image_classifier(models.mlp((4, 4, 3), 2, hidden=()), CLASSES)
    for others in ([], [exported(CLASSES[::-1])], [exported(tags=True)], [images]):
        with pytest.raises(ValueError, match="same inputs and the same classes in the same order.*Received: "):
            export.average([exported(), *others] if others else [])
