from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import text
from kerasdl.data.splits import Part
from kerasdl.data.text.tokens import Tokens
from kerasdl.errors import BadInput


def numbered(lengths, labels, parts, **options):
    """Documents of which the first has the tokens 1, 2, …, and the others go on from there."""
    texts = text.Texts(
        read=lambda: iter(()),
        names=[f"text[{number}]" for number in range(len(lengths))],
        parts=np.array(parts),
        labels=np.array(labels),
        classes=("bad", "good"),
        identity="numbered",
        size=0,
    )
    starts = np.cumsum([0, *lengths])
    tokens = Tokens(ids=np.arange(1, starts[-1] + 1, dtype=np.int32), starts=starts, vocabulary=(), texts=texts)
    return text.Documents(tokens=tokens, **{"batch_size": 2, "seed": 0, "classes": texts.classes, **options})


def arrays(batches):
    return [(tokens.numpy(), labels.numpy()) for tokens, labels in batches]


def rows(batches):
    return [(row.tolist(), label) for tokens, labels in batches for row, label in zip(tokens, labels, strict=True)]


def test_batches_by_hand():
    """Validation is by length; a document without class is left out."""
    data = numbered([2, 9, 1, 3, 8], [0, 1, 0, -1, 1], [Part.VALID, Part.TRAIN, Part.VALID, Part.VALID, Part.VALID])
    (one, one_labels), (two, two_labels) = arrays(data.valid)
    assert one.tolist() == [[16, 17, 18, 19, 20, 21, 22, 23], [1, 2, 0, 0, 0, 0, 0, 0]]
    assert two.tolist() == [[12, 0, 0, 0, 0, 0, 0, 0]]
    assert (one_labels.tolist(), two_labels.tolist()) == ([1, 0], [0])
    assert (one.dtype, one_labels.dtype) == (np.int32, np.int64)
    assert list(data.valid_names) == ["text[4]", "text[0]", "text[2]"]
    assert data.document_numbers(Part.VALID).tolist() == [4, 0, 2]
    ((train, _),) = arrays(data.train)
    assert train.shape == (1, 16)
    with pytest.raises(BadInput, match="The data have no test part"):
        _ = data.test
    assert not data.has_test


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 1)), min_size=2, max_size=40),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 9),
)
@settings(max_examples=4)
def test_an_epoch_has_every_document_once_however_it_is_cut(documents, batch_size, workers, epoch):
    lengths, labels = map(list, zip(*documents, (3, 1), (40, 0), (5, 1), strict=True))
    parts = [Part.TRAIN] * (len(lengths) - 1) + [Part.VALID]
    data = numbered([0 if label < 0 else length for length, label in zip(lengths, labels, strict=True)], labels, parts)
    data = replace(data, batch_size=batch_size)
    workers = min(workers, len(data.train_names))
    whole = arrays(data.epoch(epoch))
    for tokens, _ in whole:
        longest = (tokens > 0).sum(1).max()
        assert tokens.shape[1] == max(8, -(-longest // 8) * 8)
    expected = [(data.tokens.document(number).tolist(), labels[number]) for number in data.document_numbers(Part.TRAIN)]
    found = sorted(([each for each in row if each], label) for row, label in rows(whole))
    assert found == sorted(expected)
    # Zeros are behind the tokens.
    assert all(row == sorted(row, key=lambda token: token == 0) for row, _ in rows(whole))
    start = len(whole) // 2
    assert rows(whole[start:]) == rows(arrays(data.epoch(epoch, start=start)))
    shards = [arrays(replace(data, shard=(worker, workers)).epoch(epoch)) for worker in range(workers)]
    assert len({len(shard) for shard in shards}) == 1
    assert sorted(([each for each in row if each], label) for shard in shards for row, label in rows(shard)) == found


def test_a_batch_has_documents_of_about_the_same_length():
    lengths = np.random.default_rng(0).integers(1, 400, 640)
    data = numbered([*lengths, 5], np.arange(641) % 2, [Part.TRAIN] * 640 + [Part.VALID], batch_size=16)
    sizes = sum(tokens.numpy().size for tokens, _ in data.train)
    # Of 40 batches in one pool, each spans about a fortieth of the lengths, and steps go up to a multiple of 8.
    assert sizes < 1.07 * lengths.sum()


def reviews(count=40):
    words = ["good", "bad", "bad", "bad"] * (count // 4)
    return [f"a {word} film {'indeed ' * (number % 7)}" for number, word in enumerate(words)], words


def test_unbalanced_classes_have_weights_and_examples_names():
    data = text.classifier(text.from_texts(*reviews()), batch_size=8, min_freq=1)
    assert str(data) == (
        f"36 training and 4 validation documents of 2 classes, up to 10 tokens, {len(data.vocabulary)} different ones"
    )
    # 27 of 36 documents are bad.
    assert data.class_weight == pytest.approx({0: 2 / 3, 1: 2})
    assert {name in example for example, name in data.examples(5)} == {True}


def test_a_document_may_have_any_number_of_tags():
    tags = [["sad", "long"], [], ["long"]] * 10
    data = text.classifier(text.from_texts(["a b c"] * 30, tags, valid_share=0.2), batch_size=6, min_freq=1)
    assert str(data).startswith("24 training and 6 validation documents of 2 tags")
    assert (data.tags, data.target_kind, data.loss.name) == (True, "tags", "binary_crossentropy")
    (accuracy,) = data.metrics
    assert accuracy(np.array([[1.0, 0.0]]), np.array([[0.1, 0.1]])) == 0.5  # logits: above 0 is above one half
    _, labels = next(iter(data.valid))
    assert (labels.dtype, labels.shape) == ("float32", (6, 2))
    assert np.array_equal(labels, data.labels(Part.VALID))
    _, labels = next(iter(data.epoch(0)))
    names = {tuple(label): name for (_, name), label in zip(data.examples(6), labels.numpy(), strict=True)}
    assert names.items() <= {(1, 1): "long, sad", (0, 0): "none", (1, 0): "long"}.items()


class Padded:
    """A tokenizer of another library: of each word its length."""

    vocab_size = 20

    def encode(self, text):
        return [len(word) for word in text.split()]

    def decode(self, ids):
        return " ".join("x" * number for number in ids)


def test_another_tokenizer_must_say_that_0_is_its_padding():
    texts = text.from_texts(*reviews())
    with pytest.raises(BadInput, match="may use for text.*Received: Padded with padding None, start None"):
        text.classifier(texts, vocabulary=Padded())
    tokenizer = Padded()
    tokenizer.pad_token_id = 0
    data = text.classifier(texts, vocabulary=tokenizer)
    tokens, _ = next(iter(data.valid))
    assert tokens.numpy()[-1, :5].tolist() in ([1, 4, 4, 0, 0], [1, 3, 4, 0, 0], [1, 3, 4, 6, 0], [1, 4, 4, 6, 0])
    with pytest.raises(BadInput, match="Received: Padded with padding 0, start 0"):
        text.classifier(texts, vocabulary=text.OtherTokenizer(tokenizer, start=0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: text.classifier(text.from_texts(["a b"] * 4), min_freq=1),
            "The texts have no classes",
        ),
        (lambda: text.classifier(text.from_texts(*reviews()), batch_size=0), "Received: batch_size=0"),
        (lambda: numbered([1, 1], [0, -1], [Part.TRAIN, Part.VALID]), "The data have no valid part"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(BadInput, match=message):
        make()


def test_documents_are_drawn_in_the_order_of_validation():
    texts = text.from_texts(
        ["A short film.", "A film of $5 and a_b.", "bad"] * 4, ["good", "bad", "bad"] * 4, valid_share=0.3
    )
    data = text.classifier(texts, min_freq=1, batch_size=2)
    last = len(data.valid_names) - 1
    title, shown, *others = (each.get_text() for each in data.draw([last, 0], ["short", "long"]).axes[0].texts)
    number = int(data.valid_names[last].removeprefix("text[").removesuffix("]"))
    assert title == f"text[{number}]: short"
    assert shown == ["A short film.", "A film of $5 and a_b.", "bad"][number % 3]
    assert len(shown) <= len(others[1])
    title, shown, *_ = (each.get_text() for each in data.draw_batch(1).axes[0].texts)
    assert [(shown, title)] == data.examples(1)
