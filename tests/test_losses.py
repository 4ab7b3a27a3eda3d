import kerasdl
import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.losses import Pinball, SparseCategoricalCrossentropy

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.standard_normal((7, 5)).astype("float32")
LABELS = np.arange(7) % 5


@pytest.mark.parametrize("from_logits", [True, False])
def test_integer_labels_give_the_value_of_one_hot_labels(from_logits):
    predictions = LOGITS if from_logits else keras.ops.softmax(LOGITS)
    ours = SparseCategoricalCrossentropy(from_logits=from_logits, label_smoothing=0.1)
    stock = keras.losses.CategoricalCrossentropy(from_logits=from_logits, label_smoothing=0.1)
    expected = float(stock(np.eye(5)[LABELS], predictions))
    assert float(ours(LABELS, predictions)) == pytest.approx(expected, rel=1e-6)
    assert float(ours(LABELS[:, None], predictions)) == pytest.approx(expected, rel=1e-6)


def test_value_by_hand():
    # 0.9 * a + 0.1 * mean(a, a + 2) with a = log(1 + e^-2)
    loss = SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    unsmoothed = np.log1p(np.exp(-2))
    assert float(loss(np.array([0]), np.array([[2.0, 0.0]]))) == pytest.approx(
        0.9 * unsmoothed + 0.1 * (unsmoothed + 1)
    )


def test_without_smoothing_the_value_is_that_of_stock_keras():
    stock = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(SparseCategoricalCrossentropy(from_logits=True)(LABELS, LOGITS)) == float(stock(LABELS, LOGITS))


def test_the_mean_leaves_out_an_ignored_class():
    loss = SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1, ignore_class=4)
    used = LABELS != 4
    rest = SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert float(loss(LABELS, LOGITS)) == pytest.approx(float(rest(LABELS[used], LOGITS[used])), rel=1e-6)


def test_label_smoothing_is_saved_with_the_model(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5)])
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.2))
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").loss.label_smoothing == 0.2


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0])
def test_label_smoothing_out_of_range_raises(label_smoothing):
    with pytest.raises(ValueError, match="Received: label_smoothing="):
        SparseCategoricalCrossentropy(label_smoothing=label_smoothing)


MANY = RANDOM.standard_normal((3, 4, 600)).astype("float32") * 60  # probabilities underflow
TOKENS = RANDOM.integers(0, 600, (3, 4))
TOKENS[0, 0], TOKENS[2, 3] = -1, -1


def value_and_gradient(loss, labels, logits):
    logits = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(labels, logits)
    return value, tape.gradient(value, logits)


@pytest.mark.parametrize("mode", ["eager", "graph", "jit"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none"])
def test_values_and_gradients_of_many_classes_are_those_of_stock_keras(mode, reduction):
    function = {
        "eager": value_and_gradient,
        "graph": tf.function(value_and_gradient),
        "jit": tf.function(value_and_gradient, jit_compile=True),
    }[mode]
    options = {"from_logits": True, "ignore_class": -1, "reduction": reduction}
    ours, stock = (kind.SparseCategoricalCrossentropy(**options) for kind in (kerasdl.losses, keras.losses))
    for labels in (TOKENS, TOKENS[..., None]):
        found, expected = function(ours, labels, MANY), value_and_gradient(stock, labels, MANY)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-6)
        assert not found[1].numpy()[0, 0].any()


@pytest.mark.parametrize("shape", [(4, 3), (12,), (3,), (3, 5), (3, 4, 2)], ids=str)
def test_labels_of_many_classes_need_the_shape_of_the_predictions(shape):
    loss = SparseCategoricalCrossentropy(from_logits=True)
    with pytest.raises(ValueError, match=r"Received: .* for predictions \(3, 4, 600\)"):
        loss(np.zeros(shape, int), MANY)


def test_a_label_that_is_none_of_many_classes_does_not_count_as_another():
    loss, labels = SparseCategoricalCrossentropy(from_logits=True), TOKENS.clip(0)
    labels[1, 1] = -1
    assert np.isnan(loss(labels, MANY))
    labels[1, 1] = 600
    with pytest.raises(tf.errors.InvalidArgumentError, match="600 is not in"):
        loss(labels, MANY)


def test_pinball_by_hand():
    loss = Pinball([0.1, 0.5, 0.9], reduction=None)
    # Errors of 2, 0 and -4 of the first target; the second is missed by 1 from above.
    found = loss(np.array([[2.0], [0.0]]), np.array([[0.0, 2.0, 6.0], [1.0, 1.0, 1.0]])).numpy()
    np.testing.assert_allclose(found, [(0.1 * 2 + 0 + 0.1 * 4) / 3, (0.9 + 0.5 + 0.1) / 3], rtol=1e-6)
    assert Pinball.from_config(loss.get_config()).quantiles == [0.1, 0.5, 0.9]


def test_pinball_is_lowest_at_the_quantile():
    targets = np.arange(101.0)[:, None]
    costs = [float(Pinball([0.9])(targets, np.full((101, 1), float(guess)))) for guess in range(101)]
    assert np.argmin(costs) == 90


def test_pinball_needs_quantiles_and_an_output_for_each():
    with pytest.raises(ValueError, match=r"between 0 and 1\. Received: quantiles=\[5\]"):
        Pinball([5])
    with pytest.raises(ValueError, match=r"2 quantiles needs an output\. Received: predictions of \(1, 1\)"):
        Pinball([0.1, 0.9])(np.zeros((1, 1)), np.zeros((1, 1)))
