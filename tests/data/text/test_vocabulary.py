import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.data.text.vocabulary import Vocabulary
from kerasdl.errors import BadInput

WORDS = ("", "[UNK]", "xxbos", "xxnl", "xxrep", "xxup", "xxmaj")
SPACED = ("", "[UNK]", "xxbos", "xxnl")
CHARACTERS = Vocabulary(("", "[UNK]", "\x02", "\n", " ", "a", "é", "😀"), "characters")
FILM = Vocabulary((*WORDS, "good", "film", "!"))


def test_words_are_ordered_by_count_and_equals_stay_as_they_came():
    counts = {"rare": 2, "b": 3, "a": 3, "often": 9, "xxmaj": 99, "xxunk": 99, "": 9, "[UNK]": 9}
    assert Vocabulary.of(counts).words == (*WORDS, "often", "b", "a")
    assert Vocabulary.of(counts, min_freq=1, max_vocab=9).words == (*WORDS, "often", "b")
    assert len(Vocabulary.of(counts, min_freq=1, max_vocab=10**6)) == len(WORDS) + 4


def test_words_that_keras_cannot_hold_are_left_out():
    counts = {"the": 5, "a\0": 9, "x" * 101: 9, "y" * 100: 9, "<unk>": 99}
    assert Vocabulary.of(counts, "whitespace").words == (*SPACED, "y" * 100, "the")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_freq": 4}, "no token occurs min_freq times.*min_freq=4"),
        ({"max_vocab": 7}, "beside the 7 that are always there.*max_vocab=7"),
    ],
)
def test_an_empty_vocabulary_is_refused(options, message):
    with pytest.raises(BadInput, match=message):
        Vocabulary.of({"the": 3, "xxbos": 9}, **options)


@pytest.mark.parametrize(
    ("words", "level", "message"),
    [
        ((), "words", r"begins with \['', '\[UNK\]', 'xxbos', 'xxnl', 'xxrep', 'xxup', 'xxmaj'\]. Received: \[\]"),
        (SPACED, "words", "Received: .*'xxnl'"),
        (WORDS, "characters", "begins with"),
        ((*WORDS, "a", "b", "a"), "words", "Received: 'a' more than once"),
        ((*SPACED, "a\0"), "whitespace", r"U\+0000"),
        (WORDS, "word", "level must be"),
    ],
)
def test_words_that_are_no_vocabulary_are_refused(words, level, message):
    with pytest.raises(BadInput, match=message):
        Vocabulary(words, level)


def test_frequent_words_are_of_letters_and_long_if_there_are_enough():
    vocabulary = Vocabulary((*WORDS, "the", "film", "!", "größe", "it", "x2", "actor"))
    assert vocabulary.frequent(2) == ("film", "größe")
    assert vocabulary.frequent(4) == ("film", "größe", "actor", "the")
    assert vocabulary.frequent(99) == ("film", "größe", "actor", "the", "it")
    assert (CHARACTERS.frequent(9), Vocabulary(WORDS).frequent(9)) == (("a", "é"), ())


def test_numbers_of_texts():
    assert [ids.tolist() for ids in FILM.encode(["Good FILM!!!", "", "a\n"])] == [[2, 6, 7, 5, 8, 4, 9], [2], [2, 1, 3]]
    assert FILM.encode(["good"])[0].dtype == np.int32
    assert FILM.encode([]) == []
    assert FILM.start == 2
    assert len(FILM) == 10
    assert Vocabulary((*SPACED, "a"), "whitespace").encode(["a <unk>\n"])[0].tolist() == [2, 4, 1, 3]


def test_numbers_of_tokens_are_those_of_texts():
    texts = ["Good film, bad FILM", "[UNK] xxunk", "\ud800"]
    assert [FILM.numbers(tokens) for tokens in FILM.tokenize(texts)] == [ids.tolist() for ids in FILM.encode(texts)]


def test_a_list_of_words_will_do():
    assert Vocabulary([*WORDS, "good", "film", "!"]) == FILM


def test_one_text_is_refused():
    with pytest.raises(BadInput, match=r"list of texts.*Received: 'good'"):
        FILM.encode("good")


def test_texts_of_numbers():
    assert FILM.decode([2, 6, 7, 1, 5, 8, 4, 9, 0, 0]) == "Good [UNK] FILM!!!"
    assert FILM.decode(np.array([], np.uint16)) == ""
    assert Vocabulary((*SPACED, "a"), "whitespace").decode(np.array([2, 4, 3, 4], np.uint16)) == "a\na"


@pytest.mark.parametrize("outside", [-1, 10])
def test_numbers_outside_are_refused(outside):
    with pytest.raises(BadInput, match=rf"0..9. Received: {outside}"):
        FILM.decode([2, outside])


@given(st.text(alphabet="\n aé😀"))
def test_characters_come_back(text):
    (ids,) = CHARACTERS.encode([text])
    assert len(ids) == len(text) + 1
    assert CHARACTERS.decode(ids) == text


def test_the_layer_is_ragged_or_padded():
    texts = tf.constant(["good", "good film"])
    assert FILM.layer()(texts).numpy().tolist() == [[2, 7, 0], [2, 7, 8]]
    assert FILM.layer(ragged=True)(texts).to_list() == [[2, 7], [2, 7, 8]]
    assert FILM.layer(output_sequence_length=2)(texts).numpy().tolist() == [[2, 7], [2, 7]]


@pytest.mark.parametrize("vocabulary", [FILM, CHARACTERS, Vocabulary((*SPACED, "\x1c", "\u2028"), "whitespace")])
def test_the_layer_travels_inside_a_saved_model(vocabulary, tmp_path):
    """With words that a file of one word a line could not hold."""
    layer = vocabulary.layer()
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    texts = tf.constant([["Good film\n\u2028"], ["é\na \x1c"]])
    assert np.array_equal(loaded(texts), model(texts))
    assert loaded.layers[-1].get_vocabulary() == list(vocabulary.words)


def test_the_identity_tells_words_and_levels_apart():
    same = Vocabulary((*SPACED, "a"), "whitespace")
    assert same.identity == Vocabulary((*SPACED, "a"), "whitespace").identity
    assert same.identity != Vocabulary((*SPACED, "b"), "whitespace").identity
