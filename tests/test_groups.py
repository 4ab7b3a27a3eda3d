import keras
import numpy as np
import pytest
from kerasdl import groups, models


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


def test_groups_of_a_builder_come_in_order(model):
    found = groups.layer_groups(model)
    assert list(found) == ["stem", "stage1", "stage2", "head"]
    assert [layer.name for layer in found["head"]] == ["head_logits"]
    assert sum(len(layers) for layers in found.values()) == sum(bool(layer.weights) for layer in model.layers)


def test_groups_of_the_user(model):
    found = groups.layer_groups(model, ["stem|stage1", "stage2|head"])
    assert {layer.name.split("_")[0] for layer in found["stem|stage1"]} == {"stem", "stage1"}


def test_a_model_without_order_in_its_names_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="do not tell its groups.*Received: layer 'dense"):
        groups.layer_groups(model)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["stem", "head"], "'stage1_block1_conv1' .* matches 0 groups"),
        (["st", "stage", "head"], "matches 2 groups"),
        (["stem|stage", "head", "nothing"], "'nothing' matches no layer"),
    ],
)
def test_groups_that_do_not_fit_are_named(model, given, message):
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


def test_a_needed_compile_is_said(model):
    groups.freeze_to(model, -1)
    compiled(model)
    step(model)
    with pytest.warns(UserWarning, match="Compile 'resnet' again"):
        groups.unfreeze(model)
    compiled(model)
    before = kernel(model, "stem_conv")
    step(model)
    assert not np.array_equal(kernel(model, "stem_conv"), before)


def test_no_such_group(model):
    with pytest.raises(ValueError, match=r"has 4 groups\. Received: n=4"):
        groups.freeze_to(model, 4)
