import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput
from kerasdl.layers import NGrams, n_gram_codes

# The face has a function of its name.
MODULE = sys.modules["kerasdl.data.text.n_grams"]
TEXTS = ["good film", "good good actor", "bad film", "bad actor", "bad bad bad", "film"]
LABELS = ["up", "up", "down", "down", "down", "up"]


def tokens_of(texts=TEXTS, labels=LABELS, held_out=(5,)):
    """All documents but those `held_out` are for training."""
    made = text.from_texts(texts, labels=labels)
    parts = np.full(len(texts), Part.TRAIN)
    parts[list(held_out)] = Part.VALID
    return text.numericalize(replace(made, parts=parts), level="whitespace", min_freq=1)


@cache
def code(ids, size):
    """Of one n-gram."""
    return n_gram_codes(np.array([ids]), size, len(ids)).numpy().reshape(len(ids), -1)[-1, 0]


def code_of(tokens, words):
    return code(tuple(tokens.vocabulary.words.index(word) for word in words.split()), len(tokens.vocabulary))


def ratio_of(found, tokens, words, name):
    """The ratio of an n-gram and a class."""
    row = found.codes.tolist().index(code_of(tokens, words))
    return found.ratios[row, tokens.texts.classes.index(name)]


def by_formula(tokens, members, longest, key_of=tuple):
    """The ratios of all n-grams that occur, by their keys."""
    documents = [tokens.document(row).tolist() for row in np.flatnonzero(tokens.texts.parts == Part.TRAIN)]
    sets = [
        {key_of(each[begin : begin + n]) for n in range(1, longest + 1) for begin in range(len(each) - n + 1)}
        for each in documents
    ]
    known = sorted(set.union(*sets))
    occurs = np.array([[each in found for each in known] for found in sets])
    ratios = []
    for is_member in np.array(members).T:
        inside, outside = 1 + occurs[is_member].sum(axis=0), 1 + occurs[~is_member].sum(axis=0)
        ratios.append(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))
    return dict(zip(known, np.transpose(ratios), strict=True))


def random_texts(count, words=6, seed=0):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(list("abcdefgh")[:words], random.integers(1, 12))) for _ in range(count)]


def test_ratios_by_hand():
    """In documents "up": xxbos 2, good 2, film 1, actor 1, bad 0; in others 3, 0, 1, 1, 3. One is added to each."""
    tokens = tokens_of()
    found = text.n_grams(tokens, longest=1, min_documents=1)
    assert (len(found.codes), found.ratios.shape, found.ratios.dtype) == (5, (5, 2), np.float32)
    assert ratio_of(found, tokens, "good", "up") == pytest.approx(np.log((3 / 11) / (1 / 13)))
    assert ratio_of(found, tokens, "good", "down") == pytest.approx(-np.log((3 / 11) / (1 / 13)))
    assert ratio_of(found, tokens, "bad", "up") == pytest.approx(np.log((1 / 11) / (4 / 13)))
    assert found.odds[tokens.texts.classes.index("up")] == pytest.approx(np.log(3 / 4))


def test_ratios_are_those_of_the_formula():
    texts = random_texts(30)
    tokens = tokens_of(texts, [index % 3 for index in range(30)])
    found = text.n_grams(tokens, min_documents=1)
    members = [[row % 3 == name for name in range(3)] for row in range(30) if row != 5]
    expected = by_formula(tokens, members, 3, lambda ids: code(tuple(ids), len(tokens.vocabulary)))
    assert found.codes.tolist() == sorted(expected)
    np.testing.assert_allclose(found.ratios, [expected[code] for code in found.codes], rtol=1e-5)


