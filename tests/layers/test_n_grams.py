import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import NGrams, n_gram_buckets, n_gram_codes


def codes_of(tokens, size=10, longest=3):
    return n_gram_codes(np.array([tokens]), size, longest).numpy()[0].reshape(longest, -1)


def layer_for(tokens, **options):
    """Knows all n-grams of these tokens."""
    codes = np.unique(codes_of(tokens, **options))
    return NGrams(options.get("size", 10), codes=codes[codes > 0], longest=options.get("longest", 3))


def test_same_n_grams_have_the_same_code_and_others_another():
    ones, twos, threes = codes_of([3, 4, 3, 4])
    assert ones[0] == ones[2] != ones[1] == ones[3]
    assert twos[0] == twos[2] != twos[1]
    assert threes[0] != threes[1]
    assert len({*ones, *twos[:3], *threes[:2]}) == 2 + 2 + 2


def test_n_grams_that_reach_into_padding_do_not_exist():
    assert (codes_of([3, 4, 0, 0]) > 0).astype(int).tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_order_and_length_of_n_grams_matter():
    """1 and then 2 is not 2 and then 1; in base ten neither is 12 a single token."""
    found = [codes_of(each, size=13, longest=2).ravel() for each in ([1, 2], [2, 1], [12])]
    assert len({found[0][2], found[1][2], found[2][0]}) == 3


@settings(max_examples=30)
@given(st.integers(2, 2**21 - 1), st.data())
def test_codes_are_exact_up_to_63_bits(size, data):
    """As those of Python's integers, which have no limit."""
    tokens = data.draw(st.lists(st.integers(1, size - 1), min_size=3, max_size=3))
    code = (tokens[0] * size + tokens[1]) * size + tokens[2]
    odd, mask = 0x1E3779B97F4A7C15, 2**63 - 1
    mixed = code * odd & mask
    mixed = (mixed ^ mixed >> 32) * odd & mask
    assert codes_of(tokens, size=size)[2, 0] == mixed


def test_numbers_are_places_in_the_vocabulary_and_each_occurs_once():
    layer = layer_for([3, 4, 5], longest=2)
    found = layer(np.array([[3, 4, 3, 4, 5]])).numpy()[0]
    # 3, 4, 5, "3 4" and "4 5" are known, "4 3" is not.
    assert sorted(found[found > 0]) == [1, 2, 3, 4, 5]
    assert found.shape == (10,)
    vocabulary = layer.codes.numpy()
    three = codes_of([3], longest=2)[0, 0]
    assert layer(np.array([[3]])).numpy().max() == 1 + vocabulary.tolist().index(three)


def test_unknown_n_grams_have_no_number():
    assert not layer_for([3, 4, 5])(np.array([[6, 7, 8], [9, 0, 0]])).numpy().any()


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=200),
    st.lists(st.integers(1, 30), min_size=3, max_size=40),
)
def test_each_known_n_gram_is_found(known, tokens):
    """Vocabularies of 1 to 600 codes."""
    layer = layer_for(known, size=31)
    found = layer(np.array([tokens])).numpy()[0]
    expected = {code for code in codes_of(tokens, size=31).ravel() if code in set(layer.codes.numpy()[: layer.count])}
    assert {layer.codes.numpy()[number - 1] for number in found[found > 0]} == expected - {0}
    assert len(found[found > 0]) == len(expected - {0})


def test_hashed_n_grams_all_have_a_number():
    layer = NGrams(10, buckets=1_000_003, longest=2)
    found = layer(np.array([[3, 4, 3, 4], [3, 0, 0, 0]])).numpy()
    assert [(row > 0).sum() for row in found] == [4, 1]  # 3, 4, "3 4", "4 3"; 3
    assert found.min() == 0
    assert found.max() <= 1_000_003
    assert NGrams(10, buckets=1, longest=2)(np.array([[3, 4]])).numpy().tolist() == [[0, 1, 0, 0]]


def test_buckets():
    assert n_gram_buckets(np.array([0, 5, 7, 12]), 5).numpy().tolist() == [0, 1, 3, 3]


@pytest.mark.parametrize("options", [{"codes": np.unique(codes_of([3, 4, 5, 6]))[1:]}, {"buckets": 7}])
def test_reloaded_layer_finds_the_same(options, tmp_path):
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, NGrams(10, **options)(tokens))
    assert model.output_shape == (None, None)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    rows = np.array([[3, 4, 5, 6, 0], [4, 5, 5, 7, 8]])
    expected = model(rows).numpy()
    assert expected.any()
    assert np.array_equal(loaded(rows), expected)


def test_shape_is_known_where_that_of_the_tokens_is():
    assert NGrams(10, buckets=3)(keras.Input((4,), dtype="int32")).shape == (None, 12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either codes or buckets"),
        ({"codes": [1], "buckets": 1}, "either codes or buckets"),
        ({"codes": []}, "There must be an n-gram"),
        ({"buckets": 0}, "There must be an n-gram"),
        ({"buckets": 1, "longest": 0}, "There must be an n-gram"),
        ({"buckets": 1, "longest": 20}, "below 2\\*\\*63"),
        ({"codes": [2, 1]}, "sorted"),
        ({"codes": [0, 1]}, "above 0"),
        ({"codes": np.arange(1, 100)}, "n_gram_codes"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        NGrams(10, **options)
