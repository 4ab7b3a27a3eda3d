import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl import export, models
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.export import language_model, next_token, text_classifier
from kerasdl.interpret import Classification

SPEECH = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer"


LEVELS = ["words", *(pytest.param(level, marks=pytest.mark.slow) for level in ("whitespace", "characters"))]


@pytest.fixture(scope="module", params=LEVELS)
def vocabulary(request):
    tokens = text.numericalize(text.from_texts([SPEECH] * 10), level=request.param, min_freq=1)
    return tokens.vocabulary


@pytest.fixture(scope="module")
def model(vocabulary):
    keras.utils.set_random_seed(0)
    return models.awd_lstm(len(vocabulary), batch_size=2, embedding=4, units=6, depth=2)


STRINGS = [
    "To be",
    "",
    "the QUESTION is\n\nnobler!!!",
    "не быть \x07\x00 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]


def test_strings_give_what_their_tokens_give(model, vocabulary):
    exported = language_model(model, vocabulary.layer())
    found = exported(tf.constant(STRINGS)).numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for row, ids in zip(found, vocabulary.encode(STRINGS), strict=True):
        logits = model({"tokens": ids[None], "start": np.ones(1)})[0, -1]
        np.testing.assert_allclose(row, tf.nn.softmax(logits), atol=1e-6)


def test_rows_are_independent_of_each_other_and_of_earlier_batches(model, vocabulary):
    exported = language_model(model, vocabulary.layer())
    together = exported(tf.constant(STRINGS * 3))
    for row, string in zip(together, STRINGS * 3, strict=True):
        np.testing.assert_allclose(row, exported(tf.constant([string]))[0], atol=1e-6)


def test_reloaded_and_saved_model_give_the_same(model, vocabulary, tmp_path):
    exported = language_model(model, vocabulary.layer())
    expected = exported(tf.constant(STRINGS))
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(tf.constant(STRINGS)), expected)
    exported.export(tmp_path / "saved", verbose=False)
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    np.testing.assert_allclose(saved.serve(tf.constant(STRINGS)), expected, atol=1e-6)


def test_untied_logits(vocabulary):
    model = models.language_model(len(vocabulary), batch_size=2, cell="gru", embedding=4, units=6, depth=1, tied=False)
    tokens = np.array([[2, 3, 4], [2, 5, 0]])
    found = next_token(model, tokens)
    full = model({"tokens": tokens, "start": np.ones(2)})
    np.testing.assert_allclose(found, np.stack([full[0, 2], full[1, 1]]), atol=1e-6)


def test_a_tokenizer_of_another_size(model):
    with pytest.raises(ValueError, match="give the tokenizer that it was trained with. Received: one of 5"):
        language_model(model, text.Vocabulary(["", "[UNK]", "xxbos", "xxnl", "a"], "whitespace").layer())


def test_another_model():
    with pytest.raises(ValueError, match=r"must come from models.language_model.*Received: 'mlp'"):
        next_token(models.mlp((3,), 2), np.zeros((1, 3)))


@pytest.mark.slow
def test_a_long_text_needs_no_logits_of_its_inside():
    """Logits of 100,000 tokens and 20,000 words would take 8 GB."""
    words = ["", "[UNK]", "xxbos", "xxnl", *map(str, range(20_000))]
    vocabulary = text.Vocabulary(words, "whitespace")
    model = models.language_model(len(words), batch_size=1, embedding=4, units=4, depth=1)
    exported = language_model(model, vocabulary.layer())
    assert exported.predict(tf.constant([" ".join(map(str, range(100_000)))]), verbose=0).shape == (1, 20_004)


def ten_thousand_strings(real_data):
    """1,000 reviews and their sentences and fragments, with characters of other scripts and control characters."""
    reviews = pd.read_csv(real_data / "imdb/imdb_sample/texts.csv")["text"].tolist()
    random = np.random.default_rng(0)
    strange = ["\x00\x07\r\n.", "не быть", "生きるか", "\u202eabc", "👍🏽!!!!", "a" * 5000, "<br /><br />"]
    strings = [*reviews, *strange * 20]
    while len(strings) < 10_000:
        review = reviews[random.integers(len(reviews))]
        first = random.integers(len(review))
        strings.append(review[first : first + random.integers(1, 400)] + strange[random.integers(len(strange))])
    return strings


@pytest.mark.slow
def test_ten_thousand_strings_are_read_as_in_training(real_data):
    strings = ten_thousand_strings(real_data)
    tokens = text.numericalize(text.from_texts(strings))
    model = models.awd_lstm(len(tokens.vocabulary), batch_size=2, embedding=4, units=4, depth=1)
    exported = language_model(model, tokens.vocabulary.layer())
    layer = next(layer for layer in exported.layers if isinstance(layer, keras.layers.TextVectorization))
    for begin in range(0, 10_000, 500):
        for row, ids in enumerate(layer(tf.constant(strings[begin : begin + 500])).numpy()):
            document = tokens.document(begin + row)
            assert np.array_equal(ids[: len(document)], document)
            assert not ids[len(document) :].any()
    for row in range(0, 10_000, 500):
        expected = model({"tokens": tokens.document(row)[None].astype("int32"), "start": np.ones(1)})[0, -1]
        found = exported(tf.constant(strings[row : row + 1]))[0]
        np.testing.assert_allclose(found, tf.nn.softmax(expected), atol=1e-6)


