from pathlib import Path

import numpy as np
import pytest
from kerasdl.errors import BadInput
from kerasdl.models import mlp
from kerasdl.models.weight_files import check_fit, own_name, torch_name


@pytest.mark.parametrize(
    ("layer", "variable", "expected"),
    [
        ("stem_conv", "kernel", "conv1.weight"),
        ("stem_norm", "gamma", "bn1.weight"),
        ("stage1_block1_conv2", "kernel", "layer1.0.conv2.weight"),
        ("stage4_block12_norm3", "moving_variance", "layer4.11.bn3.running_var"),
        ("stage2_block1_conv_shortcut", "kernel", "layer2.0.downsample.0.weight"),
        ("stage2_block1_norm_shortcut", "beta", "layer2.0.downsample.1.bias"),
        ("head_logits", "bias", "fc.bias"),
        # Weights that torchvision's networks do not have.
        ("stem_conv2", "kernel", "stem_conv2/kernel"),
        ("head_norm1", "gamma", "head_norm1/gamma"),
        ("stem_norm", "steps", "stem_norm/steps"),
    ],
)
def test_torch_names(layer, variable, expected):
    assert torch_name(layer, 0, variable) == expected


def test_own_names():
    assert own_name("stem_norm", 2, "moving_mean") == "stem_norm/2"


def test_weights_that_are_not_finite_do_not_fit():
    model = mlp((2,), 3, hidden=(4,))
    targets = {variable.path: variable for variable in model.weights}
    tensors = {name: np.zeros(variable.shape) for name, variable in targets.items()}
    check_fit(tensors, targets, model, Path("w.keras"), "")
    spoiled = next(iter(tensors))
    tensors[spoiled][:] = np.inf
    with pytest.raises(BadInput, match=f"do not fit.*not finite: {spoiled}"):
        check_fit(tensors, targets, model, Path("w.keras"), "")
