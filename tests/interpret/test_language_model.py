from dataclasses import replace
from math import log

import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.data.splits import Part
from kerasdl.interpret import LanguageModel
from kerasdl.interpret.language_model import _model_of_losses

from tests import examples

assert kerasdl


def constant(probabilities, dtype="float32"):
    """A language model that gives these probabilities to the words everywhere."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    start = keras.Input((), dtype="int32", name="start", optional=True)
    count = len(probabilities)
    matrix = np.tile(np.log(probabilities) + 3, (count, 1))
    logits = keras.layers.Embedding(count, count, weights=[matrix], dtype=dtype)(tokens)
    return keras.Model({"tokens": tokens, "start": start}, logits, name="constant")


def batch(*successors):
    """Rows of successors; what is read does not matter to the model above."""
    successors = np.array(successors, "int32")
    return {"tokens": np.zeros_like(successors), "start": np.zeros(len(successors), "int32")}, successors


@pytest.fixture
def found():
    """Sixteen tokens; their words cost 1, 2 and 4 bits each, and the last does not occur."""
    return LanguageModel(["a", "b", "c", "d"], np.array([8, 4, 4, 0]), np.array([8, 8, 16, 0]) * log(2))


def test_scores_by_hand(found):
    assert found.loss == pytest.approx(2 * log(2))
    assert found.perplexity == pytest.approx(4)
    assert found.scores == {"loss": found.loss, "perplexity": found.perplexity}
    assert found.bits_per_character(4.0) == pytest.approx(0.5)
    assert found.targets.tolist() == [0, 1, 2]


def test_a_text_without_characters_has_no_bits_per_character(found):
    with pytest.raises(ValueError, match="positive number. Received: characters_per_token=0"):
        found.bits_per_character(0)


def test_every_token_counts_once_and_no_token_not_at_all():
    """In batches of four tokens and of one: their mean would be another one."""
    batches = [batch([0, 1, 2], [2, -1, -1]), batch([-1, -1, 0], [-1, -1, -1])]
    found = LanguageModel.of(constant([0.5, 0.375, 0.125]), batches, ["a", "b", "c"])
    assert found.counts.tolist() == [2, 1, 2]
    assert found.losses == pytest.approx([2 * log(2), -log(0.375), 6 * log(2)])
    assert found.loss == pytest.approx((8 * log(2) - log(0.375)) / 5)
    assert found.losses.dtype == np.float64


def test_the_state_is_carried_from_batch_to_batch():
    """The loss is that of one batch of the whole streams; with an empty state in each batch it is another."""
    data = examples.plays()
    model, words = examples.language_model(data), data.vocabulary.words
    model.set_weights([np.random.default_rng(0).normal(scale=2, size=each.shape) for each in model.get_weights()])
    short, whole = (replace(data, batch_size=1, length=length).valid for length in (7, 1000))
    assert (len(short), len(whole)) == (13, 1)
    found = LanguageModel.of(model, short, words)
    assert found.loss == pytest.approx(model.evaluate(whole, verbose=0)[0], rel=1e-5)
    # All but the first.
    assert found.counts.sum() == len(data.labels(Part.VALID)) - 1
    anew = [({**inputs, "start": np.ones(1, "int32")}, successors) for inputs, successors in short]
    assert abs(LanguageModel.of(model, anew, words).loss - found.loss) > 0.01


def test_losses_are_computed_in_single_precision():
    """A thousand equal logits: half precision would round the loss."""
    found = LanguageModel.of(constant(np.full(1000, np.exp(-3)), "mixed_float16"), [batch([0])], ["a"] * 1000)
    assert found.loss == pytest.approx(log(1000), rel=1e-5)


def test_the_hardest_words_come_first_and_of_equal_ones_the_first_id():
    words = ["rare", "easy", "hard", "equal", "never"]
    found = LanguageModel(words, np.array([1, 5, 6, 5, 0]), np.array([9.0, 5, 12, 10, 0]))
    assert found.hardest() == [("hard", 2.0, 6), ("equal", 2.0, 5), ("easy", 1.0, 5)]
    assert found.hardest(2, at_least=0) == [("rare", 9.0, 1), ("hard", 2.0, 6)]
    many = LanguageModel([f"{n}" for n in range(99)], np.full(99, 5), np.tile([5.0, 10, 15], 33))
    assert [word for word, *_ in many.hardest(99)] == [f"{n}" for first in (2, 1, 0) for n in range(first, 99, 3)]


def test_a_model_no_better_than_the_frequencies_of_words_is_named(found):
    assert replace(found, losses=np.array([8, 4, 4, 0]) * log(2)).warning == ""
    # One bit for half of the words, two for the others: 1.5 bits, a perplexity of 2 ** 1.5.
    assert found.warning == (
        "The model is no better than always predicting the words by their frequencies: perplexity 4 instead of 2.828."
    )


def test_a_model_that_diverged_is_named(found):
    diverged = replace(found, losses=np.full(4, 1e5))
    assert diverged.perplexity == float("inf")
    assert "perplexity inf instead of" in diverged.warning
    assert "perplexity nan instead of" in replace(found, losses=np.full(4, np.nan)).warning


@pytest.mark.parametrize("jit", [False, True])
def test_losses_are_compiled_as_the_model_is(jit):
    model = constant([0.5, 0.5])
    model.compile(jit_compile=jit)
    assert _model_of_losses(model, 2).jit_compile is jit


def test_what_does_not_fit_is_refused():
    model = constant([0.5, 0.5])
    for batches, words, message in (
        ([batch([0, 1])], ["a"], r"one for each of the 1 words.*Received: 'constant' with outputs \(None, None, 2\)"),
        ([batch([0, 2])], ["a", "b"], r"ids of the 2 words, or -1\. Received: 0\.\.2"),
        ([batch([0, -2])], ["a", "b"], r"ids of the 2 words, or -1\. Received: -2\.\.0"),
        ([batch([-1])], ["a", "b"], "at least one token. Received: 2 words, 2 counts of 0 tokens, 2 losses"),
        ([], ["a", "b"], "at least one token"),
    ):
        with pytest.raises(ValueError, match=message):
            LanguageModel.of(model, batches, words)
    two = keras.Model(model.input, [model.output, model.output], name="two")
    with pytest.raises(ValueError, match="must have one output.*Received: 'two'"):
        LanguageModel.of(two, [], ["a", "b"])
    with pytest.raises(ValueError, match="Received: 1 words, 2 counts of 3 tokens, 2 losses"):
        LanguageModel(["a"], np.array([1, 2]), np.ones(2))


def test_it_is_shown_in_one_line(found):
    assert repr(found) == "LanguageModel(16 tokens, 4 words: loss 1.386, perplexity 4)"
