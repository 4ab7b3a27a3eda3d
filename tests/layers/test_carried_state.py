import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import CarriedState, WeightDropLSTM

X = np.random.default_rng(0).standard_normal((3, 8, 2)).astype("float32")
YES, NO = np.array([True] * 3), np.array([False] * 3)
RECURRENT = {"lstm": WeightDropLSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


def carried(kind="lstm", rows=3):
    options = {"weight_dropout": 0.0} if kind == "lstm" else {}
    return CarriedState(RECURRENT[kind](4, return_sequences=True, return_state=True, **options), rows=rows)


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("training", [False, True])
def test_two_halves_are_the_whole(kind, training):
    layer = carried(kind)
    whole = layer(X, start=YES, training=training)
    halves = [layer(X[:, :4], start=YES, training=training), layer(X[:, 4:], start=NO, training=training)]
    np.testing.assert_allclose(np.concatenate(halves, axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(layer(X), whole, atol=1e-6)


def test_each_row_starts_anew_or_goes_on():
    layer = carried()
    fresh = np.array(layer(X[:, 4:], start=YES))
    layer(X[:, :4], start=YES)
    mixed = np.array(layer(X[:, 4:], start=np.array([True, False, True])))
    np.testing.assert_allclose(mixed[[0, 2]], fresh[[0, 2]], atol=1e-6)
    assert not np.allclose(mixed[1], fresh[1])


def test_validation_leaves_the_state_of_the_training_alone():
    layer, other = carried(), X[::-1].copy()
    layer(X[:, :4], start=YES, training=True)
    expected = np.array(layer(X[:, 4:], start=NO, training=True))
    layer(X[:, :4], start=YES, training=True)
    layer(other, start=YES, training=False)
    layer(other)  # independent rows: nothing is kept
    assert np.array_equal(layer(X[:, 4:], start=NO, training=True), expected)


def test_a_start_forgets_a_state_that_is_not_finite():
    layer = carried()
    layer(np.full_like(X, np.nan), start=YES)
    assert np.isfinite(layer(X, start=YES)).all()


def test_smaller_batches_keep_the_state_of_the_other_rows():
    layer = carried()
    layer(X[:, :4], start=YES)
    expected = np.array(layer(X[:, 4:], start=NO))
    layer(X[:, :4], start=YES)
    layer(X[:1, :4], start=YES[:1])
    found = np.array(layer(X[:, 4:], start=NO))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_no_gradient_flows_into_the_batch_before():
    layer = carried()
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        layer(x[:, :4], start=YES, training=True)
        loss = tf.reduce_sum(layer(x[:, 4:], start=NO, training=True))
    gradient = tape.gradient(loss, x).numpy()
    assert not gradient[:, :4].any()
    assert gradient[:, 4:].any()


def test_state_is_saved_with_the_model_and_does_not_train(tmp_path):
    x, start = keras.Input((None, 2)), keras.Input((), dtype="bool")
    model = keras.Model([x, start], carried()(x, start))
    assert len(model.trainable_variables) == 3
    model([X[:, :4], YES])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded([X[:, 4:], NO]), model([X[:, 4:], NO]))


def test_more_rows_than_there_are_states():
    with pytest.raises(ValueError, match="carries the state of 2 rows.*Received: a batch of 3"):
        carried(rows=2)(X, start=YES)


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"return_state": True}], ids=str)
def test_layers_that_do_not_fit(options):
    with pytest.raises(ValueError, match="return_sequences=True and return_state=True"):
        CarriedState(keras.layers.GRU(3, **options), rows=1)
    with pytest.raises(ValueError, match="Received: rows=0"):
        carried(rows=0)
