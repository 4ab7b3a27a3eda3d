"""Features of a frozen encoder of texts: those of the documents, with their labels, and never stale."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

WORDS = ["good", "bad", "dull", "bad"] * 6
DOCUMENTS = [f"a {word} film {'indeed ' * (number % 9)}" for number, word in enumerate(WORDS)]
CLASSES = [None if word == "dull" else word for word in WORDS]


def texts(documents=DOCUMENTS, labels=CLASSES):
    return text.from_texts(documents, labels, valid_share=0.3)


def documents(**options):
    return text.classifier(texts(**options), batch_size=4, min_freq=1)


def lengths(strings):
    return np.array([[len(each), each.count("bad"), 1] for each in strings])


def token_model(size, seed=0):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(size, 3, mask_zero=True)(inputs)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(embedded))


def string_model():
    inputs = keras.Input((), dtype="string")
    found = keras.layers.Lambda(
        lambda each: tf.cast(tf.stack([tf.strings.length(each), tf.ones_like(tf.strings.length(each))], 1), "float32"),
        output_shape=(2,),
    )(inputs)
    return keras.Model(inputs, found)


def precompute(encoder, given, folder):
    return text.precompute(encoder, given, folder=folder, verbose=0)


def test_features_of_strings_are_those_of_the_documents(tmp_path):
    for given in (texts(), documents()):
        for encoder in (lengths, string_model()):
            found = precompute(encoder, given, tmp_path)
            for part in (Part.TRAIN, Part.VALID):
                numbers = found.document_numbers(part)
                expected = [len(DOCUMENTS[number]) for number in numbers]
                assert found.features[part][:, 0].tolist() == expected
                assert found.features[part][:, -1].tolist() == [1] * len(numbers)
                assert [found.classes[label] for label in found.labels(part)] == [CLASSES[n] for n in numbers]
                assert list(found.names(part)) == [f"text[{number}]" for number in numbers]
            # Documents without class are left out.
            assert sum(map(len, found.numbers)) == 18
            shown, labels = (np.concatenate(each) for each in zip(*found.valid, strict=True))
            assert np.array_equal(shown, found.features[Part.VALID])
            assert np.array_equal(labels, found.labels(Part.VALID))
            assert shown.dtype == np.float32
    assert found.target_kind == "class"
    with pytest.raises(BadInput, match="no test part"):
        _ = found.test


def test_features_of_tokens_are_those_of_the_batches_and_a_head_learns_from_them(tmp_path):
    data = documents()
    model = token_model(len(data.vocabulary))
    found = precompute(model, data, tmp_path)
    expected = np.concatenate([model.predict_on_batch(tokens) for tokens, _ in data.valid])
    np.testing.assert_allclose(found.features[Part.VALID], expected, rtol=1e-6)
    for row, number in zip(found.features[Part.TRAIN], data.document_numbers(Part.TRAIN), strict=True):
        (tokens,) = data.vocabulary.encode([DOCUMENTS[number]])
        np.testing.assert_allclose(row, model.predict_on_batch(tokens[None])[0], rtol=1e-5)
    assert found.counter is data.counter
    assert str(found) == "12 training and 6 validation documents of 2 classes, 3 features"
    head = models.mlp((found.width,), len(found.classes), hidden=())
    head.compile(keras.optimizers.Adam(0.1), found.loss, run_eagerly=True)
    assert np.isfinite(head.fit(found.train, validation_data=found.valid, verbose=0, shuffle=False).history["loss"][0])


def test_a_document_of_several_pieces_is_one_string(tmp_path):
    long = "word " * 600_000
    given = text.from_texts([long, "b", "c", "d"], ["x", "y", "x", "y"], valid_share=0.5)
    assert len(list(given.read())) > 4
    found = precompute(lengths, given, tmp_path)
    assert max(found.features[part][:, 0].max() for part in (Part.TRAIN, Part.VALID)) == len(long)


def test_tags_are_those_of_the_texts(tmp_path):
    found = precompute(lengths, texts(labels=[["a", "b"], [], ["b"]] * 8), tmp_path)
    assert (found.target_kind, found.loss.name) == ("tags", "binary_crossentropy")
    assert next(iter(found.train))[1].shape == (17, 2)


def other_lengths(strings):
    return lengths(strings) + 1


@pytest.mark.parametrize(
    ("change", "computed"),
    [
        (lambda data, model: (data, model), 0),
        (lambda data, model: (replace(data, batch_size=3), token_model(len(data.vocabulary))), 0),
        (lambda data, model: (data, token_model(len(data.vocabulary), seed=1)), 2),
        (lambda data, model: (documents(documents=["a good film", *DOCUMENTS[1:]]), model), 2),
        (lambda data, model: (data, lengths), 2),
    ],
)
def test_features_are_computed_again_after_a_change(change, computed, tmp_path):
    data = documents()
    model = token_model(len(data.vocabulary))
    precompute(model, data, tmp_path)
    before = set(tmp_path.iterdir())
    data, model = change(data, model)
    precompute(model, data, tmp_path)
    assert len(set(tmp_path.iterdir()) - before) == computed


def test_functions_of_strings_are_told_from_each_other_by_what_they_make(tmp_path):
    calls = []

    def counted(strings):
        calls.append(len(strings))
        return lengths(strings)

    precompute(counted, texts(), tmp_path)
    first = sum(calls)
    found = precompute(counted, texts(), tmp_path)
    # Again only the probes: the beginnings of the first 16 documents.
    assert sum(calls) - first == 16
    other = precompute(other_lengths, texts(), tmp_path)
    assert np.array_equal(other.features[Part.TRAIN], found.features[Part.TRAIN] + 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: (token_model(9), texts()), "takes tokens: give Documents.*Received: Texts"),
        (lambda: (lengths, texts(labels=None)), "The texts have no classes"),
        (lambda: (lambda strings: np.ones(len(strings)), texts()), r"\(texts, width\).*shape \(16,\) for 16 texts"),
        (lambda: (lambda strings: np.ones((1, 2)), texts()), r"Received: an array of shape \(1, 2\) for 16"),
        (lambda: (lambda strings: {"pooled": 1}, texts()), "Received: dict for 16 texts"),
        (lambda: (keras.Sequential([keras.layers.Dense(2)]), texts()), "one input.*Received: Sequential"),
        (lambda: ("bert", texts()), "function from a list of strings.*Received: str"),
    ],
)
def test_what_is_no_encoder(make, message, tmp_path):
    encoder, given = make()
    with pytest.raises(BadInput, match=message):
        precompute(encoder, given, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_encoders_that_differ_for_long_documents_alone_are_told_apart(tmp_path):
    texts = text.from_texts(["good " * 200, "bad " * 200] * 2, ["x", "y"] * 2)
    short, long = (
        text.precompute(lambda strings, n=n: np.array([[len(each[:n])] for each in strings]), texts, folder=tmp_path)
        for n in (600, 700)
    )
    assert (short.features[0].max(), long.features[0].max()) == (600, 700)
    data = text.classifier(texts, min_freq=1)
    one, two = (
        text.precompute(models.split_head(classifier(len(data.vocabulary), last))[0], data, folder=tmp_path)
        for last in (100, 200)
    )
    assert not np.array_equal(one.features[0], two.features[0])


def classifier(size, last):
    keras.utils.set_random_seed(0)
    return models.text_classifier(size, 2, embedding=3, units=(3,), last=last)
