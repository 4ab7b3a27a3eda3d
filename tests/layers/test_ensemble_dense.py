import keras
import numpy as np
import pytest
from kerasdl.layers import EnsembleDense
from kerasdl.layers.ensemble_dense import random_signs


def test_by_hand():
    layer = EnsembleDense(1, members=2)
    layer.build((None, 2))
    # The kernel of all, then scales of inputs and outputs, and the bias of each member.
    layer.set_weights([np.array(each) for each in ([[1], [10]], [[1, 1], [2, 0]], [[1], [3]], [[0], [5]])])
    assert layer(np.array([[1.0, 2.0]])).numpy().tolist() == [[[21.0], [2 * 3 + 5]]]
    own = np.array([[[1.0, 2.0], [1.0, 0.0]]])
    assert layer(own).numpy().tolist() == [[[21.0], [2 * 3 + 5]]]
    assert layer.compute_output_shape((None, 2)) == (None, 2, 1)


def test_members_differ_from_the_start_by_signs_alone():
    keras.utils.set_random_seed(0)
    outputs = EnsembleDense(4, members=3, random_signs=True)(np.ones((1, 5), "float32")).numpy()
    assert not np.allclose(outputs[0, 0], outputs[0, 1])
    same = EnsembleDense(4, members=3)(np.ones((1, 5), "float32")).numpy()
    np.testing.assert_array_equal(same[0, 0], same[0, 2])
    assert set(np.ravel(random_signs((4, 9)))) == {-1.0, 1.0}


def test_adapters_do_not_decay():
    layer = EnsembleDense(2, members=2)
    layer.build((None, 3))
    assert [weight.name for weight in layer.weights] == ["kernel", "input_gamma", "output_gamma", "bias"]


def test_invalid_arguments():
    with pytest.raises(ValueError, match=r"must be at least 1\. Received: units=2, members=0"):
        EnsembleDense(2, members=0)
    with pytest.raises(ValueError, match=r"\(batch, 3, features\)\. Received: inputs of \(1, 2, 5\)"):
        EnsembleDense(2, members=3)(np.ones((1, 2, 5), "float32"))