# Classifiers


def averaging(words, outputs, activation=None):
    """A classifier of tokens: the mean of their embeddings, and a dense layer."""
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(words, 4, mask_zero=True, embeddings_initializer="normal")(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, activation)(x))


def test_probabilities_of_strings_are_those_of_their_tokens(vocabulary, tmp_path):
    model = averaging(len(vocabulary), 3)
    exported = text_classifier(model, vocabulary.layer(), ["a", "b", "c"])
    found = exported.predict(tf.constant(STRINGS), verbose=0)
    for row, ids in zip(found, vocabulary.encode(STRINGS), strict=True):
        np.testing.assert_allclose(row, tf.nn.softmax(model(ids[None]))[0], atol=1e-6)
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict(tf.constant(STRINGS), verbose=0), found)
    assert export.class_names(loaded) == ("a", "b", "c")
    assert not export.has_tags(loaded)


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_tags_have_probabilities_of_their_own(vocabulary, activation, tmp_path):
    model = averaging(len(vocabulary), 3, activation)
    exported = text_classifier(model, vocabulary.layer(), ["a", "b", "c"], tags=True)
    (ids,) = vocabulary.encode(STRINGS[:1])
    expected = model(ids[None]) if activation else tf.sigmoid(model(ids[None]))
    np.testing.assert_allclose(exported.predict(tf.constant(STRINGS[:1]), verbose=0), expected, atol=1e-6)
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert export.has_tags(loaded)
    assert export.class_names(loaded) == ("a", "b", "c")


def test_one_output_is_the_second_of_two_classes_or_the_only_tag(vocabulary):
    model = averaging(len(vocabulary), 1, "sigmoid")
    two, one = (
        text_classifier(model, vocabulary.layer(), names, tags=len(names) == 1).predict(tf.constant(["a"]), verbose=0)
        for names in (["no", "yes"], ["yes"])
    )
    np.testing.assert_allclose(two, np.hstack([1 - one, one]), atol=1e-6)


def test_a_tokenizer_of_another_size_than_what_reads_its_tokens():
    """It is found in models in models; a layer may also say how many tokens it reads."""
    layer = text.Vocabulary(["", "[UNK]", "xxbos", "xxnl", "a"], "whitespace").layer()
    model = averaging(6, 2)
    nested = keras.Sequential([keras.Input((None,), dtype="int32"), keras.Sequential([model])])
    for each in (model, nested):
        with pytest.raises(ValueError, match="The model has 6 tokens: give the tokenizer.*Received: one of 5"):
            text_classifier(each, layer, ["a", "b"])

    class Grams(keras.layers.Layer):
        vocabulary_size = 6

        def call(self, tokens):
            return tokens + 1

    inputs = keras.Input((None,), dtype="int32")
    with pytest.raises(ValueError, match="The model has 6 tokens"):
        text_classifier(keras.Model(inputs, averaging(99, 2)(Grams()(inputs))), layer, ["a", "b"])
    doubled = keras.Model(inputs, averaging(12, 2)(2 * inputs))
    assert text_classifier(doubled, layer, ["a", "b"]).output_shape == (None, 2)


def test_wrong_names_outputs_and_losses(vocabulary):
    layer, model = vocabulary.layer(), averaging(len(vocabulary), 3)
    with pytest.raises(ValueError, match="one name per column"):
        text_classifier(model, layer, ["a", "b"])
    with pytest.raises(ValueError, match="must have one output"):
        text_classifier(keras.Model(model.input, [model.output] * 2), layer, ["a", "b", "c"])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="exclude each other"):
        text_classifier(model, layer, ["a", "b", "c"], tags=True)


@pytest.mark.slow
def test_ten_thousand_strings_are_classified_as_in_training(real_data):
    """In batches, by their tokens in the file that the training reads."""
    strings = ten_thousand_strings(real_data)
    data = text.classifier(text.from_texts(strings, ["neg", "pos"] * 5000, valid_share=0.999), batch_size=64)
    numbers = data.document_numbers(Part.VALID)
    assert len(numbers) == 9990
    size = len(data.vocabulary)
    for model in (
        models.text_classifier(size, 2, embedding=6, units=(8,)),
        models.ngram_classifier(size, 2, **vars(text.n_grams(data.tokens, min_documents=1))),
    ):
        exported = text_classifier(model, data.vocabulary.layer(), data.classes)
        found = exported.predict(tf.constant(strings), 64, verbose=0)
        expected = Classification.of(model, data.valid, data.classes).probabilities
        np.testing.assert_allclose(found[numbers], expected, atol=1e-5)
