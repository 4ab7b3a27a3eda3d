import keras
import numpy as np
from kerasdl.layers import NaiveBayes

RATIOS = [[2, -2], [1, -1], [-3, 3]]


def test_untrained_it_is_a_tenth_of_naive_bayes_of_texts_of_length_one():
    layer = NaiveBayes(3, 2, ratios=RATIOS, odds=[0.5, -0.5])
    logits = layer(np.array([[0, 1, 1, 3, 2], [2, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    # (2 + 2 - 3 + 1 + 0.5) / sqrt(4) / 10; (1 + 0.5) / sqrt(1) / 10
    np.testing.assert_allclose(logits[:, 0], [0.125, 0.15, 0.05], rtol=1e-6)
    np.testing.assert_allclose(logits[:, 1], [-0.125, -0.15, -0.05], rtol=1e-6)


def test_deviations_change_the_weight_of_a_ratio():
    layer = NaiveBayes(3, 2, ratios=RATIOS)
    layer.build(None)
    layer.deviations.assign([[7, 7], [0.9, 0], [0, 0], [0, 0]])
    np.testing.assert_allclose(layer(np.array([[0, 1, 0]])), [[2, -0.2]], rtol=1e-6)


def test_only_weights_and_bias_learn_and_ratios_are_saved(tmp_path):
    numbers = keras.Input((None,), dtype="int32")
    model = keras.Model(numbers, NaiveBayes(3, 2, ratios=RATIOS)(numbers))
    assert [weight.name for weight in model.trainable_weights] == ["deviations", "bias"]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].ratios.numpy().tolist() == [[0, 0], *RATIOS]


def test_it_computes_in_float32_under_any_policy():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    assert NaiveBayes(3, 2, ratios=RATIOS)(np.array([[1, 2]])).dtype.name == "float32"
