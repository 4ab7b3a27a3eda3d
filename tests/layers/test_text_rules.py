import json
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import character_rules, text_rules, whitespace_rules

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "small_rules.json").read_text())["text_rules"]


def tokens_of(text, rules=text_rules):
    return rules(tf.constant([text])).numpy()[0].decode().split()


def as_ours(tokens):
    """fastai's tokens with the two documented differences: no counts, and a word for new lines."""
    found = []
    for token in tokens:
        if token.isdigit() and found[-1] == "xxrep":
            continue
        if found[-2:-1] == ["xxwrep"]:  # the count, then the word
            count = int(found.pop())
            found[-1:] = [token] * count
        else:
            found.append("xxnl" if token.isspace() else token)
    return found


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["text"][:20])
def test_tokens_equal_fastai_but_for_what_cannot_be_counted(case):
    assert tokens_of(case["text"]) == as_ours(case["tokens"])


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("VERY GOOD FILM", "xxup very xxup good xxup film"),
        ("Anna Karenina", "xxmaj anna xxmaj karenina"),
        ("it costs $1,000.50.", "it costs $ 1,000.50 ."),
        ("they're 'quoted' words", "they 're ' quoted ' words"),
        ("noooo!!!!!", "n xxrep o xxrep !"),
        ("a<br /><br />b\n\n\nc", "a xxnl b xxnl c"),
        ("café déjà-vu", "café déjà-vu"),
        ("見る 😀 текст", "見る 😀 текст"),
        ("", ""),
        (" \t\n ", "xxnl"),
        ("a\vB\v", "a b"),
        ("Ab\0CD", "xxmaj ab xxup cd"),
        ("yyy zZz", "xxrep y xxrep z"),
        ("a <br />\n b", "a xxnl xxnl b"),
        ("1 @,@ 2 @,@ 3 state @-@ owned", "1,2,3 state-owned"),
        ("a <unk> b", "a xxunk b"),
    ],
)
def test_rules_by_hand(text, tokens):
    assert tokens_of(text) == ["xxbos", *tokens.split()]


def test_every_character_that_people_repeat_is_counted_as_one():
    for each in "!?.-=*_~#$%&+<>:;,/|^abcdefghijklmnopqrstuvwxyz":
        shown = "…" if each == "." else f"xxrep {each}"
        assert tokens_of(f"é{each * 3}") == ["xxbos", "é", *shown.split()]


def test_texts_that_are_tokenized_keep_every_word():
    tokens = ["xxbos", "=", "A", "<unk>", "=", "xxnl", "xxnl", "It", "'s", "@-@", "N"]
    assert tokens_of("= A <unk> =\r\n\nIt 's @-@ N", whitespace_rules) == tokens


def test_characters_follow_the_start_of_text():
    assert character_rules(tf.constant(["", "A\n"])).numpy().tolist() == [b"\x02", b"\x02A\n"]


# Whatever the rules treat specially.
WORDS = ["a", "B", "Ab", "ABC", ".", ",", "'", "n't", "'s", "5", "aaa", "!!!", "/", "\\", "amp;", "nbsp;", "<unk>"]
OTHERS = ["é", "İ", "Σ", "ß", "\u00a0", "\u2028", "\x1c", "見", "😀", " ", "  ", "\t", "\r", "\v", "\f", "\n"]
BREAKS = ["<br />", "\\n", " @-@ "]
WHITESPACE = " \t\r\n\f\v"


def texts_of(*parts):
    return st.lists(st.sampled_from(parts), max_size=8).map("".join) | st.text(max_size=20)


def check_pieces(*pieces):
    encoded = [piece.encode("utf-8", "replace") for piece in ("".join(pieces), *pieces)]
    for rules in (text_rules, whitespace_rules):
        whole, first, rest = (tokens_of(text, rules) for text in encoded)
        assert whole == first + rest[1:]


@settings(max_examples=50)
@given(texts_of(*WORDS, *OTHERS, *BREAKS), st.text(WHITESPACE, max_size=2), texts_of(*WORDS, *OTHERS, *BREAKS))
def test_a_text_may_be_cut_before_whitespace_with_a_line_break(first, run, rest):
    check_pieces(first.rstrip(WHITESPACE), f"{run}\n{rest}")


@settings(max_examples=50)
@given(texts_of(*WORDS, *OTHERS), st.text(WHITESPACE, min_size=1, max_size=2), texts_of(*WORDS, *OTHERS))
def test_a_text_may_be_cut_before_other_whitespace(first, run, rest):
    check_pieces(first.rstrip(WHITESPACE), run + rest)


@pytest.mark.parametrize(
    ("pieces", "whole", "apart"),
    [
        (("a<br />", " <br />b"), "a xxnl b", "a xxnl xxnl b"),
        (("a<br", " />b"), "a xxnl b", "a < br / > b"),
        (("state @-@", " owned"), "state-owned", "state @ - @ owned"),
    ],
)
def test_what_changes_if_a_text_is_cut_before_a_space(pieces, whole, apart):
    first, rest = map(tokens_of, pieces)
    assert tokens_of("".join(pieces))[1:] == whole.split()
    assert (first + rest[1:])[1:] == apart.split()


@pytest.mark.parametrize("rules", [text_rules, whitespace_rules, character_rules])
@pytest.mark.parametrize("text", [b"", b"\xff\xfe a\xc3", bytes(range(256)), "\u202e\u0301\U0010ffff".encode()])
def test_any_bytes_are_texts(rules, text):
    assert rules(tf.constant([text])).numpy()[0].startswith((b"xxbos", b"\x02"))


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_gives_tokens_separated_by_single_spaces(text):
    found = text_rules(tf.constant([text.encode("utf-8", "replace")])).numpy()[0].decode()
    assert "  " not in found
    assert found == found.strip(" \t\n\r\f")
    assert not any("A" <= character <= "Z" for character in found)


@pytest.mark.parametrize("word", ["word WORD ", "A'", "Ab ", "a.", "<br ", "\\n ", "İ", "x", "\x00"])
def test_a_very_long_text(word):
    started = time.perf_counter()
    found = tokens_of(word * 50_000)
    assert time.perf_counter() - started < 5
    assert len(found) == {"word WORD ": 150_001}.get(word, len(found))


def test_it_travels_inside_a_saved_model(tmp_path):
    vectorize = keras.layers.TextVectorization(standardize=text_rules, vocabulary=["xxbos", "xxup", "good", "!"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorize])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(tf.constant([["GOOD!"]])), [[2, 3, 4, 5]])
