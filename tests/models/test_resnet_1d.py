import runpy
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl.errors import BadInput
from kerasdl.export import members
from kerasdl.groups import layer_groups
from kerasdl.models import resnet_1d


def test_layers_in_order():
    model = resnet_1d((None, 2), 3, widths=(4,), kernels=(4, 3), dropout=0.1, preprocess=(0.0, 1.0))
    assert [layer.name for layer in model.layers] == [
        *("sequences", "stem_preprocess", "stem_mask"),
        *("stage1_conv1", "stage1_norm1", "stage1_relu1", "stage1_conv2", "stage1_conv_shortcut"),
        *("stage1_norm2", "stage1_norm_shortcut", "stage1_add", "stage1_relu"),
        *("head_pool", "head_dropout", "head_logits"),
    ]
    assert list(layer_groups(model)) == ["stage1", "head"]


def test_parameters_by_hand():
    model = resnet_1d((150, 1), 2)
    # The paper's network: kernels of 8, 5 and 3, and of 1 for the shortcuts that change the channels.
    kernels = 64 * (8 * 1 + 5 * 64 + 3 * 64 + 1) + 128 * (8 * 64 + 5 * 128 + 3 * 128 + 64) + 128 * 16 * 128
    # Gain, offset, mean and variance of four normalizations a block.
    norms = 4 * 4 * (64 + 128 + 128)
    assert model.count_params() == kernels + norms + 2 * (128 + 1)


def test_members_are_networks_of_their_own_of_which_the_mean_probability_counts():
    keras.utils.set_random_seed(0)
    model = resnet_1d((None, 2), 3, widths=(4, 5), ensemble=3)
    x = np.random.default_rng(0).normal(size=(4, 9, 2)).astype("float32")
    each = keras.ops.softmax(members(model)(x)).numpy()
    assert each.shape == (4, 3, 3)
    assert not np.allclose(each[:, 0], each[:, 1], atol=1e-3)
    np.testing.assert_allclose(keras.ops.softmax(model(x)), each.mean(axis=1), rtol=1e-5)
    assert model.count_params() == 3 * resnet_1d((None, 2), 3, widths=(4, 5)).count_params()
    # A member is what one network with its weights is.
    alone = resnet_1d((None, 2), 3, widths=(4, 5), ensemble=1)
    for layer in alone.layers:
        if layer.weights and layer.name != "head_members":
            layer.set_weights(model.get_layer(layer.name.replace("member1", "member2")).get_weights())
    alone.get_layer("head_members").set_weights([each[1:2] for each in model.get_layer("head_members").get_weights()])
    np.testing.assert_allclose(keras.ops.softmax(alone(x)), each[:, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"widths": ()}, r"widths=\(\)"),
        ({"kernels": ()}, r"kernels=\(\)"),
        ({"preprocess": (0.0, 0.0)}, "preprocess="),
        ({"ensemble": 0}, "ensemble=0"),
    ],
)
def test_invalid_options(options, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        resnet_1d((4, 1), 2, **options)


@pytest.fixture
def benchmark(monkeypatch):
    folder = Path(__file__).parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(folder)
    return runpy.run_path(str(folder / "sequence_classification.py"))


@pytest.mark.slow
def test_a_speaker_whom_nobody_recorded_is_refused(real_data, benchmark):
    """Without a validation folder the training part would be split."""
    with pytest.raises(BadInput, match=r"No recording belongs to \['valid'\]"):
        benchmark["load_digits"](0, partial(benchmark["left_out"], "nobody"))


@pytest.mark.slow
@pytest.mark.parametrize(("task", "least"), [("ItalyPowerDemand", 0.962), ("BasicMotions", 0.95), ("GunPoint", 0.97)])
def test_benchmark_accuracy(real_data, benchmark, task, least):
    accuracies = [benchmark["train"](benchmark["load"](task, seed), seed) for seed in range(3)]
    assert np.mean(accuracies) >= least
