import keras
import numpy as np
import pytest
from kerasdl.families import flat_layers
from kerasdl.groups import layer_groups
from kerasdl.models import continue_music, music_model

from tests.contracts import (
    PRECISIONS,
    assert_every_weight_changed,
    assert_same_predictions,
)

NOTES = np.random.default_rng(0).integers(0, 128, (2, 5, 3)).astype("int32")
VOICES = 3


def built(**options):
    keras.utils.set_random_seed(0)
    return music_model(VOICES, **{"embedding": 2, "units": 5, **options})


@pytest.fixture(scope="module")
def trained():
    """Read-only: a model after two updates, and its initial weights."""
    model = built()
    # Without momentum a row of the embedding changes only if its note is there: here every note is.
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    for _ in range(2):
        model.train_on_batch(NOTES, NOTES)
    return model, before


@pytest.mark.parametrize("policy", PRECISIONS)
def test_logits_are_float32_in_every_precision(policy):
    keras.mixed_precision.set_dtype_policy(policy)
    logits = built()(NOTES)
    assert (tuple(logits.shape), logits.dtype.name) == ((2, 5, VOICES, 128), "float32")


def test_parameters_by_hand():
    embedding, lstm = 128 * 2, 4 * (6 + 5 + 1) * 5
    heads = sum((5 + 2 * voice + 1) * 5 + (5 + 1) * 128 for voice in range(VOICES))
    assert built().count_params() == embedding + lstm + heads


@pytest.mark.parametrize(("step", "voice"), [(0, 0), (0, 2), (2, 1), (4, 2)])
def test_logits_depend_on_what_comes_before_alone(trained, step, voice):
    """So that notes may be inputs and targets at once."""
    model, _ = trained
    other = NOTES.copy()
    other[:, step, voice] = (other[:, step, voice] + 7) % 128
    first, second = (model(each).numpy().reshape(2, -1, 128) for each in (NOTES, other))
    changed = (first != second).any(axis=(0, 2))
    place = step * VOICES + voice
    assert not changed[: place + 1].any()
    # The later voices of the same chord, and all of the next one, see it.
    assert changed[place + 1 : (step + 2) * VOICES].all()


def test_one_voice_has_nobody_to_listen_to():
    assert music_model(1, embedding=2, units=3)(NOTES[..., :1]).shape == (2, 5, 1, 128)


def test_reloaded_model_gives_the_same_bits(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    assert_same_predictions(model, keras.models.load_model(tmp_path / "model.keras"), NOTES)


def test_every_layer_is_named_by_its_group(trained):
    model, _ = trained
    layers = [layer for _, layer in flat_layers(model) if not isinstance(layer, keras.layers.InputLayer)]
    assert {layer.name.split("_")[0] for layer in layers} == {"stem", "stage1", "head"}
    assert list(layer_groups(model)) == ["stem", "stage1", "head"]


def test_every_weight_learns(trained):
    assert_every_weight_changed(*trained)


def test_notes_are_drawn_with_their_probabilities_after_those_given(trained):
    model, _ = trained
    begun = NOTES[0, :2]
    found = continue_music(model, begun, 3, seed=4)
    assert np.array_equal(found[:2], begun)
    random, expected = np.random.default_rng(4), np.concatenate([begun, np.zeros((1, VOICES), int)])
    for voice in range(VOICES):
        logits = model(expected[None]).numpy()[0, 2, voice]
        expected[2, voice] = (logits + random.gumbel(size=128)).argmax()
    assert np.array_equal(found, expected)
    assert np.array_equal(continue_music(model, begun, 3, seed=4), found)


def test_near_zero_temperature_takes_the_most_probable_note(trained):
    model, _ = trained
    first = continue_music(model, NOTES[0, :0], 1, temperature=1e-6)
    assert first[0, 0] == model(NOTES[:1])[0, 0, 0].numpy().argmax()


@pytest.mark.parametrize(
    ("begun", "options", "message"),
    [
        ([[60, 50]], {"length": 2}, r"chords .steps, 3.*Received: begun of shape \(1, 2\)"),
        (NOTES[0], {"length": 4}, "length=4"),
        (NOTES[0], {"length": 6, "temperature": 0.0}, "temperature=0"),
    ],
)
def test_what_cannot_be_continued(trained, begun, options, message):
    with pytest.raises(ValueError, match=message):
        continue_music(trained[0], begun, **options)


def test_no_voices():
    with pytest.raises(ValueError, match="Received: voices=0"):
        music_model(0)
