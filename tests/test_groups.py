import keras
import numpy as np
import pytest
from kerasdl import groups, models, optimizers


@pytest.fixture
def model():
    return models.resnet((16, 16, 3), 3, depths=(1, 1), widths=(4, 8), stem="small")


def compiled(model):
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def step(model):
    x = np.random.default_rng(0).random((4, 16, 16, 3)).astype("float32")
    model.fit(x, np.array([0, 1, 2, 0]), verbose=0)


def kernel(model, name):
    return model.get_layer(name).get_weights()[0].copy()


def test_groups_of_a_builder_are_in_order(model):
    found = groups.layer_groups(model)
    assert list(found) == ["stem", "stage1", "stage2", "head"]
    assert [layer.name for layer in found["head"]] == ["head_logits"]
    assert sum(len(layers) for layers in found.values()) == sum(bool(layer.weights) for layer in model.layers)


def test_groups_given_by_the_user(model):
    found = groups.layer_groups(model, ["stem|stage1", "stage2|head"])
    assert {layer.name.split("_")[0] for layer in found["stem|stage1"]} == {"stem", "stage1"}


def test_layer_names_without_groups_raise():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="Cannot infer layer groups.*Received: layer 'dense"):
        groups.layer_groups(model)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["stem", "head"], "'stage1_block1_conv1' .* matches 0 groups"),
        (["st", "stage", "head"], "matches 2 groups"),
        (["stem|stage", "head", "nothing"], "'nothing' matches no layer"),
        (["stem", "stage(", "head"], "Not a valid regular expression .*Received: group 'stage.'"),
    ],
)
def test_groups_that_do_not_match_every_layer_once_raise(model, given, message):
    with pytest.raises(ValueError, match=message):
        groups.layer_groups(model, given)


def test_freezing_takes_effect_without_a_compile(model):
    compiled(model)
    step(model)
    groups.freeze_to(model, -1)
    frozen, head = kernel(model, "stem_conv"), kernel(model, "head_logits")
    step(model)
    assert np.array_equal(kernel(model, "stem_conv"), frozen)
    assert not np.array_equal(kernel(model, "head_logits"), head)
    groups.unfreeze(model)
    step(model)
    assert not np.array_equal(kernel(model, "stem_conv"), frozen)


def test_unfreezing_warns_if_the_model_must_be_compiled_again(model):
    groups.freeze_to(model, -1)
    compiled(model)
    step(model)
    with pytest.warns(UserWarning, match="Compile 'resnet' again"):
        groups.unfreeze(model)
    compiled(model)
    before = kernel(model, "stem_conv")
    step(model)
    assert not np.array_equal(kernel(model, "stem_conv"), before)


def test_a_group_index_out_of_range_raises(model):
    with pytest.raises(ValueError, match=r"has 4 groups\. Received: n=4"):
        groups.freeze_to(model, 4)


@pytest.fixture(scope="module")
def nested():
    """A head of the user on a backbone of keras.applications."""
    backbone = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg")
    return keras.Sequential([backbone, keras.layers.Dense(2, name="classifier")])


NESTED = ["conv1", "conv[23]", "conv[45]", "classifier"]


def test_groups_of_a_nested_backbone(nested):
    found = groups.layer_groups(nested, NESTED)
    backbone = nested.layers[0]
    assert [len(layers) for layers in found.values()][-1] == 1
    assert sum(len(layers) for layers in found.values()) == 1 + sum(bool(layer.weights) for layer in backbone.layers)
    assert [layer.name for layer in found["conv1"]] == ["conv1_conv", "conv1_bn"]


def test_a_backbone_as_one_group(nested):
    name = nested.layers[0].name
    assert len(groups.layer_groups(nested, [f"{name}/", "classifier"])[f"{name}/"]) > 50


def test_a_layer_of_a_backbone_without_a_group_is_named_by_its_path(nested):
    with pytest.raises(ValueError, match="Layer 'resnet50/conv1_conv'.* matches 0 groups"):
        groups.layer_groups(nested, ["conv[2-5]", "classifier"])


