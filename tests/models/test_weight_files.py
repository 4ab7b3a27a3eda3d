import pytest
from kerasdl.models.weight_files import own_name, torch_name


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
