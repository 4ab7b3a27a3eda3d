import keras
import numpy as np
import pytest
from kerasdl import models, runs
from kerasdl.data import features, images
from kerasdl.errors import BadInput


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precompute": True}, "need pretrained weights"),
        ({"head_epochs": 1}, "need pretrained weights"),
        ({"unfreeze_every": 1}, "need pretrained weights"),
        ({"weights": "imagenet", "head_epochs": -1}, "must not be negative. Received: .*'head_epochs': -1"),
        ({"weights": "imagenet", "unfreeze_every": -1}, "must not be negative. Received: .*'unfreeze_every': -1"),
        ({"weights": "imagenet", "precompute": True, "head_epochs": 0}, "Precomputed features need epochs of the head"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(BadInput, match=message):
        runs.Transfer(**options)


@pytest.mark.parametrize(
    ("options", "head_epochs", "unfreeze_at"),
    [
        ({}, 0, []),
        ({"weights": "imagenet"}, 1, []),
        ({"weights": "imagenet", "head_epochs": 0}, 0, []),
        ({"weights": "imagenet", "head_epochs": 2, "unfreeze_every": 2}, 2, [2, 4, 6, 8]),
    ],
)
def test_when_groups_are_unfrozen(options, head_epochs, unfreeze_at):
    transfer = runs.Transfer(**options)
    found = transfer.unfreeze_at(models.resnet8((8, 8, 1), 2), epochs=9)
    assert (transfer.epochs_of_head, found) == (head_epochs, unfreeze_at)


def test_more_groups_than_epochs():
    with pytest.raises(BadInput, match="The last of 4 groups is unfrozen after 8 epochs: use more"):
        runs.Transfer(weights="imagenet", unfreeze_every=2).unfreeze_at(models.resnet8((8, 8, 1), 2), epochs=8)


def test_where_weights_come_from(tmp_path):
    (tmp_path / "a.weights.h5").touch()
    found = [runs.Transfer(weights=str(each)).origin for each in (tmp_path, tmp_path / "a.weights.h5", "imagenet")]
    assert found == ["run", "file", ""]
    assert runs.Transfer().origin == ""


@pytest.mark.parametrize("precompute", [False, True])
def test_only_the_head_trains_while_the_body_is_frozen(precompute, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    data = images.from_arrays(pixels, np.arange(12) % 2, classes=["a", "b"], batch_size=4, augment=None)
    model = models.resnet((8, 8, 1), 2, depths=(1,), widths=(4,), stem="small")
    before = model.get_weights()
    with runs.frozen_body(model, data, precompute=precompute) as (learner, seen):
        assert isinstance(seen, features.Features) == precompute
        learner.compile(keras.optimizers.SGD(1.0), data.loss)
        learner.fit(seen.train, epochs=1, verbose=0, shuffle=False)
        assert len(learner.trainable_variables) == 2
    moved = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]
    assert moved == [False] * (len(before) - 2) + [True, True]
    assert len(model.trainable_variables) > 2
