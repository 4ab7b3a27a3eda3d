from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.data.text.streams import Streams
from kerasdl.data.text.tokens import Tokens
from kerasdl.errors import BadInput

from tests.contracts import same, state


def numbered(lengths, *, valid=(7,), test=(), **options):
    """Streams of documents whose tokens are 0, 1, 2, … in the order of the documents."""
    lengths = [*lengths, *valid, *test]
    parts = [Part.TRAIN] * (len(lengths) - len(valid) - len(test)) + [Part.VALID] * len(valid) + [Part.TEST] * len(test)
    texts = text.Texts(
        read=lambda: iter(()),
        names=[f"text[{n}]" for n in range(len(lengths))],
        parts=np.array(parts),
        identity="numbered",
        size=0,
    )
    starts = np.cumsum([0, *lengths])
    tokens = Tokens(ids=np.arange(starts[-1], dtype=np.int32), starts=starts, vocabulary=(), texts=texts)
    return Streams(tokens=tokens, **{"batch_size": 2, "seed": 0, "length": 3, **options})


def rows_of(batches):
    """The streams that consecutive batches contain, and the tokens that they predict."""
    batches = [(inputs["tokens"].numpy(), successors.numpy()) for inputs, successors in batches]
    read, predicted = (np.concatenate(each, axis=1) for each in zip(*batches, strict=True))
    counted = [row[row >= 0] for row in predicted]
    return [np.concatenate([row[:1], found]) for row, found in zip(read, counted, strict=True)], predicted


def test_batches_by_hand():
    """Eleven tokens in two streams of 5 and 6, at most three at a time."""
    (one, next_one), (two, next_two) = numbered([11]).epoch(0)
    assert one["tokens"].numpy().tolist() == [[0, 1, 2], [5, 6, 7]]
    assert next_one.numpy().tolist() == [[1, 2, 3], [6, 7, 8]]
    assert two["tokens"].numpy().tolist() == [[3, 4, 0], [8, 9, 10]]
    assert next_two.numpy().tolist() == [[4, -1, -1], [9, 10, -1]]
    assert [one["start"].numpy().tolist(), two["start"].numpy().tolist()] == [[1, 1], [0, 0]]


def test_the_characters_of_validation_are_counted_once():
    """21 characters for seven tokens; asking again reads no text."""
    data, pieces = numbered([11]), iter([(0, "not counted"), (1, "twelve words"), (1, " and nine")])
    texts = replace(data.tokens.texts, read=lambda: pieces)
    data = replace(data, tokens=replace(data.tokens, texts=texts))
    assert [data.characters_per_token, data.characters_per_token] == [3, 3]


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=12).filter(lambda lengths: sum(lengths) >= 8),
    st.integers(1, 4),
    st.integers(1, 7),
    st.integers(0, 3),
)
@settings(max_examples=12)
def test_the_batches_of_an_epoch_are_its_documents_one_after_the_other(lengths, batch_size, length, epoch):
    data = numbered(lengths, batch_size=batch_size, length=length)
    batches = list(data.epoch(epoch))
    rows, predicted = rows_of(batches)
    documents = np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1])
    joined = np.concatenate(rows)
    begins = [int(np.flatnonzero(joined == document[0])[0]) for document in documents]
    in_order = [documents[n] for n in np.argsort(begins)]
    assert np.array_equal(joined, np.concatenate(in_order))
    # Every token except the first of each stream is predicted once.
    firsts = [row[0] for row in rows]
    assert sorted([*predicted[predicted >= 0], *firsts]) == list(range(sum(lengths)))
    assert len(batches) == data.steps
    assert {inputs["tokens"].shape for inputs, _ in batches} == {batches[0][0]["tokens"].shape}
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_documents_are_shuffled_anew_in_every_epoch_and_validation_is_in_order():
    data = numbered([5] * 8, valid=(4, 5), test=(6, 3))
    epochs = [np.concatenate(rows_of(data.train)[0]).tolist() for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(40))
    assert [np.concatenate(rows_of(data.epoch(n))[0]).tolist() for n in range(2)] == epochs
    assert np.concatenate(rows_of(data.valid)[0]).tolist() == list(range(40, 49))
    assert np.concatenate(rows_of(data.test)[0]).tolist() == list(range(49, 58))


def test_an_epoch_goes_on_at_any_step_without_a_new_start():
    data = numbered([50])
    whole, rest = list(data.epoch(3)), list(data.epoch(3, start=4))
    assert len(rest) == len(whole) - 4
    for (inputs, successors), (again, found) in zip(whole[4:], rest, strict=True):
        assert np.array_equal(inputs["tokens"], again["tokens"])
        assert np.array_equal(successors, found)
        assert not again["start"].numpy().any()
    with pytest.raises(ValueError, match="Received: start=99"):
        data.epoch(0, start=99)


def test_workers_share_the_streams_of_an_epoch():
    data = numbered([9, 8, 7, 6], batch_size=3)
    shared = [rows_of(replace(data, shard=(worker, 2)).epoch(1))[0] for worker in range(2)]
    assert [len(rows) for rows in shared] == [2, 1]
    for row, expected in zip([*shared[0], *shared[1]], rows_of(data.epoch(1))[0], strict=True):
        assert np.array_equal(row, expected)


