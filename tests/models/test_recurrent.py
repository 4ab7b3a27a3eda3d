from itertools import product

import keras
import numpy as np
import pytest
from kerasdl.groups import layer_groups
from kerasdl.models import recurrent

RANDOM = np.random.default_rng(0)
PAIRS = {("lstm", "last", False), ("lstm", "concat", True), ("gru", "last", True), ("gru", "concat", False)}


def names(model):
    return [layer.name for layer in model.layers]


def test_layers_in_order():
    model = recurrent((None, 2), 3, units=(4, 5), dropout=0.1, preprocess=(0.0, 1.0), classifier_activation="softmax")
    assert names(model) == [
        "sequences",
        "stem_preprocess",
        "stem_mask",
        "stage1_lstm",
        "stage2_dropout",
        "stage2_lstm",
        "head_pool",
        "head_dropout",
        "head_logits",
        "head_activation",
    ]
    assert model.output_shape == (None, 3)
    assert list(layer_groups(model)) == ["stage1", "stage2", "head"]


def test_parameters_by_hand():
    # An LSTM has 4 gates of (channels + units + 1) * units; concat pooling gives three times the units.
    assert recurrent((7, 2), 3, units=(5,)).count_params() == 4 * (2 + 5 + 1) * 5 + 3 * (3 * 5 + 1)
    assert recurrent((7, 2), 3, units=(5,), pooling="last").count_params() == 4 * (2 + 5 + 1) * 5 + 3 * (5 + 1)
    # A GRU has 3, and a second bias.
    two_ways = recurrent((7, 2), 3, cell="gru", units=(5,), bidirectional=True, pooling="last")
    assert two_ways.count_params() == 2 * 3 * (2 + 5 + 2) * 5 + 3 * (2 * 5 + 1)
    assert names(two_ways) == ["sequences", "stem_mask", "stage1_gru", "head_logits"]


@pytest.mark.parametrize(
    ("cell", "pooling", "bidirectional"),
    [
        # In the suite every pair of values.
        pytest.param(*each, marks=[] if each in PAIRS else pytest.mark.slow)
        for each in product(["lstm", "gru"], ["last", "concat"], [False, True])
    ],
)
def test_padding_does_not_change_the_output(cell, pooling, bidirectional):
    model = recurrent(
        (None, 2), 3, cell=cell, units=(4, 4), pooling=pooling, bidirectional=bidirectional, preprocess=(1.0, 2.0)
    )
    sequences = RANDOM.standard_normal((3, 6, 2)).astype("float32")
    sequences[1, 4:], sequences[2, 1:] = np.nan, np.nan
    together = model(sequences).numpy()
    alone = [model(sequences[index : index + 1, :length]).numpy()[0] for index, length in enumerate((6, 4, 1))]
    np.testing.assert_allclose(together, alone, atol=1e-6)
    # Zeros in place of padding change the output.
    assert not np.allclose(model(np.nan_to_num(sequences))[1], alone[1], atol=1e-4)


def test_inputs_are_standardized_in_float32():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    model = recurrent((2, 3), 2, units=(4,), preprocess=([1e6, 0.0, 3e-9], [1e5, 2.0, 1e-9]))
    probe = keras.Model(model.input, model.get_layer("stem_mask").output)
    outputs = probe(np.array([[[1.1e6, 4.0, 5e-9], [9e5, -2.0, np.nan]]]))
    np.testing.assert_allclose(outputs, [[[1, 2, 2], [-1, -1, 0]]], atol=1e-5)


def test_each_direction_ends_at_its_own_end():
    model = recurrent((None, 1), 2, units=(3,), bidirectional=True, pooling="last")
    probe = keras.Model(model.input, model.get_layer("stage1_lstm").output)
    one, other = np.array([[[1.0], [2.0], [3.0]]]), np.array([[[9.0], [2.0], [3.0]]])
    # The backward direction ends at the first step.
    assert not np.allclose(probe(one)[:, 3:], probe(other)[:, 3:])
    np.testing.assert_allclose(probe(one[:, :1])[:, :3], probe(np.array([[[1.0], [np.nan]]]))[:, :3], atol=1e-7)


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"cell": "rnn"}, "cell='rnn'"),
        ({"pooling": "mean"}, "pooling='mean'"),
        ({"units": ()}, r"units=\(\)"),
        ({"preprocess": (0.0, 0.0)}, r"preprocess=\(0.0, 0.0\)"),
    ],
)
def test_invalid_options(options, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        recurrent((4, 1), 2, **options)
