import math

import kerasdl
import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.models import resnet18, resnet50

from tests import contracts

LENGTH = 7
BUILDERS = {
    **contracts.BUILDERS,
    **contracts.SEQUENCE_BUILDERS,
    **contracts.TABLE_BUILDERS,
    **contracts.TOKEN_BUILDERS,
    **contracts.FORECASTERS,
    **contracts.LANGUAGE_MODELS,
}


@pytest.mark.parametrize("name", BUILDERS)
def test_every_builder_is_counted_by_group(name):
    model = BUILDERS[name]()
    shapes = {each.name: [size or LENGTH for size in each.shape[1:]] for each in model.inputs}
    found = kerasdl.summary(model, input_shape=shapes)
    assert found.uncounted == ()
    assert found.multiply_adds > 0
    assert found.parameters == model.count_params()
    assert found.trainable == sum(np.prod(weight.shape) for weight in model.trainable_weights)
    assert [row.name for row in found.rows] == list(kerasdl.groups.layer_groups(model))
    # Of an ensemble, the last layer with weights gives the predictions of the members.
    members = {"tabular-ensemble": 3, "resnet_1d-ensemble": 2}.get(name, 1)
    outputs = math.prod(size or LENGTH for size in model.output_shape[1:])
    assert math.prod(found.rows[-1].output_shape) == members * outputs


def small(**options) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, name="stem_dense", **options),
            layers.BatchNormalization(name="stem_norm"),
            layers.Dense(2, name="head_logits"),
        ]
    )


def test_numbers_of_groups():
    stem, head = kerasdl.summary(small()).rows
    # Of a normalization, two of four weights per feature are statistics, which are never trained.
    assert (stem.parameters, stem.trainable, stem.frozen, stem.multiply_adds) == (4 * 3 + 3 + 4 * 3, 21, 0, 12)
    assert (head.parameters, head.trainable, head.frozen, head.multiply_adds) == (3 * 2 + 2, 8, 0, 6)
    assert (stem.output_shape, head.output_shape) == ((3,), (2,))


def test_what_is_frozen():
    model = small()
    with kerasdl.groups.frozen(model.layers[:2], batch_norm="train"):
        stem = kerasdl.summary(model).rows[0]
        assert (stem.trainable, stem.frozen) == (2 * 3, 4 * 3 + 3)
    kerasdl.groups.freeze_to(model, -1)
    stem, head = kerasdl.summary(model).rows
    assert (stem.trainable, stem.frozen, head.trainable, head.frozen) == (0, 27, 8, 0)


def test_without_known_groups_there_is_a_row_for_each_layer():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first")], name="inner")
    model = keras.Sequential([keras.Input((4,)), inner, layers.ReLU(), layers.Dense(2, name="last")])
    assert [(row.name, row.multiply_adds) for row in kerasdl.summary(model).rows] == [("inner", 12), ("last", 6)]
    assert [row.name for row in kerasdl.summary(model, groups=["inner/", "last"]).rows] == ["inner/", "last"]
    with pytest.raises(ValueError, match="matches 0 groups"):
        kerasdl.summary(model, groups=["inner/"])


def test_what_is_in_no_layer_has_a_row_of_its_own():
    left, right = keras.Input((5, 6), name="left"), keras.Input((6, 4), name="right")
    found = kerasdl.summary(keras.Model([left, right], keras.ops.matmul(left, right)))
    assert [(row.name, row.multiply_adds) for row in found.rows] == [("(others)", 5 * 6 * 4)]


def test_a_layer_that_cannot_be_counted_is_named():
    model = keras.Sequential([keras.Input((5, 6, 3)), layers.ConvLSTM1D(2, 3, name="odd"), layers.Dense(2)])
    found = kerasdl.summary(model)
    assert found.uncounted == ("odd",)
    assert found.multiply_adds == 4 * 2 * 2


