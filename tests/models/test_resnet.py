import keras
import numpy as np
import pytest
from kerasdl import models

# The networks of the paper, as torchvision 0.29.2 counts their trainable parameters.
TORCHVISION = {
    models.resnet18: 11_689_512,
    models.resnet34: 21_797_672,
    models.resnet50: 25_557_032,
}


@pytest.mark.parametrize("builder", TORCHVISION, ids=lambda builder: builder.keywords["name"])
def test_parameters_are_those_of_the_paper(builder):
    model = builder((224, 224, 3), 1000)
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == TORCHVISION[builder]


@pytest.mark.parametrize(("stem", "size"), [("large", 7), ("small", 28)])
def test_the_stem_decides_how_much_of_the_size_is_left(stem, size):
    model = models.resnet((224, 224, 3), 2, stem=stem)
    assert model.get_layer("stage4_block2_relu").output.shape[1] == size


def test_a_stride_of_two_pads_both_sides_alike():
    """Fails with Keras's "same", which would look at columns 0..2, not at the border and columns 0..1."""
    model = models.resnet((8, 8, 1), 2, depths=(1, 1), widths=(2, 2), stem="small")
    convolution, padding = model.get_layer("stage2_block1_conv1"), model.get_layer("stage2_block1_pad1")
    convolution.set_weights([np.ones((3, 3, 2, 2))])
    ramp = np.broadcast_to(np.arange(8.0)[None, None, :, None], (1, 8, 8, 2)).astype("float32")
    # Row 1 of the output sees rows 1..3; column 0 sees the border, 0 and 1: 3 rows x 2 channels x (0 + 0 + 1).
    assert convolution(padding(ramp))[0, 1, :, 0].numpy().tolist() == [6.0, 36.0, 72.0, 108.0]


def test_any_size_of_image():
    model = models.resnet((None, None, 3), 4, depths=(1, 1), widths=(4, 8))
    assert model(np.zeros((1, 50, 70, 3))).shape == (1, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depths": (1, 1), "widths": (8,)}, r"Received: depths=\(1, 1\), widths=\(8,\)"),
        ({"block": "wide"}, r"block must be one of \['basic', 'bottleneck'\]\. Received: block='wide'"),
        ({"stem": "tiny"}, "Received: stem='tiny'"),
        ({"preprocess": "tanh"}, "Received: preprocess='tanh'"),
    ],
)
def test_options_that_are_none(options, message):
    with pytest.raises(ValueError, match=message):
        models.resnet((8, 8, 3), 2, **options)


@pytest.mark.gpu
def test_a_step_runs_on_the_gpu():
    model = models.resnet8((16, 16, 3), 2)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.zeros((4, 16, 16, 3)), np.array([0, 1, 0, 1]), verbose=0)
    assert "GPU" in model.trainable_weights[0].value.device
