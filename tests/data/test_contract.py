"""The contract of every pipeline."""

from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput
from matplotlib.text import Text

from tests.contracts import ALL_PIPELINES, DRAWN_WITH_LABELS, IMAGE_PIPELINES, PIPELINES, REPEATED_PIPELINES


def leaves(batches):
    """Every array of an epoch: inputs, targets and weights, batch after batch."""
    return [leaf.numpy() for batch in batches for leaf in tf.nest.flatten(batch)]


def same(left, right):
    """Whether two epochs are equal to the last bit; NaN is padding."""
    return len(left) == len(right) and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(left, right, strict=True)
    )


def count(data, part):
    """The samples of a part: named, or one per token."""
    return len(data.labels(part) if data.target_kind == "tokens" else data.names(part))


def count_in(data, batches):
    """The samples of batches; of streams of tokens, those that are predicted and the first of each stream."""
    if data.target_kind == "tokens":
        return sum(int(np.sum(inputs["start"]) + np.sum(labels >= 0)) for inputs, labels in batches)
    return sum(len(batch[1]) for batch in batches)


def some(names, repeated=REPEATED_PIPELINES):
    """Pipelines for a test that traces several epochs; those that repeat a code path are for `make test-all`."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name in repeated else []) for name in names]


# Tags have a loss of their own.
@pytest.fixture(scope="module", params=some(ALL_PIPELINES, REPEATED_PIPELINES - {"tags of documents"}))
def recorded(request):
    """A pipeline whose epoch counter is at two, the batches of its training until then, and of its validation."""
    data = ALL_PIPELINES[request.param]()
    epochs = [list(data.train), list(data.train)]
    return SimpleNamespace(name=request.param, data=data, epochs=epochs, valid=list(data.valid))


def test_the_same_seed_gives_the_same_bits_at_any_parallelism(recorded):
    one_thread = tf.data.Options()
    one_thread.threading.private_threadpool_size = 1
    one_thread.threading.max_intra_op_parallelism = 1
    again = ALL_PIPELINES[recorded.name]().train.with_options(one_thread)
    for epoch in recorded.epochs:
        assert same(leaves(epoch), leaves(again))


def test_another_seed_gives_another_order(recorded):
    other = ALL_PIPELINES[recorded.name](seed=1)
    assert not same(leaves(recorded.epochs[0][:1]), leaves(other.train.take(1)))


def test_every_iteration_is_another_epoch(recorded):
    first, second = (np.concatenate([batch[1].numpy() for batch in epoch]) for epoch in recorded.epochs)
    assert not np.array_equal(first, second)
    if recorded.name not in DRAWN_WITH_LABELS:
        assert np.array_equal(np.sort(first, axis=0), np.sort(second, axis=0))


def test_lengths_are_known_and_every_sample_is_there(recorded):
    data = recorded.data
    assert data.train.cardinality() == data.steps == len(recorded.epochs[0]) > 1
    assert data.valid.cardinality() == len(recorded.valid) >= 1
    assert count_in(data, recorded.epochs[0]) == count(data, Part.TRAIN)
    assert count_in(data, recorded.valid) == count(data, Part.VALID)


def test_an_epoch_ends_with_its_last_batch(recorded):
    # By chance it would else wait for TensorFlow's thread that tunes, which no test can rely on.
    for dataset in (recorded.data.train, recorded.data.valid):
        assert dataset.options().autotune.enabled is False


def test_floats_are_float32(recorded):
    for batch in (*recorded.epochs[0], *recorded.valid):
        assert {leaf.dtype.name for leaf in tf.nest.flatten(batch) if leaf.dtype.is_floating} <= {"float32"}


def test_validation_is_always_the_same(recorded):
    assert same(leaves(recorded.valid), leaves(recorded.data.valid))


def test_an_epoch_can_begin_at_any_step_and_be_shared_by_workers(recorded):
    data, second = recorded.data, recorded.epochs[1]
    assert same(leaves(second[3:]), leaves(data.epoch(1, start=3)))
    # For a fit that goes on: the steps before it are there, and empty.
    data.counter.variable.assign(1)
    data.counter.start.assign(3)
    resumed = list(data.train)
    assert len(resumed) == data.steps
    assert same(leaves(second[3:]), leaves(resumed[3:]))
    assert (int(data.counter.variable), int(data.counter.start)) == (2, 0)
    parts = [list(replace(data, shard=(worker, 3)).epoch(1)) for worker in range(3)]
    assert {len(part) for part in parts} == {data.steps}
    assert sum(count_in(data, part) for part in parts) == count(data, Part.TRAIN)
    for batch, *slices in zip(second, *parts, strict=True):
        assert recorded.name in MIXED or are_slices(slices, batch)
    assert data.counter.variable == 2


# Samples are mixed with those of their slice.
MIXED = {"mixed", "cut and mixed"}


def are_slices(slices, batch):
    """Whether slices follow each other in a batch; a slice may be padded less."""
    for whole, *parts in zip(*map(tf.nest.flatten, (batch, *slices)), strict=True):
        begin = 0
        for part in map(np.asarray, parts):
            rows = whole.numpy()[begin : begin + len(part)]
            inside = tuple(slice(size) for size in part.shape)
            outside = rows.copy()
            outside[inside] = 0
            # Padding is 0, of sequences NaN.
            if not np.array_equal(rows[inside], part, equal_nan=part.dtype.kind == "f") or np.nan_to_num(outside).any():
                return False
            begin += len(part)
        if begin != len(whole):
            return False
    return True


def test_a_strategy_divides_batches_and_some_workers_have_nothing(recorded):
    data = recorded.data
    for dataset in (data.train, data.valid):
        if dataset is data.train and data.target_kind == "tokens":
            with pytest.raises(BadInput, match="Each device needs a stream of its own.*for 50 devices"):
                dataset._part_of_worker((49, 50), 1)
            continue
        nothing = dataset._part_of_worker((49, 50), 1)
        assert nothing.cardinality() == dataset.cardinality()
        assert {len(leaf) for leaf in leaves(nothing.take(1))} == {0}
    data.counter.variable.assign(2)
    first = list(data.valid)
    slices = [list(data.valid._part_of_worker((worker, 2), 1)) for worker in range(2)]
    assert all(are_slices(each, batch) for batch, *each in zip(first, *slices, strict=True))


def test_the_number_of_an_epoch_had_another_name():
    with pytest.warns(DeprecationWarning, match="epoch of epoch is deprecated"):
        PIPELINES["plain"]().epoch(epoch=1)


def test_a_replaced_option_keeps_the_epoch_counter(recorded):
    counter = recorded.data.counter.variable
    other = replace(recorded.data, batch_size=16)
    assert len(next(iter(other.train))[1]) == 16
    assert counter == 3
    counter.assign(2)


def test_the_loss_fits_the_targets(recorded):
    _, targets, *_ = recorded.epochs[0][0]
    data = recorded.data
    outputs = len(data.classes or ()) or targets.shape[-1]
    shape = targets.shape if targets.shape.rank == 3 else (len(targets), outputs)
    if data.target_kind == "tokens":
        shape = (*targets.shape, len(data.vocabulary))
    assert np.isfinite(data.loss(targets, tf.zeros(shape)))
    if data.target_kind == "numbers":
        assert isinstance(data.loss, keras.losses.MeanSquaredError)


def test_class_weights_make_classes_count_the_same(recorded):
    data = recorded.data
    if data.target_kind in ("tags", "numbers", "tokens"):
        with pytest.raises(ValueError, match=f"Class weights need one class per sample. Received: {data.target_kind}"):
            _ = data.class_weight
        return
    counts = np.bincount(data.labels(Part.TRAIN), minlength=len(data.classes))
    assert len({round(counts[label] * weight, 6) for label, weight in data.class_weight.items()}) == 1


def test_a_test_part_that_is_not_there(recorded):
    with pytest.raises(ValueError, match="The data have no test part|There are no datasets besides train and valid"):
        _ = recorded.data.test


CANNOT_BE_DRAWN = {"features of images", "features of texts"}


def words_of(figure):
    """All words of a figure, from the left to the right, as one text: titles may be wrapped anywhere."""
    texts = sorted(figure.findobj(Text), key=lambda text: text.get_position()[0])
    return "".join("".join(text.get_text().split()) for text in texts)


def test_samples_are_drawn_under_their_names_and_titles(recorded):
    data = recorded.data
    if recorded.name in CANNOT_BE_DRAWN | {"streams of tokens"}:
        with pytest.raises(BadInput, match=r"can be drawn: draw those that these data.*Received: (Features|Streams)"):
            data.draw([0], ["first"])
        return
    if recorded.name in IMAGE_PIPELINES.keys() - {"augmented", "files"}:
        return  # drawn by the same code
    for part in (Part.VALID, Part.TRAIN):
        words = words_of(data.draw([2, 0], ["third", "first"], part=part))
        assert words.index("third") < words.index("first")
        if recorded.name != "series":  # named by their times
            assert all(data.names(part)[index].split("/")[-1].replace(" ", "") in words for index in (2, 0))
    with pytest.raises(BadInput, match=r"There are \d+ samples, counted from 0\. Received: -1"):
        data.draw([0, -1], ["first", "last"])
    with pytest.raises(BadInput, match="one title for each sample. Received: 1 samples, 0 titles"):
        data.draw([0], [])


def test_a_batch_is_drawn_with_its_labels_and_counts_no_epoch(recorded):
    data, before = recorded.data, int(recorded.data.counter.variable)
    if recorded.name in IMAGE_PIPELINES:
        return  # the sheet of images has a test of its own
    if recorded.name in CANNOT_BE_DRAWN:
        with pytest.raises(BadInput, match="can be drawn"):
            data.draw_batch(2)
        return
    words = words_of(data.draw_batch(2))
    assert int(data.counter.variable) == before
    inputs, labels, *_ = recorded.epochs[0][0]
    if recorded.name == "streams of tokens":
        texts = [data.vocabulary.decode(row) for row in inputs["tokens"][:2]]
        assert words == "stream1of8{}stream2of8{}".format(*("".join(each.split()) for each in texts))
    else:
        assert all("".join(data.caption(label).split()) in words for label in labels[:2].numpy())


def test_labels_of_validation_are_those_of_its_batches(recorded):
    if recorded.name != "streams of tokens":
        labels = np.concatenate([tf.nest.flatten(batch)[-1] for batch in recorded.valid])
        expected = recorded.data.valid_labels
        assert np.array_equal(labels if labels.shape == expected.shape else labels.argmax(axis=1), expected)


@pytest.fixture(params=PIPELINES.values(), ids=PIPELINES)
def make(request):
    return request.param


def test_images_of_validation_are_unchanged_and_in_order(make):
    data = make()
    pictures = np.random.default_rng(0).integers(0, 256, (53, 9, 7, 3), dtype=np.uint8)
    expected = np.stack([pictures[int(name[6:-1])] for name in data.valid_names])
    assert np.array_equal(np.concatenate([images.numpy() for images, _ in data.valid]), expected)
    assert sorted([*data.train_names, *data.valid_names]) == sorted(f"image[{index}]" for index in range(53))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["files", "cut and mixed"])
def test_eager_equals_graph(name, monkeypatch):
    data = ALL_PIPELINES[name]()
    graph = list(data.epoch(1))
    # What tf.data.experimental.enable_debug_mode sets, for which there is no public way back.
    monkeypatch.setattr(import_module("tensorflow.python.data.ops.debug_mode"), "DEBUG_MODE", True)
    for (left, labels), (right, again) in zip(graph, data.epoch(1), strict=True):
        np.testing.assert_allclose(left, right, atol=0.02)
        np.testing.assert_allclose(labels, again, atol=1e-6)


def small(data):
    model = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Flatten(), keras.layers.Dense(len(data.classes))])
    model.compile(keras.optimizers.SGD(1e-9), data.loss)
    return model


@pytest.mark.parametrize("name", ["augmented", pytest.param("mixed", marks=pytest.mark.slow)])
def test_it_trains_over_two_devices(name, two_devices):
    data = ALL_PIPELINES[name]()
    with two_devices.scope():
        model = small(data)
    history = model.fit(data.train, validation_data=data.valid, epochs=1, verbose=0, shuffle=False).history
    assert np.isfinite(history["val_loss"]).all()


def test_batches_prefetched_to_a_device_are_the_same(monkeypatch):
    make = PIPELINES["augmented"]
    expected = make()
    second = tf.config.list_logical_devices("CPU")[1]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [second] if kind == "GPU" else [])
    data = make()
    epoch = list(data.train)
    assert epoch[0][0].device.endswith("CPU:1")
    assert data.train.cardinality() == expected.train.cardinality()
    assert same(leaves(epoch), leaves(expected.train))
    assert same(leaves(data.valid), leaves(expected.valid))
    small(data).fit(data.train, validation_data=data.valid, epochs=1, verbose=0, shuffle=False)
