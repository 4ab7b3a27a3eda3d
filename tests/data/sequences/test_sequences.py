"""Labelled sequences: batches, splits, padding, and errors."""

import dataclasses

import numpy as np
import pytest
from kerasdl.data import sequences
from kerasdl.errors import BadInput

NAN = np.nan
HEADER = "@timeStamps false\n@classLabel true up down\n@data\n"


def counted(count=20, **options):
    """Sequences of two steps, both equal to the sequence's index; the two classes alternate."""
    values = np.repeat(np.arange(count, dtype=float)[:, None], 2, axis=1)
    return sequences.from_arrays(values, np.arange(count) % 2, classes=["even", "odd"], batch_size=6, **options)


def gathered(dataset):
    values, labels = zip(*dataset, strict=True)
    return np.concatenate(values), np.concatenate(labels)


def all_of(data):
    return np.concatenate([gathered(data.train)[0], gathered(data.valid)[0]])


@pytest.fixture
def ts(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_batches_splits_and_printing():
    data = counted()
    values, labels = gathered(data.valid)
    assert (values.dtype, labels.dtype, values.shape) == (np.float32, np.int64, (4, 2, 1))
    assert [f"sequence[{int(value)}]" for value in values[:, 0, 0]] == list(data.valid_names)
    assert np.array_equal(values[:, 0, 0] % 2, labels)
    assert np.bincount(labels).tolist() == [2, 2]
    assert (data.classes, data.shape, data.train.cardinality()) == (("even", "odd"), (2, 1), 3)
    assert str(data) == "16 training and 4 validation sequences of 2 steps and 1 channel in 2 classes"
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.shape = None


def test_each_epoch_has_every_sample_once_in_its_own_order():
    one, two = counted(), counted()
    first, second = gathered(one.train)[0], gathered(one.train)[0]
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first, axis=0), np.sort(second, axis=0))
    assert np.array_equal(first, gathered(two.train)[0])
    assert np.array_equal(second, gathered(two.train)[0])
    assert np.array_equal(gathered(one.valid)[0], gathered(one.valid)[0])


def test_statistics_come_from_the_training_part():
    data = counted()
    train = gathered(data.train)[0]
    np.testing.assert_allclose(data.statistics, [[train.mean()], [train.std()]])


def test_shorter_sequences_are_padded_to_the_longest():
    lengths = [3, 1, 2, 4]
    arrays = [np.full((length, 2), 10.0 + index) for index, length in enumerate(lengths)]
    data = sequences.from_arrays(arrays, np.arange(4) % 2, classes=["a", "b"], valid_share=0.5)
    assert data.shape == (4, 2)
    for row in all_of(data):
        length = lengths[int(row[0, 0]) - 10]
        assert (row[:length] == row[0, 0]).all()
        assert np.isnan(row[length:]).all()


def test_statistics_exclude_padding():
    arrays = [np.ones(2), np.full(5, 3.0), np.ones(2), np.full(5, 3.0)]
    data = sequences.from_arrays(arrays, [0, 1, 0, 1], classes=["a", "b"])
    assert data.statistics[0] == [pytest.approx((2 * 1 + 5 * 3) / 7)]


def test_missing_values_are_interpolated_and_counted():
    arrays = np.array([[NAN, 2.0, NAN, NAN, 8.0], [1.0, 1.0, NAN, NAN, NAN]] * 2)
    data = sequences.from_arrays(arrays, [0, 1, 0, 1], classes=["a", "b"], valid_share=0.5)
    rows = {label: row[:, 0] for row, label in zip(*gathered(data.valid), strict=True)}
    assert rows[0].tolist() == [2, 2, 4, 6, 8]
    # Trailing missing steps are padding.
    np.testing.assert_array_equal(rows[1], [1, 1, NAN, NAN, NAN])
    assert data.interpolated == 6
    assert str(data).endswith("in 2 classes, 6 missing values interpolated")


