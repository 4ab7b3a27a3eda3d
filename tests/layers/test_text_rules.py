import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import text_rules

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "small_rules.json").read_text())["text_rules"]


def tokens_of(text):
    return text_rules(tf.constant([text])).numpy()[0].decode().split()


def as_ours(tokens):
    """fastai's tokens with the three documented differences: no "xxbos", no counts, a word for new lines."""
    found = []
    for token in tokens:
        if token == "xxbos" or (token.isdigit() and found and found[-1] == "xxrep"):
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
    ],
)
def test_rules_by_hand(text, tokens):
    assert tokens_of(text) == tokens.split()


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_tokens_separated_by_single_spaces(text):
    found = text_rules(tf.constant([text.encode("utf-8", "replace")])).numpy()[0].decode()
    assert "  " not in found
    assert found == found.strip(" \t\n\r\f")
    assert not any("A" <= character <= "Z" for character in found)


def test_a_very_long_text():
    assert len(tokens_of("word WORD " * 50_000)) == 150_000


def test_it_travels_inside_a_saved_model(tmp_path):
    vectorize = keras.layers.TextVectorization(standardize=text_rules, vocabulary=["xxup", "good", "!"])
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorize])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(tf.constant([["GOOD!"]])), [[2, 3, 4]])
