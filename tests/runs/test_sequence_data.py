import numpy as np
import pytest
from kerasdl.data import sequences
from kerasdl.errors import BadInput
from kerasdl.runs import SequenceData, load_sequences, sequence_training


def test_the_default_data_are_generated_by_seed():
    data = load_sequences(SequenceData(), seed=0)
    assert str(data) == "120 training and 30 validation sequences of 128 steps and 1 channel in 3 classes"
    assert data.augmentation is None
    assert load_sequences(SequenceData(augment="standard"), seed=0).augmentation.warp == 0.2


@pytest.mark.parametrize(
    ("count", "networks", "epochs"),
    # In batches of 16, four fifths for training: 3 steps an epoch, 7, 50.
    [(60, 3, 67), (140, 1, 58), (1000, 1, 15)],
)
def test_networks_and_epochs_by_the_number_of_sequences(count, networks, epochs):
    data = sequences.from_arrays(np.zeros((count, 2)), np.arange(count) % 2, classes=["a", "b"])
    assert sequence_training(data) == (networks, epochs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": "a.ts"}, "valid: only with a .ts file"),
        ({"data": "a.ts", "label": "x"}, "label: only with a CSV file. Received: --data a.ts"),
        ({"data": "a.csv", "bands": 20}, "bands: only with a folder of sounds"),
        ({"data": "a.csv", "on_bad": "skip"}, "on_bad: only with a folder of sounds"),
        ({"data": "none"}, "No such folder. Received: 'none'"),
    ],
)
def test_options_of_another_kind_of_data(options, message):
    with pytest.raises(BadInput, match=message):
        load_sequences(SequenceData(**options), seed=0)
