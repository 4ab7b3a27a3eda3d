import keras
import numpy as np
import pytest
from kerasdl.families import flat_layers
from kerasdl.groups import layer_groups
from kerasdl.models import encoder_decoder, greedy_decode

from tests.contracts import PRECISIONS, assert_every_weight_changed, assert_same_predictions

# The second source is shorter than the first.
SOURCE, TARGET = np.array([[2, 3, 4, 5], [6, 7, 0, 0]]), np.array([[1, 2, 3], [1, 4, 2]])
NEXT = np.array([[2, 3, 4], [4, 2, 2]])


def built(**options):
    keras.utils.set_random_seed(0)
    return encoder_decoder(8, 5, **{"embedding": 3, "units": 4, **options})


@pytest.fixture(scope="module")
def trained():
    """Read-only: a model after two updates, and its initial weights."""
    model = built()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    for _ in range(2):
        model.train_on_batch([SOURCE, TARGET], NEXT)
    return model, before


@pytest.mark.parametrize("policy", PRECISIONS)
def test_logits_are_float32_in_every_precision(policy):
    keras.mixed_precision.set_dtype_policy(policy)
    logits = built(dropout=0.1)([SOURCE, TARGET])
    assert (tuple(logits.shape), logits.dtype.name) == ((2, 3, 5), "float32")


def test_parameters_by_hand():
    embeddings, encoder, decoder = (8 + 5) * 3, 2 * 4 * (3 + 2 + 1) * 2, 4 * (3 + 4 + 1) * 4
    attention, head = 2 * 4 * 4 + 4, (8 + 1) * 4 + (4 + 1) * 5
    assert built().count_params() == embeddings + encoder + decoder + attention + head


def test_padding_does_not_change_the_logits(trained):
    model, _ = trained
    alone = model([SOURCE[1:, :2], TARGET[1:]])
    np.testing.assert_allclose(model([SOURCE, TARGET])[1:], alone, atol=1e-6)
    # Padding is masked by its id: another one in its place is read.
    assert not np.allclose(model([np.where(SOURCE, SOURCE, 7), TARGET])[1:], alone, atol=1e-6)


def test_logits_do_not_depend_on_later_tokens_of_the_target(trained):
    model, _ = trained
    other = TARGET.copy()
    other[:, 2] = 0
    first, second = model([SOURCE, TARGET]), model([SOURCE, other])
    assert np.array_equal(first[:, :2], second[:, :2])
    assert not np.array_equal(first[:, 2], second[:, 2])


def test_attention_of_each_step_adds_up_to_1_over_the_tokens_that_are_there(trained):
    model, _ = trained
    weights = keras.Model(model.inputs, model.get_layer("stage2_attention").output[1])([SOURCE, TARGET]).numpy()
    assert weights.shape == (2, 3, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)
    assert (weights[1, :, 2:] < 1e-6).all()


def test_attention_is_the_score_of_the_paper(trained):
    model, _ = trained
    attention = model.get_layer("stage2_attention")
    scored, scores = (model.get_layer(name).output for name in ("stage2_queries", "stage2_keys"))
    queries, keys, found = keras.Model(model.inputs, [scored, scores, attention.output[1]])([SOURCE[:1], TARGET[:1]])
    sums = np.tanh(queries.numpy()[:, :, None] + keys.numpy()[:, None]) @ attention.scale.numpy()
    expected = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_reloaded_model_gives_the_same_bits(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    assert_same_predictions(model, keras.models.load_model(tmp_path / "model.keras"), [SOURCE, TARGET])


def test_every_layer_is_named_by_its_group(trained):
    model, _ = trained
    layers = [layer for _, layer in flat_layers(model) if not isinstance(layer, keras.layers.InputLayer)]
    assert {layer.name.split("_")[0] for layer in layers} == {"stem", "stage1", "stage2", "head"}
    assert list(layer_groups(model)) == ["stem", "stage1", "stage2", "head"]


def test_every_weight_learns(trained):
    assert_every_weight_changed(*trained)


def test_decoding_takes_the_most_probable_token_at_each_step(trained):
    model, _ = trained
    found = greedy_decode(model, SOURCE, start=1, length=3)
    so_far = np.ones((2, 1), int)
    for _ in range(3):
        logits = model([SOURCE, so_far]).numpy()[:, -1]
        so_far = np.concatenate([so_far, logits.argmax(axis=-1, keepdims=True)], axis=1)
    assert found.tolist() == so_far[:, 1:].tolist()


@pytest.mark.slow
def test_learns_to_reverse_words():
    random = np.random.default_rng(0)
    words = random.integers(2, 12, (5000, 7))
    reversed_words = words[:, ::-1]
    before = np.insert(reversed_words[:, :-1], 0, 1, axis=1)
    keras.utils.set_random_seed(0)
    model = encoder_decoder(12, 12, units=64)
    model.compile(keras.optimizers.Adam(0.005), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit([words[:4500], before[:4500]], reversed_words[:4500], batch_size=64, epochs=8, verbose=0)
    found = greedy_decode(model, words[4500:], start=1, length=7)
    assert (found == reversed_words[4500:]).all(axis=1).mean() > 0.99


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="even.*Received: units=5"):
        encoder_decoder(8, 5, units=5)
    with pytest.raises(ValueError, match="at least one token.*Received: length=0"):
        greedy_decode(None, SOURCE, start=1, length=0)
