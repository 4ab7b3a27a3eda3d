import keras
import numpy as np
import pytest
from kerasdl import export, models
from kerasdl.data.text import Vocabulary, predict
from kerasdl.errors import BadInput

VOCABULARY = Vocabulary(("", "[UNK]", "xxbos", "xxnl", "good", "bad", "a//b"), "whitespace")
# Of each word for the classes or tags.
LOGITS = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [0, 2], [3, 0], [0, 9]], "float32")


def classifier(**options):
    """Sums the logits of the words."""
    tokens = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(*LOGITS.shape)
    model = keras.Model(tokens, keras.ops.sum(embedding(tokens), axis=1))
    embedding.set_weights([LOGITS])
    return export.text_classifier(model, VOCABULARY.layer(), ["neg", "pos"], outputs="logits", **options)


def test_the_most_probable_class_and_its_probability():
    texts = ["bad", "good", "", "half a character \ud83d"] * 20  # two batches
    found = list(predict(classifier(), texts))
    assert found[:3] == [{"neg": pytest.approx(0.952574)}, {"pos": pytest.approx(0.880797)}, {"neg": 0.5}]
    assert found == found[:4] * 20
    assert list(predict(classifier(), [])) == []


def test_all_tags_above_one_half_the_most_probable_first():
    found = list(predict(classifier(tags=True), ["bad good", "a//b bad", "what"]))
    assert [list(each) for each in found] == [["neg", "pos"], ["pos", "neg"], []]


def test_what_is_no_classifier_of_several_texts():
    images = export.image_classifier(models.mlp((4, 4, 3), 2, hidden=()), ["a", "b"])
    with pytest.raises(BadInput, match="no classifier of strings: export it with export.text_classifier"):
        predict(images, ["a"])
    with pytest.raises(BadInput, match="Give a list of texts"):
        predict(classifier(), "good")


def test_the_probabilities_of_all_classes_and_of_all_tags():
    (found,) = predict(classifier(), ["bad"], top=None)
    assert list(found) == ["neg", "pos"]
    assert sum(found.values()) == pytest.approx(1)
    (found,) = predict(classifier(tags=True), ["what"], top=None)
    assert found == {"neg": 0.5, "pos": 0.5}
