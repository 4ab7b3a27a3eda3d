import keras
import numpy as np
import pytest
from kerasdl.layers import TiedEmbedding


def built(**options):
    embedding = TiedEmbedding(50, 4, seed=0, **options)
    embedding.build(None)
    return embedding


def test_logits_are_products_with_the_embeddings():
    embedding = built(embedding_dropout=0.5)
    (matrix,) = embedding.get_weights()
    hidden = np.random.default_rng(0).standard_normal((2, 3, 4)).astype("float32")
    np.testing.assert_allclose(embedding(hidden, reverse=True, training=True), hidden @ matrix.T, rtol=1e-5, atol=1e-6)
    assert np.array_equal(embedding(np.array([[7, 9]]))[0], matrix[[7, 9]])


def test_a_dropped_word_is_missing_wherever_it_occurs():
    embedding = built(embedding_dropout=0.4)
    tokens = np.tile(np.arange(50), (3, 2))
    found = np.array(embedding(tokens, training=True)).reshape(3, 2, 50, 4)
    assert (found == found[0, 0]).all()
    rows, (matrix,) = found[0, 0], embedding.get_weights()
    zero = (rows == 0).all(axis=1)
    assert 0 < zero.sum() < 50
    np.testing.assert_allclose(rows[~zero], matrix[~zero] / 0.6, rtol=1e-5)


def test_the_share_of_dropped_words():
    embedding = TiedEmbedding(20_000, 1, embedding_dropout=0.1, embeddings_initializer="ones", seed=0)
    dropped = np.array(embedding(np.arange(20_000)[None], training=True)) == 0
    assert dropped.mean() == pytest.approx(0.1, abs=0.01)  # five standard errors


def test_both_uses_train_one_matrix(tmp_path):
    embedding, inputs = built(embedding_dropout=0.5, reverse_dtype="float32"), keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, embedding(embedding(inputs), reverse=True))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.arange(50)[None], np.arange(50)[None], verbose=0)
    assert len(model.trainable_variables) == 1
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(np.arange(9)[None]), model(np.arange(9)[None]))


def test_the_bias_is_added_to_every_logit_and_saved(tmp_path):
    embedding = built(use_bias=True)
    embedding.bias.assign(np.arange(50.0))
    matrix, hidden = embedding.get_weights()[0], np.ones((2, 3, 4), "float32")
    np.testing.assert_allclose(embedding(hidden, reverse=True), hidden @ matrix.T + np.arange(50.0), rtol=1e-5)
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, embedding(embedding(tokens), reverse=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(loaded(np.arange(9)[None]), model(np.arange(9)[None]))


def test_logits_have_their_own_dtype():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    embedding = built(reverse_dtype="float32")
    x = embedding(np.array([[7]]))
    assert (x.dtype, embedding(x, reverse=True).dtype) == ("bfloat16", "float32")
    symbolic = embedding(keras.Input((None, 4), dtype="bfloat16"), reverse=True)
    assert (symbolic.dtype, symbolic.shape) == ("float32", (None, None, 50))


def test_dropout_out_of_range():
    with pytest.raises(ValueError, match="Received: embedding_dropout=1"):
        TiedEmbedding(50, 4, embedding_dropout=1)