def test_sizes_left_open():
    model = contracts.BUILDERS["resnet"]()
    anysize = keras.Model(inputs := keras.Input((None, None, 3)), layers.Conv2D(2, 1)(inputs))
    assert kerasdl.summary(anysize).multiply_adds is None
    assert kerasdl.summary(anysize, input_shape=(5, 4, 3)).multiply_adds == 5 * 4 * 3 * 2
    with pytest.raises(BadInput, match=r"samples of shape \(16, 16, 3\).*Received: input_shape=\(8, 8, 3\)"):
        kerasdl.summary(model, input_shape=(8, 8, 3))
    with pytest.raises(BadInput, match=r"Received: input_shape=\(8, 3\)"):
        kerasdl.summary(anysize, input_shape=(8, 3))


def test_shapes_of_several_inputs_go_by_name():
    model = contracts.LANGUAGE_MODELS["language_model-rnn"]()
    found = kerasdl.summary(model, input_shape={"tokens": (3,)})
    assert found.multiply_adds == 3 * kerasdl.summary(model, input_shape={"tokens": (1,)}).multiply_adds
    with pytest.raises(BadInput, match=r"by name for inputs \['start', 'tokens'\]. Received: input_shape=\(3,\)"):
        kerasdl.summary(model, input_shape=(3,))
    with pytest.raises(BadInput, match=r"inputs \['start', 'tokens'\]. Received: input_shape of \['words'\]"):
        kerasdl.summary(model, input_shape={"words": (3,)})


def test_a_batch_size_of_its_own_changes_nothing():
    model = keras.Sequential([keras.Input((5, 3), batch_size=4), layers.LSTM(2, stateful=True)])
    assert kerasdl.summary(model).multiply_adds == 5 * 4 * (3 + 2) * 2


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, name="dense")

    def call(self, inputs):
        return self.dense(inputs)


def test_a_subclassed_model_must_be_built_and_told_its_shape():
    model = Network()
    with pytest.raises(BadInput, match=r"not built.*call it on a batch.*Received: Network"):
        kerasdl.summary(model)
    model(np.zeros((1, 4)))
    assert (kerasdl.summary(model).parameters, kerasdl.summary(model).multiply_adds) == (15, None)
    assert kerasdl.summary(model, input_shape=(4,)).multiply_adds == 12
    with pytest.raises(BadInput, match="shape of its one input"):
        kerasdl.summary(model, input_shape={"inputs": (4,)})


def test_compiled_or_not_and_left_as_it_was():
    model = small()
    before = kerasdl.summary(model)
    model.compile("adam", "mse")
    states = contracts.state(model)
    assert kerasdl.summary(model) == before
    assert contracts.same(states, contracts.state(model))


# Under GFLOPS: https://docs.pytorch.org/vision/stable/models/resnet.html
@pytest.mark.parametrize(
    ("build", "published"), [(resnet18, 1.81e9), pytest.param(resnet50, 4.09e9, marks=pytest.mark.slow)]
)
def test_residual_networks_as_published(build, published):
    assert kerasdl.summary(build((224, 224, 3), 1000)).multiply_adds == pytest.approx(published, rel=0.003)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "published"),
    [
        # 3.8 G in table 1 of He et al., arXiv:1512.03385.
        ("ResNet50", 3.86e9),
        # 300 M in table 4 of Sandler et al., arXiv:1801.04381.
        ("MobileNetV2", 301e6),
        # 569 M in table 8 of Howard et al., arXiv:1704.04861.
        ("MobileNet", 569e6),
        # 4.5 G in table 1 of Liu et al., arXiv:2201.03545.
        ("ConvNeXtTiny", 4.46e9),
        # 0.39 G in table 2 of Tan and Le, arXiv:1905.11946.
        ("EfficientNetB0", 0.386e9),
    ],
)
def test_keras_applications_as_published(name, published):
    found = kerasdl.summary(getattr(keras.applications, name)(weights=None))
    assert found.uncounted == ()
    assert found.multiply_adds == pytest.approx(published, rel=0.005)
    assert [row.name for row in found.rows][-1] == "head"
