from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.text.other_tokenizer import OtherTokenizer
from kerasdl.errors import BadInput


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


def test_only_a_keras_layer_travels_inside_a_model():
    layer = KerasHub()
    assert OtherTokenizer(layer).layer() is layer
    with pytest.raises(BadInput, match="cannot travel inside a Keras model.*Received: Plain"):
        OtherTokenizer(Plain()).layer()
    with pytest.raises(BadInput, match="nor take options"):
        OtherTokenizer(layer).layer(ragged=True)


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
