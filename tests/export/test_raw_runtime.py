"""Raw input in, numbers out: by Keras, and by what was written of the model."""

import numpy as np
import pytest
from kerasdl import export

from tests.export.zoo import KINDS, made


def by_name(exported, inputs):
    return inputs if isinstance(inputs, dict) else {exported.input.name: inputs}


@pytest.mark.parametrize(
    "kind", [kind if kind == "forecaster" else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_keras_in_one_function(kind):
    exported, inputs, expected = made(kind)
    found = export.raw_runtime(exported)(by_name(exported, inputs))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "saved_model"])
@pytest.mark.parametrize("kind", KINDS)
def test_another_runtime(kind, form, tmp_path):
    """Strings and the size of pictures are prepared by Keras where the format does not hold them."""
    pytest.importorskip("onnxruntime", reason="the extra export is not installed")
    exported, inputs, expected = made(kind)
    run = export.raw_runtime(exported, export.Conversion(exported).write(form, tmp_path / form), threads=2)
    np.testing.assert_allclose(run(by_name(exported, inputs)), expected, atol=1e-4)
