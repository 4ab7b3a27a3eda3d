import numpy as np
import pytest
from kerasdl.groups import layer_groups
from kerasdl.models import lstm_fcn


def test_layers_in_order():
    model = lstm_fcn((None, 2), 3, widths=(4, 5), kernels=(4, 3), preprocess=(0.0, 1.0))
    assert [layer.name for layer in model.layers] == [
        *("sequences", "stem_preprocess", "stem_mask"),
        *("stage1_conv", "stage1_norm", "stage1_relu", "stage2_conv", "stage2_norm", "stage2_relu"),
        *("stage1_lstm", "stage2_pool", "stage1_dropout", "stage2_concat", "head_logits"),
    ]
    assert list(layer_groups(model)) == ["stage1", "stage2", "head"]
    assert model.get_layer("stage1_dropout").rate == 0.8


def test_parameters_by_hand():
    # The paper's network: kernels of 8, 5 and 3, each with gain, offset, mean and variance; an LSTM of 8 with 4 gates.
    kernels = 128 * 8 * 1 + 256 * 5 * 128 + 128 * 3 * 256
    norms, gates = 4 * (128 + 256 + 128), 4 * (1 + 8 + 1) * 8
    assert lstm_fcn((150, 1), 2).count_params() == kernels + norms + gates + 2 * (128 + 8 + 1)


@pytest.mark.parametrize("features", [slice(0, 5), slice(5, 13)], ids=["convolutions", "lstm"])
def test_both_branches_count(features):
    model, x = lstm_fcn((None, 2), 3, widths=(4, 5), kernels=(4, 3)), np.random.default_rng(0).normal(size=(1, 9, 2))
    before, head = model(x).numpy(), model.get_layer("head_logits")
    kernel, bias = head.get_weights()
    kernel[features] = 0
    head.set_weights([kernel, bias])
    assert not np.allclose(model(x), before, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"widths": (), "kernels": ()}, r"widths=\(\)"),
        ({"kernels": (8, 5)}, r"kernels=\(8, 5\)"),
        ({"preprocess": (0.0, 0.0)}, "preprocess="),
    ],
)
def test_invalid_options(options, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        lstm_fcn((4, 1), 2, **options)
