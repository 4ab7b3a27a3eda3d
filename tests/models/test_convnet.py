import kerasdl
import numpy as np
import pytest
from kerasdl import models


def parameters(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_parameters_by_hand():
    model = models.convnet((28, 28, 1), 10, widths=(4, 8), depths=(1, 2), normalization="none")
    # Three convolutions of 3 x 3 with biases, and the logits of eight features.
    assert parameters(model) == (9 * 4 + 4) + (36 * 8 + 8) + (72 * 8 + 8) + (8 * 10 + 10)
    assert parameters(models.convnet((28, 28, 1), 10, widths=(4,), depths=(1,))) == 36 + 2 * 4 + 50
    assert [layer.name for layer in model.layers][1:] == [
        "stage1_conv1",
        "stage1_relu1",
        "stage1_pool",
        "stage2_conv1",
        "stage2_relu1",
        "stage2_conv2",
        "stage2_relu2",
        "stage2_pool",
        "head_pool",
        "head_logits",
    ]
    assert list(kerasdl.groups.layer_groups(model)) == ["stage1", "stage2", "head"]


def test_each_stage_halves_the_size():
    model = models.convnet((28, 30, 1), include_top=False, kernel_size=5, widths=(2, 2, 2))
    assert model.output_shape == (None, 3, 3, 2)


def test_smallest_image():
    assert models.convnet((8, 9, 1), include_top=False).output_shape == (None, 1, 1, 128)
    with pytest.raises(ValueError, match=r"smallest side for .* is 8\..*Received: input_shape=\(7, 9, 1\)"):
        models.convnet((7, 9, 1), 2)


@pytest.mark.parametrize(
    ("options", "received"),
    [({"widths": (4, 8)}, r"widths=\(4, 8\)"), ({"kernel_size": 4}, "kernel_size=4"), ({"head": "two"}, "head='two'")],
)
def test_invalid_options(options, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        models.convnet((32, 32, 3), 2, **options)