def test_a_short_validation_text_has_fewer_streams():
    """Each stream needs as many tokens as a batch has, to predict them from more than nothing."""
    inputs, successors = next(iter(numbered([200], valid=(8,), batch_size=64).valid))
    assert inputs["tokens"].numpy().tolist() == [[200, 201, 202], [204, 205, 206]]
    assert successors.numpy().tolist() == [[201, 202, 203], [205, 206, 207]]
    assert next(iter(numbered([200], valid=(3,), batch_size=64).valid))[0]["tokens"].shape == (1, 2)


@pytest.mark.parametrize("shard", [(2, 2), (-1, 2), (0, 0), (0, 3)], ids=str)
def test_a_worker_that_does_not_exist(shard):
    with pytest.raises(BadInput, match=r"Workers count from 0, and each needs a stream of its own. Received: shard=\("):
        replace(numbered([50]), shard=shard)


def test_weights_cannot_take_effect():
    with pytest.raises(BadInput, match="every token once"):
        replace(numbered([50]), weights=np.ones(50))


def test_too_few_tokens():
    texts = text.from_texts(["a b"] * 10)
    with pytest.raises(
        BadInput, match=r"The training documents have 27 tokens, but 128 are needed, two for each of 64"
    ):
        text.language_model(texts, level="whitespace")
    with pytest.raises(BadInput, match="must be at least 1. Received: 0, 70"):
        text.language_model(texts, batch_size=0)
    data = numbered([11])
    with pytest.raises(BadInput, match=r"training documents have 11 tokens, but 12 are needed, two for each of 6"):
        replace(data, batch_size=6)
    with pytest.raises(BadInput, match=r"The validation documents have 0 tokens"):
        numbered([11], valid=())
    with pytest.raises(BadInput, match="must be at least 1. Received: 0, 3"):
        replace(data, batch_size=0)


def test_a_model_learns_what_only_carried_state_can_tell():
    """A row repeats one of two tokens for twelve steps, and says which only in its first batch: copying across batches.

    Tokens: 1 or 2 (the secret) at the beginning, then zeros; at the end of each chunk of three, 3 asks for the secret.
    """
    keras.utils.set_random_seed(0)
    secrets = np.random.default_rng(0).integers(1, 3, 64)
    steps, chunk = 4, 3
    tokens = np.zeros((64, steps * chunk), "int32")
    tokens[:, 0], tokens[:, chunk - 1 :: chunk] = secrets, 3
    labels = np.full_like(tokens, -1)
    labels[:, chunk - 1 :: chunk] = secrets[:, None]
    chunks = [np.stack(np.split(each, steps, axis=1)) for each in (tokens, labels)]
    starts = np.zeros((steps, 64), "int32")
    starts[0] = 1
    asked = tf.data.Dataset.from_tensor_slices(({"tokens": chunks[0], "start": starts}, chunks[1]))
    forgetful = asked.map(lambda inputs, label: ({**inputs, "start": tf.ones_like(inputs["start"])}, label))
    losses = {}
    for name, data in {"carried": asked, "reset": forgetful}.items():
        model = models.language_model(4, batch_size=64, embedding=8, units=16, depth=1, tied=False)
        model.compile(keras.optimizers.Adam(0.05), numbered([50]).loss)
        model.fit(data.repeat(15), verbose=0, shuffle=False)
        losses[name] = model.evaluate(data, verbose=0)
    assert losses["carried"] < 0.1
    assert losses["reset"] > 0.5  # one chunk of four says the secret; the others are a coin's toss


def test_an_interrupted_training_goes_on_with_the_same_bits():
    """In mid-epoch: the state of the recurrent layer and the seeds of dropout are variables of the model."""
    data = numbered([9] * 8)

    def compiled():
        keras.utils.set_random_seed(0)
        model = models.awd_lstm(80, batch_size=2, embedding=3, units=3, depth=1)
        model.compile(keras.optimizers.Adam(0.05), data.loss, run_eagerly=True)
        model.optimizer.build(model.trainable_variables)
        return model

    whole, interrupted, resumed = compiled(), compiled(), compiled()
    whole.fit(data.epoch(1), verbose=0, shuffle=False)
    interrupted.fit(data.epoch(1).take(5), verbose=0, shuffle=False)
    for variable, value in zip(variables(resumed), variables(interrupted), strict=True):
        variable.assign(value)
    resumed.fit(data.epoch(1, start=5), verbose=0, shuffle=False)
    assert same(state(resumed), state(whole))
    assert not same(state(interrupted), state(whole))


def variables(model):
    return [*model.variables, *model.optimizer.variables]


def test_description(plays):
    assert str(plays) == "3,608 training and 396 validation tokens, 20 different ones, in 4 streams"


@pytest.fixture
def plays():
    speech = "To be, or not to be, that is the question.\n"
    return text.language_model(text.from_texts([speech] * 91), batch_size=4, level="characters")
