from dataclasses import replace

import numpy as np
import pytest
from kerasdl.data import sequences
from kerasdl.data.pipeline import first_indices
from kerasdl.data.sequences.augment import Augmentation, spec_augment, standard
from kerasdl.data.sequences.augment.augmentation import COLUMNS

from tests.contracts import EVERY_CHANGE

RANDOM = np.random.default_rng(0)
NAN = np.nan


def batch():
    """Two sequences of 40 and 25 steps, and three channels."""
    found = RANDOM.normal(5, 2, (2, 40, 3)).astype("float32")
    found[1, 25:] = NAN
    return found


def drawn(count=2, **chosen):
    """Draws of 0 except those that are named."""
    return np.stack([np.full(count, chosen.get(name, 0.0), "float32") for name in COLUMNS], axis=1)


def test_nothing_changes_without_strength_or_luck():
    before, draws = batch(), RANDOM.random((2, Augmentation.num_draws)).astype("float32")
    assert np.array_equal(Augmentation()(before, draws), before, equal_nan=True)
    np.testing.assert_allclose(replace(EVERY_CHANGE, probability=0.0)(before, draws), before, rtol=1e-6)


def test_a_slice_is_stretched_to_the_whole_length():
    ramp = np.arange(11, dtype="float32")[None, :, None]
    # Half of the sequence, from its end.
    sliced = Augmentation(slice=0.8)(ramp, drawn(1, slice=0.625, slice_start=1.0)).numpy()
    np.testing.assert_allclose(sliced[0, :, 0], np.linspace(5, 10, 11), rtol=1e-6)


def test_time_is_warped_between_fixed_ends():
    ramp = np.arange(101, dtype="float32")[None, :, None]
    found = Augmentation(warp=0.5)(ramp, drawn(1, warp=0.5)).numpy()[0, :, 0]
    assert found[[0, 50, 100]] == pytest.approx([0, 50, 100])
    # After a quarter: 25 + 100 * 0.25 / (2 pi).
    assert found[25] == pytest.approx(25 + 25 / (2 * np.pi))


def test_distances_from_the_mean_are_scaled():
    before = batch()
    found = Augmentation(scale=1.0)(before, drawn(scale=0.75)).numpy()
    mean = np.nanmean(before, axis=1, keepdims=True)
    np.testing.assert_allclose(found, mean + np.sqrt(2) * (before - mean), rtol=1e-5)


def test_noise_has_the_strength_that_was_drawn_and_depends_on_the_seed():
    before = np.tile(np.array([0.0, 4.0], "float32"), 2000)[None, :, None]  # of standard deviation 2
    added = [
        Augmentation(jitter=0.5)(before, drawn(1, jitter=0.5, seed=seed)).numpy() - before for seed in (0.1, 0.1, 0.2)
    ]
    assert added[0].std() == pytest.approx(0.5 * 0.5 * 2, rel=0.05)
    assert np.array_equal(added[0], added[1])
    assert abs(np.corrcoef(added[0].ravel(), added[2].ravel())[0, 1]) < 0.1


def test_masks_hold_the_mean_and_spare_padding():
    before = batch()
    found = Augmentation(time_mask=0.4)(before, drawn(time_mask=0.5, time_mask_start=1.0)).numpy()
    mean = np.nanmean(before, axis=1, keepdims=True)
    # A fifth of 40, and of 25 steps, at the end.
    for row, masked in enumerate((slice(32, 40), slice(20, 25))):
        expected = before[row].copy()
        expected[masked] = mean[row]
        np.testing.assert_allclose(found[row], expected, rtol=1e-6)
    channels = Augmentation(channel_mask=0.9)(before, drawn(channel_mask=0.75, channel_mask_start=0.0)).numpy()
    np.testing.assert_allclose(channels[0, :, :2], np.broadcast_to(mean[0, :, :2], (40, 2)), rtol=1e-6)
    np.testing.assert_allclose(channels[..., 2], before[..., 2], rtol=1e-6)


def test_a_sample_does_not_depend_on_its_batch():
    before, draws = batch(), RANDOM.random((2, Augmentation.num_draws)).astype("float32")
    together = EVERY_CHANGE(before, draws).numpy()
    alone = [EVERY_CHANGE(before[row : row + 1], draws[row : row + 1])[0] for row in range(2)]
    assert np.array_equal(together, alone, equal_nan=True)
    assert np.array_equal(np.isnan(together), np.isnan(before))


def test_training_is_augmented_and_validation_is_not():
    waves = np.sin(np.arange(40)[:, None] / 3 + np.arange(10)).T
    data = sequences.from_arrays(waves, np.arange(10) % 2, classes=["a", "b"], batch_size=8, augment=standard())
    plain = replace(data, augmentation=None)
    assert np.array_equal(next(iter(data.valid))[0], data.valid_source.at([0, 1]))
    # The first sample in two epochs.
    chosen = [first_indices(data.train_source, number, data.plan).tolist().index(0) for number in (0, 1)]
    drawn_anew = [next(iter(data.epoch(number)))[0][row].numpy() for number, row in enumerate(chosen)]
    assert not np.allclose(drawn_anew[0], drawn_anew[1])
    assert not np.allclose(drawn_anew[0], data.train_source.at([0])[0])
    first, *others = data.augmented(3, count=4)
    assert np.array_equal(first, plain.train_source.at([3])[0])
    assert all(not np.allclose(first, each) for each in others)
    assert [ax.get_title() for ax in data.draw_augmented(3, 3).axes] == ["original", "augmented", "augmented"]
    with pytest.raises(ValueError, match="Received: augmentation=None"):
        plain.augmented(0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jitter": -1.0}, "non-negative number. Received: jitter=-1.0"),
        ({"scale": NAN}, "Received: scale=nan"),
        ({"warp": 1.0}, "warp must be below 1. Received: warp=1.0"),
        ({"time_mask": 1.0}, "time_mask must be below 1"),
        ({"probability": 1.5}, "at most 1. Received: probability=1.5"),
    ],
)
def test_what_is_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**options)


def test_another_kind_of_augmentation_is_refused():
    with pytest.raises(ValueError, match="an Augmentation of sequences.*Received: augment='standard'"):
        sequences.from_arrays(np.zeros((4, 3)), [0, 1, 0, 1], classes=["a", "b"], augment="standard")


def test_presets_in_words():
    assert repr(spec_augment()) == "Augmentation(time_mask=0.2, channel_mask=0.3375)"
    assert repr(standard()) == "Augmentation(slice=0.1, warp=0.2, scale=0.1, jitter=0.1)"
