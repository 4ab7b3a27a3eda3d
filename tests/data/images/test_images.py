import gc
from dataclasses import replace

import keras
import numpy as np
import pytest
from kerasdl.data import images
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import MixUp

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 12, 10, 3), dtype=np.uint8)


def data(**options):
    options = {"augment": None, "batch_size": 8, **options}
    return images.from_arrays(PIXELS, np.arange(40) % 4 // 3, classes=["common", "rare"], **options)


def arrays(dataset):
    return [(x.numpy(), y.numpy()) for x, y in dataset]


def test_attributes_change_by_replace_and_epochs_go_on_counting():
    first = data()
    list(first.train)
    other = replace(first, batch_size=16, augmentation=Augmentation(rotate=5))
    assert [len(x) for x, _ in other.epoch(1)] == [16, 16]
    assert np.array_equal(
        np.concatenate([y for _, y in arrays(other.train)]), np.concatenate([y for _, y in arrays(other.epoch(1))])
    )


def test_a_dataset_counts_epochs_after_its_images_are_garbage_collected():
    train = data().train.map(lambda x, y: x)
    gc.collect()
    assert not np.array_equal(next(iter(train)), next(iter(train)))


def test_class_weights_by_hand():
    found = data(valid_share=0.5)
    assert np.bincount(found.train_pictures.labels).tolist() == [15, 5]
    assert found.class_weight == pytest.approx({0: 20 / 30, 1: 2.0})


def test_the_loss_matches_the_targets():
    assert isinstance(data().loss, keras.losses.SparseCategoricalCrossentropy)
    mixed = data(mixing=MixUp())
    assert isinstance(mixed.loss, keras.losses.CategoricalCrossentropy)
    assert {y.shape[1] for _, y in arrays(mixed.valid)} == {2}
    assert {float(y.max()) for _, y in arrays(mixed.valid)} == {1.0}


def test_resized_has_the_same_images_at_another_size():
    small = data().resized((6, 5))
    assert {x.shape[1:] for x, _ in arrays(small.valid)} == {(6, 5, 3)}
    assert small.valid_names == data().valid_names
    assert small.counter is not data().counter


def test_images_grow_within_one_fit():
    found = data()
    sizes = [{x.shape[1:3] for x, _ in arrays(train)} for train in [found.progressive({1: 4, 3: (6, 5)})] * 4]
    assert sizes == [{(4, 4)}, {(6, 5)}, {(6, 5)}, {(12, 10)}]
    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    model.compile("sgd", found.loss)
    train = data().progressive({1: 6})
    history = model.fit(train, validation_data=found.valid, epochs=2, verbose=0, shuffle=False).history
    assert np.isfinite(history["val_loss"]).all()


@pytest.mark.parametrize("sizes", [{}, {0: 8}])
def test_progressive_sizes_need_an_epoch_from_1(sizes):
    with pytest.raises(ValueError, match="Received: "):
        data().progressive(sizes)


def test_test_time_augmentation_gives_the_validation_images_augmented_in_their_order():
    found = data(augment=Augmentation(flip=True))
    plain, *copies = [arrays(each) for each in (found.valid, *found.test_time_augmentation(3))]
    for copy in copies:
        assert all(np.array_equal(y, again) for (_, y), (_, again) in zip(plain, copy, strict=True))
        for (x, _), (seen, _) in zip(plain, copy, strict=True):
            assert all(np.array_equal(b, a) or np.array_equal(b, a[:, ::-1]) for a, b in zip(x, seen, strict=True))
    assert not np.array_equal(copies[0][0][0], copies[1][0][0])
    with pytest.raises(ValueError, match="Received: augmentation=None"):
        data().test_time_augmentation(2)


def test_a_sheet_and_one_augmented_image_do_not_count_epochs():
    found = data(augment=Augmentation(brightness=0.5))
    shown, captions = found.sheet(5)
    assert (shown.shape, len(captions), set(captions) <= {"common", "rare"}) == ((5, 12, 10, 3), 5, True)
    draws = found.augmented(2, 4)
    place = int(found.train_names[2].removeprefix("image[").removesuffix("]"))
    assert np.array_equal(draws[0], PIXELS[place])
    assert len(np.unique(draws[:, 0, 0, 0])) > 1
    assert int(found.counter.variable) == 0


def test_old_names_still_work_and_warn():
    found = data(augment=Augmentation(flip=True))
    with pytest.warns(DeprecationWarning, match=r"Images\.views is deprecated.*use Images\.test_time_augmentation"):
        copies = found.views(1)
    assert np.array_equal(arrays(copies[0])[0][0], arrays(found.test_time_augmentation(1)[0])[0][0])
    with pytest.warns(DeprecationWarning, match=r"Images\.draws is deprecated.*use Images\.augmented"):
        shown = found.draws(2, 3)
    assert np.array_equal(shown, found.augmented(2, 3))


def test_captions():
    found = data()
    assert found.caption(np.int64(1)) == "rare"
    assert found.caption(np.array([0.25, 0.75])) == "common 25%, rare 75%"
    assert replace(found, classes=(), numbers=("age", "size")).caption(np.array([3.0, 0.5])) == "age 3, size 0.5"


def test_data_without_a_test_part():
    with pytest.raises(ValueError, match="no test part"):
        _ = data().test


def test_pictures_of_known_images_are_drawn_unchanged():
    found = data(augment=Augmentation(brightness=0.5), mixing=MixUp())
    axes = found.draw([3, 0], ["worst", "best"]).axes
    for ax, index, title in zip(axes, (3, 0), ("worst", "best"), strict=True):
        name = found.valid_names[index]
        assert ax.get_title().replace("\n", " ") == f"{name}: {title}"
        assert np.array_equal(ax.images[0].get_array(), PIXELS[int(name.removeprefix("image[").removesuffix("]"))])


def test_a_batch_is_drawn_as_the_model_gets_it():
    found = data(augment=Augmentation(brightness=0.5))
    pixels = found.sheet(2)[0]
    assert np.array_equal(found.draw_batch(2).axes[1].images[0].get_array(), np.clip(pixels[1], 0, 255).astype("uint8"))


def test_an_image_without_tags_is_called_none():
    assert replace(data(), tags=True).caption(np.zeros(2)) == "none"