def test_ratios_of_tags_compare_a_tag_with_the_documents_that_lack_it():
    """A document without tags counts, too."""
    labels = [["x", "y"], ["x"], [], ["y"], ["x"], []]
    tokens = tokens_of(TEXTS, labels)
    found = text.n_grams(tokens, longest=1, min_documents=1)
    expected = by_formula(tokens, np.array([[1, 1], [1, 0], [0, 0], [0, 1], [1, 0]], bool), longest=1)
    good = expected[(tokens.vocabulary.words.index("good"),)]
    assert [ratio_of(found, tokens, "good", tag) for tag in "xy"] == pytest.approx(good.tolist())
    np.testing.assert_allclose(found.odds, np.log([4 / 3, 3 / 4]), rtol=1e-6)


def test_ratios_of_buckets():
    """Each document counts once per bucket."""
    tokens = tokens_of(random_texts(20), [index % 2 for index in range(20)])
    found = text.n_grams(tokens, longest=2, buckets=3)
    members = [[row % 2 == name for name in range(2)] for row in range(20) if row != 5]
    expected = by_formula(tokens, members, 2, lambda ids: code(tuple(ids), len(tokens.vocabulary)) % 3)
    assert (found.codes, found.buckets, found.ratios.shape) == (None, 3, (3, 2))
    np.testing.assert_allclose(found.ratios, [expected[bucket] for bucket in range(3)], rtol=1e-5)


def test_blocks_of_documents_count_as_all_at_once(monkeypatch):
    tokens = tokens_of(random_texts(40), [index % 2 for index in range(40)])
    whole = text.n_grams(tokens)
    monkeypatch.setattr(MODULE, "_BLOCK", 20)
    parts = text.n_grams(tokens)
    assert np.array_equal(whole.codes, parts.codes)
    assert np.array_equal(whole.ratios, parts.ratios)


def test_the_vocabulary_has_the_n_grams_of_most_documents():
    tokens = tokens_of()
    assert len(text.n_grams(tokens, longest=1).codes) == 5
    # xxbos is in five, bad and "xxbos bad" in three.
    assert len(text.n_grams(tokens, min_documents=3).codes) == 3
    most = text.n_grams(tokens, longest=1, max_ngrams=2)
    assert most.codes.tolist() == sorted([code_of(tokens, "xxbos"), code_of(tokens, "bad")])


def test_n_grams_of_many_classes_are_fewer(monkeypatch):
    monkeypatch.setattr(MODULE, "_LARGEST", 6)
    assert len(text.n_grams(tokens_of()).codes) == 3


def test_documents_without_class_and_those_held_out_do_not_count():
    tokens = tokens_of(TEXTS, ["up", "up", "down", "down", None, "up"])
    found = text.n_grams(tokens, longest=1, min_documents=1)
    # "bad" is in both documents "down" that count and in no other, "film" in one of each class.
    assert ratio_of(found, tokens, "bad", "down") == pytest.approx(np.log(3))
    assert ratio_of(found, tokens, "film", "down") == 0
    assert found.odds.tolist() == [0, 0]


def test_the_layer_finds_what_was_counted():
    tokens = tokens_of()
    found = text.n_grams(tokens, min_documents=1)
    layer = NGrams(len(tokens.vocabulary), codes=found.codes)
    numbers = np.concatenate([layer(tokens.document(row)[None]).numpy()[0] for row in range(5)])
    assert {*numbers} == {*range(len(found.codes) + 1)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"buckets": 3, "max_ngrams": 2}, "leave out"),
        ({"buckets": 3, "min_documents": 2}, "leave out"),
        ({"longest": 0}, "at least 1"),
        ({"buckets": 0}, "at least 1"),
        ({"max_ngrams": 0}, "at least 1"),
        ({"min_documents": 9}, "a smaller min_documents"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(BadInput, match=rf"(?s){message}.*Received"):
        text.n_grams(tokens_of(), **options)


def test_texts_without_classes_are_refused():
    with pytest.raises(BadInput, match="no classes"):
        text.n_grams(text.numericalize(text.from_texts(TEXTS), level="whitespace", min_freq=1))


def test_a_vocabulary_too_large_for_the_codes_is_refused():
    with pytest.raises(BadInput, match="too large for n-grams of 30 tokens"):
        text.n_grams(tokens_of(), longest=30)
