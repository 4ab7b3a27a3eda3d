import numpy as np
import pytest
from kerasdl.data import text
from kerasdl.errors import BadInput
from kerasdl.interpret import Classification, Tagging, WeighedText, heaviest_words, weighed_texts, word_importance

from tests.interpret.test_word_importance import summing

WORDS = ("", "[UNK]", "xxbos", "xxnl", "xxrep", "xxup", "xxmaj", "good", "bad", "film", ".")
VOCABULARY = text.Vocabulary(WORDS)
WEIGHTS = np.array([0, 0, 0, 0, 0, 0, 0.25, 2, -3, 0, 0.5])
TEXTS = ["Good film.", "bad bad", "a Film that is good. It's bad."]


def batches(labels):
    """Of different lengths, as if sorted by length."""
    ids = VOCABULARY.encode(TEXTS)
    padded = [np.pad(each, (0, 3))[None] for each in ids]
    return list(zip(padded, np.array(labels)[:, None], strict=True))


@pytest.fixture(scope="module")
def model():
    return summing(weights=WEIGHTS)


def test_words_as_people_write_them_with_the_weight_of_their_tokens(model):
    dataset = [(rows, labels.ravel()) for rows, labels in batches([1, 1, 0])]
    found = Classification.of(model, dataset, ["neg", "pos"], outputs="logits")
    last, first = weighed_texts(model, dataset, found, [2, 0], VOCABULARY.readable, outputs="logits")
    assert first.words == ["Good", " film", "."]
    (ids,) = VOCABULARY.encode(TEXTS[:1])
    assert [WORDS[each] for each in ids] == ["xxbos", "xxmaj", "good", "film", "."]
    weights = word_importance(model, ids, 1, outputs="logits")
    assert first.weights == pytest.approx([weights[1] + weights[2], weights[3], weights[4]])
    assert (first.predicted, first.actual) == ("pos", "pos")
    assert first.probability == pytest.approx(1 / (1 + np.exp(-2.75)))
    assert first.loss == pytest.approx(-np.log(first.probability))
    assert (last.predicted, last.actual) == ("pos", "neg")
    assert "".join(last.words) == "[UNK] Film [UNK] [UNK] good. [UNK] [UNK] bad."


def test_of_tags_the_most_probable_one_is_weighed(model):
    dataset = batches([[1, 1], [0, 0], [1, 0]])
    dataset = [(rows, labels.reshape(1, 2)) for rows, labels in dataset]
    found = Tagging.of(model, dataset, ["long", "pos"], outputs="logits")
    first, second = weighed_texts(model, dataset, found, [0, 1], VOCABULARY.readable, outputs="logits")
    assert (first.predicted, first.actual) == ("pos", "long, pos")
    assert (second.predicted, second.actual, second.probability) == ("long", "none", 0.5)
    assert second.weights.tolist() == [0, 0]


def test_by_integrated_gradients_a_word_has_the_sum_of_its_tokens_too(model):
    """The logit is the sum of the weights, so the log-probability is shared in proportion to them."""
    dataset = [(rows, labels.ravel()) for rows, labels in batches([1, 1, 0])]
    found = Classification.of(model, dataset, ["neg", "pos"], outputs="logits")
    options = {"method": "integrated_gradients", "outputs": "logits"}
    (text,) = weighed_texts(model, dataset, found, [0], VOCABULARY.readable, **options)
    assert text.words == ["Good", " film", "."]
    rise = np.log(text.probability) - np.log(0.5)
    assert text.weights == pytest.approx(np.array([2.25, 0, 0.5]) / 2.75 * rise, abs=1e-4)


def test_an_unknown_method_is_refused(model):
    dataset = [(rows, labels.ravel()) for rows, labels in batches([1, 1, 0])]
    found = Classification.of(model, dataset, ["neg", "pos"], outputs="logits")
    with pytest.raises(BadInput, match=r"\['leave_one_out', 'integrated_gradients'\]. Received: method='shap'"):
        weighed_texts(model, dataset, found, [0], VOCABULARY.readable, method="shap")


def test_heaviest_words():
    one = WeighedText(["Good", "\n", " film"], np.array([0.5, 9.0, -0.25]), "pos", 0.9, "pos", 0.1)
    two = WeighedText([" good", " end"], np.array([0.25, 0.0]), "neg", 0.9, "pos", 2.3)
    assert heaviest_words([one, two]) == {"good": 0.375, "film": -0.25, "end": 0}
    assert list(heaviest_words([one, two], 1)) == ["good"]
    assert heaviest_words([]) == {}
