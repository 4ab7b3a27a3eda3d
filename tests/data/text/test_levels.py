import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.text.levels import as_strings, rules_of, tokenize
from kerasdl.errors import BadInput

LEVELS = ["words", "whitespace", "characters"]
TEXTS = st.lists(st.sampled_from(["It's", " ", "\n", "\v", "\x1c", "\x85", "\u00a0", "\ud800", "\0", "é", "!!!"])).map(
    "".join
)


@pytest.mark.parametrize("level", LEVELS)
def test_tokens_are_those_of_a_text_vectorization(level):
    rules = rules_of(level)
    layer = keras.layers.TextVectorization(standardize=rules.standardize, split=rules.split, ragged=True)

    @settings(max_examples=30)
    @given(st.lists(TEXTS | st.text(max_size=10), min_size=1, max_size=3))
    def check(texts):
        expected = layer._preprocess(as_strings(texts)).to_list()
        assert [[as_bytes(token) for token in tokens] for tokens in tokenize(texts, level)] == expected

    check()


def as_bytes(token):
    return token if isinstance(token, bytes) else token.encode()


def test_no_text_has_no_tokens():
    assert [tokenize([], level) for level in LEVELS] == [[], [], []]
    assert tokenize([""], "words") == [[b"xxbos"]]


def test_another_level_is_refused():
    with pytest.raises(BadInput, match=r"'words' or 'whitespace' or 'characters'. Received: level='word'"):
        rules_of("word")
