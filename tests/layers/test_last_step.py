import numpy as np
import pytest
from kerasdl.layers import LastStep


@pytest.mark.parametrize(
    ("tokens", "expected"), [([4, 5, 6], 3), ([4, 5, 0], 2), ([4, 0, 0], 1), ([0, 0, 0], 1), ([4, 0, 6], 3)]
)
def test_the_features_of_the_last_token(tokens, expected):
    features = np.arange(1.0, 4.0)[None, :, None] * np.ones(2)
    assert LastStep()([features, np.array([tokens])]).numpy().tolist() == [[expected, expected]]