@pytest.mark.parametrize(
    ("arrays", "labels", "options", "message"),
    [
        ([["x"]] * 4, [0, 1, 0, 1], {}, r"hold numbers. Received: sequence\[0\]"),
        ([[1.0], []], [0, 1], {}, r"both above 0. Received: sequence\[1\] of shape \(0, 1\)"),
        (np.zeros((4, 2, 2, 2)), [0, 1, 0, 1], {}, r"sequence\[0\] of shape \(2, 2, 2\)"),
        ([[np.inf]] * 4, [0, 1, 0, 1], {}, r"finite in float32. Received: sequence\[0\] with inf"),
        ([np.zeros((2, 1)), np.zeros((2, 3))], [0, 1], {}, r"same number of channels. Received: sequence\[1\] with 3"),
        ([[NAN, NAN], [1.0]], [0, 1], {}, r"All values of channel 1 are missing.*Received: sequence\[0\]"),
        (np.zeros((4, 2)), [0, 1, 0], {}, r"one integer label per sequence.*Received: int64 \(3,\) for 4"),
        (np.zeros((4, 2)), [0.0, 1, 0, 1], {}, "one integer label per sequence.*Received: float64"),
        (np.zeros((0, 2)), [], {}, "at least one sequence"),
        (np.zeros((4, 2)), [0, 1, 0, 2], {}, r"Labels must lie in 0..1. Received: 0..2"),
        (np.zeros((4, 2)), [0, 1, 0, 1], {"batch_size": 0}, "Received: batch_size=0"),
        (np.zeros((4, 2)), [0, 1, 0, 1], {"valid_share": 1.0}, "Received: valid_share=1.0"),
        (np.zeros((3, 2)), [0, 1, 0], {}, "at least two samples.*Received: class 'b' with 1"),
    ],
)
def test_errors_name_the_wrong_argument(arrays, labels, options, message):
    with pytest.raises(BadInput, match=message):
        sequences.from_arrays(arrays, labels, classes=["a", "b"], **options)


def test_two_files_are_padded_to_one_length(ts):
    train = ts("train.ts", HEADER + "1,2:up\n3,?,5:down\n")
    valid = ts("valid.ts", HEADER.replace("up down", "down up") + "6,7,8,9:down\n")
    data = sequences.from_ts(train, valid)
    assert (data.classes, data.shape, data.interpolated) == (("up", "down"), (4, 1), 1)
    assert (data.train_names, data.valid_names) == (["train.ts:4", "train.ts:5"], ["valid.ts:4"])
    (values, labels), *_ = data.valid
    assert (values[:, :, 0].numpy().tolist(), labels.numpy().tolist()) == ([[6, 7, 8, 9]], [1])


def test_one_file_is_split_by_class(ts):
    path = ts("all.ts", HEADER + "1:up\n2:up\n3:down\n4:down\n")
    data = sequences.from_ts(path, valid_share=0.5)
    assert (len(data.train_names), np.bincount(gathered(data.valid)[1]).tolist()) == (2, [1, 1])


@pytest.mark.parametrize(
    ("train", "valid", "message"),
    [
        (HEADER + "1:up\n2:down", "@classLabel true left\n@data\n1:left", r"Line 3 has class 'left'.*valid.ts"),
        (
            HEADER + "1:up\n2:down",
            HEADER + "1:2:up",
            r"same number of dimensions, 1 in the first. Received: '.*valid.ts' with 2",
        ),
        (HEADER + "1:up\n2:down", HEADER + "?:up", "All values of channel 1 are missing.*Received: valid.ts:4"),
        (
            "@classLabel true a\n@data\n1:a",
            "@classLabel true a\n@data\n1:a",
            r"There is only one class.*Received: classes=",
        ),
    ],
)
def test_errors_name_the_file_that_does_not_match(ts, train, valid, message):
    with pytest.raises(BadInput, match=message):
        sequences.from_ts(ts("train.ts", train), ts("valid.ts", valid))


def test_archive_files_are_read_completely(real_data):
    folder = real_data / "ts_classification" / "BasicMotions"
    data = sequences.from_ts(folder / "BasicMotions_TRAIN.ts", folder / "BasicMotions_TEST.ts")
    assert str(data) == "40 training and 40 validation sequences of 100 steps and 6 channels in 4 classes"
    assert data.classes == ("Standing", "Running", "Walking", "Badminton")
    # The first and last number of the file's first line.
    first = gathered(data.valid)[0][0]
    line = next(line for line in (folder / "BasicMotions_TEST.ts").read_text().splitlines() if line[0] not in "@#")
    assert first[0, 0] == np.float32(line.split(",")[0])
    assert first[-1, -1] == np.float32(line.split(":")[-2].split(",")[-1])


def test_channels_are_drawn_as_lines_the_first_six_of_many():
    values = np.arange(4 * 5 * 8.0).reshape(4, 5, 8)
    data = sequences.from_arrays(values, [0, 1, 0, 1], classes=["even", "odd"], valid_share=0.5)
    figure = data.draw([1], ["worst"])
    place = int(data.valid_names[1].removeprefix("sequence[").removesuffix("]"))
    assert figure.axes[0].get_title() == f"sequence[{place}]: worst"
    assert [line.get_ydata().tolist() for line in figure.axes[0].lines] == values[place].T[:6].tolist()
    assert figure.get_supylabel() == "value of the first 6 of 8 channels"
