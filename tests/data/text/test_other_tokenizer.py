from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.data.text import Streams, from_texts, numericalize
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.errors import BadInput
from kerasdl.interpret import LanguageModel


class Plain:
    """Letters by their codes."""

    vocab_size = 128

    def encode(self, text):
        return list(text.encode())

    def decode(self, ids):
        return bytes(ids).decode()


class HuggingFace(Plain):
    """Adds a special token unless told otherwise; knows of tokens that were added."""

    def get_vocab(self):
        return {}

    def get_vocab_size(self):
        return 130

    def encode(self, text, add_special_tokens=True):
        return SimpleNamespace(ids=[1] * add_special_tokens + super().encode(text))


class Transformers(HuggingFace):
    get_vocab_size = property()

    def __len__(self):
        return 130

    def encode(self, text, add_special_tokens=True):
        return super().encode(text, add_special_tokens).ids


class SentencePiece(Plain):
    def vocab_size(self):
        return 128


@keras.saving.register_keras_serializable("test_other_tokenizer")
class KerasHub(keras.layers.Layer):
    def vocabulary_size(self):
        return 128

    def get_vocabulary(self):
        return ["a"]

    def tokenize(self, inputs):
        return tf.cast(tf.io.decode_raw(inputs, tf.uint8), tf.int32)

    def detokenize(self, inputs):
        return tf.constant(bytes(inputs))

    def call(self, inputs):
        return self.tokenize(inputs)


@pytest.mark.parametrize("made", [Plain, HuggingFace, Transformers, SentencePiece, KerasHub])
def test_tokenizers_of_other_libraries(made):
    tokenizer = OtherTokenizer(made())
    assert len(tokenizer) == (130 if issubclass(made, HuggingFace) else 128)
    assert [ids.tolist() for ids in tokenizer.encode(["Hi", ""])] == [[72, 105], []]
    assert tokenizer.encode(["Hi"])[0].dtype == np.int32
    assert tokenizer.decode(np.array([72, 105], np.uint16)) == "Hi"
    assert tokenizer.start is None
    assert OtherTokenizer(made()).identity == tokenizer.identity != OtherTokenizer(made(), start=3).identity


def test_a_start_token_begins_every_text():
    tokenizer = OtherTokenizer(Plain(), start=7)
    assert [ids.tolist() for ids in tokenizer.encode(["Hi", ""])] == [[7, 72, 105], [7]]
    assert tokenizer.tokenize(["Hi"]) == [[7, 72, 105]]
    assert tokenizer.numbers([7, 72]) == [7, 72]
    assert tokenizer.decode([7, 72, 105]) == "Hi"


@pytest.mark.parametrize(
    ("said", "padding"),
    [
        ({"pad_token_id": 0}, 0),
        ({"pad_token_id": None}, None),
        ({"pad_id": lambda: -1}, -1),
        ({"padding": {"pad_id": 0}}, 0),
        ({"padding": None}, None),
        ({}, None),
    ],
)
def test_the_padding_of_a_tokenizer_is_what_its_library_says(said, padding):
    """As transformers and KerasHub say it, SentencePiece, and tokenizers."""
    tokenizer = Plain()
    vars(tokenizer).update(said)
    assert OtherTokenizer(tokenizer).padding == padding


@pytest.mark.parametrize("made", [Plain, KerasHub])
def test_no_tokenizer_of_another_library_travels_inside_a_model(made):
    with pytest.raises(BadInput, match=f"cannot travel inside a Keras model.*Received: {made.__name__}"):
        OtherTokenizer(made()).layer()


class Pieces:
    """Some with the same text, one in no use, and one that is no whole character."""

    TEXTS = ("<s>", "the", "a", "a", "a#3", "a", None, b"\xe9", b"\xe8")

    def __len__(self):
        return len(self.TEXTS)

    def encode(self, text):
        return [self.TEXTS.index(word) for word in text.split()]

    def decode(self, ids):
        if ids == [6]:
            raise KeyError(6)
        found = [self.TEXTS[number] for number in ids]
        return found[0].decode("utf-8", "replace") if isinstance(found[0], bytes) else " ".join(found)


def test_each_number_has_a_word_of_its_own():
    words = ("<s>", "the", "a", "a#3", "a#3#4", "a#5", "", "\ufffd", "\ufffd#8")
    assert OtherTokenizer(Pieces()).words == words
    assert OtherTokenizer(Pieces(), start=0).words == ("", *words[1:6], "#6", *words[7:])
    assert OtherTokenizer(KerasHub()).words == tuple(map(chr, range(128)))


def test_words_serve_encoders_and_interpretation(tmp_path):
    tokens = numericalize(from_texts(["the a a the"] * 4), vocabulary=Pieces())
    data = Streams(batch_size=2, seed=0, tokens=tokens)
    words = data.vocabulary.words
    model = models.language_model(len(words), batch_size=2, embedding=4, units=4, depth=1)
    model.compile("sgd", data.loss)
    assert LanguageModel.of(model, data.valid, words).words == words
    models.save_encoder(model, tmp_path / "encoder.npz", words)
    assert models.load_encoder(model, tmp_path / "encoder.npz", words) == []


@pytest.mark.parametrize("number", [-1, 128, 2**40])
def test_a_number_that_the_tokenizer_does_not_have_is_named(number):
    class Wrong(Plain):
        def encode(self, text):
            return [7, number]

    with pytest.raises(BadInput, match=rf"numbers 0\.\.127.*Received: {number} for 'the text'"):
        OtherTokenizer(Wrong()).encode(["the text"])


class NoLength:
    encode = decode = str


class Unpicklable(Plain):
    def __init__(self):
        self.rule = lambda text: text


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: OtherTokenizer(["the"]), "has encode.*Received: list"),
        (lambda: OtherTokenizer(NoLength()), "has a length.*Received: NoLength"),
        (lambda: OtherTokenizer(Plain(), start=128), "0..127. Received: start=128"),
        (lambda: OtherTokenizer(Plain()).encode("Hi"), "list of texts"),
        (lambda: OtherTokenizer(Unpicklable()).identity, "does not pickle.*Received: Unpicklable"),
    ],
)
def test_what_is_no_tokenizer_is_refused(use, message):
    with pytest.raises(BadInput, match=message):
        use()