def test_a_family_is_recognized_only_if_every_layer_has_a_group(nested):
    with pytest.raises(ValueError, match="Cannot infer layer groups.*Received: layer 'conv1_conv'"):
        groups.layer_groups(nested)
    backbone = nested.layers[0]
    assert list(groups.layer_groups(backbone)) == ["stem", "stage1", "stage2", "stage3", "stage4"]
    headed = keras.Sequential([backbone, keras.layers.Dense(2, name="head_logits")])
    assert list(groups.layer_groups(headed)) == ["stem", "stage1", "stage2", "stage3", "stage4", "head"]
    cut = keras.Model(backbone.input, backbone.get_layer("conv3_block4_out").output)
    with pytest.raises(ValueError, match="Cannot infer layer groups from layer names"):
        groups.layer_groups(cut)


def test_discriminative_by_a_factor_and_by_rates(model):
    by_factor = groups.discriminative(model, factor=10)
    assert by_factor == [
        {"match": "stem_", "lr": pytest.approx(1e-3)},
        {"match": "stage1_", "lr": pytest.approx(1e-2)},
        {"match": "stage2_", "lr": pytest.approx(0.1)},
        {"match": "head_", "lr": 1.0},
    ]
    assert [group["lr"] for group in groups.discriminative(model, rates=(1e-6, 1e-3))] == pytest.approx(
        [group["lr"] for group in by_factor]
    )


def test_discriminative_over_a_backbone_reaches_its_variables(nested):
    optimizer = optimizers.SGD(0.1, groups=groups.discriminative(nested, factor=2.0, groups=NESTED))
    optimizer.build(nested.trainable_variables)
    found = dict(zip([v.path for v in nested.trainable_variables], optimizer._multipliers, strict=True))
    for path, multiplier in found.items():
        expected = {"conv1_": 0.125, "conv2_": 0.25, "conv3_": 0.25, "conv4_": 0.5, "conv5_": 0.5}
        assert multiplier == expected.get(path.split("/")[-2][:6], 1.0), path


@pytest.mark.parametrize("given", [{"factor": 0.0}, {"rates": (0.0, 1.0)}, {"factor": float("nan")}])
def test_a_factor_or_learning_rate_that_is_not_positive_raises(model, given):
    with pytest.raises(ValueError, match="must be positive. Received: factor="):
        groups.discriminative(model, **given)


@pytest.mark.parametrize(
    ("policy", "moves"),
    [("freeze", set()), ("statistics", {"moving_mean", "moving_variance"})],
)
def test_batch_norm_decides_what_a_frozen_normalization_updates(model, policy, moves):
    compiled(model)
    model.optimizer.build(model.trainable_variables)
    layer = model.get_layer("stem_norm")
    before = {variable.name: variable.numpy().copy() for variable in layer.weights}
    with groups.frozen(groups.layer_groups(model)["stem"], batch_norm=policy):
        assert not layer.trainable_variables
        step(model)
    assert {variable.name for variable in layer.weights if (variable.numpy() != before[variable.name]).any()} == moves
    assert len(layer.trainable_variables) == 2
    groups.retrace(model)


def test_a_normalization_may_train_in_a_frozen_group(model):
    with groups.frozen(groups.layer_groups(model)["stem"], batch_norm="train"):
        assert [v.path for v in model.trainable_variables][:2] == ["stem_norm/gamma", "stem_norm/beta"]


def test_a_layer_frozen_by_the_user_stays_frozen_after_an_exception(model):
    model.get_layer("stem_conv").trainable = False
    with pytest.raises(RuntimeError), groups.frozen(groups.layer_groups(model)["stem"]):
        raise RuntimeError
    assert not model.get_layer("stem_conv").trainable
    assert model.get_layer("stem_norm").trainable


def test_names_of_groups_are_found_by_their_expressions(model):
    patterns = [group["match"] for group in groups.discriminative(model)]
    assert [groups.group_names(model)[pattern] for pattern in patterns] == list(groups.layer_groups(model))
    assert groups.group_names(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="mine")])) == {}
