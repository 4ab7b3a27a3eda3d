"""Every kind of model in every format: equal to Keras on 100 inputs, or named as impossible before it is written."""

import json
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl import export, models
from kerasdl.data import tabular
from kerasdl.errors import BadInput

from tests.export.zoo import KINDS, TEXTS, forecaster, lstm, made, vocabulary

pytest.importorskip("onnxruntime", reason="the extra export is not installed")
pytest.importorskip("ai_edge_litert", reason="the extra export is not installed")
pytest.importorskip("openvino", reason="the extra export is not installed")

FORMATS = ("saved_model", "onnx", "litert", "openvino")
# Of every kind one, and of every format one at least; all of them with `make test-all`.
CHEAP = {
    ("image", "litert"), ("table", "saved_model"), ("lstm", "onnx"), ("ngrams", "openvino"), ("forecaster", "onnx"),
    ("sequence", "onnx"), ("audio", "onnx"),
}  # fmt: skip
MATRIX = [
    pytest.param(kind, form, marks=() if (kind, form) in CHEAP else pytest.mark.slow)
    for kind in KINDS
    for form in FORMATS
]


def converted(exported, inputs, form, folder):
    """The numbers of the written model in its own runtime."""
    conversion = export.Conversion(exported, samples=[inputs])
    return export.load_runtime(conversion.write(form, folder / form))(conversion.prepare(form, inputs))


@pytest.mark.parametrize(("kind", "form"), MATRIX)
def test_the_same_numbers_as_keras(kind, form, tmp_path):
    exported, inputs, expected = made(kind)
    found = converted(exported, inputs, form, tmp_path)
    assert len(found) == 100
    assert expected.std(axis=0).max() > 1e-3
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_other_cells_are_unrolled_for_openvino(cell, tmp_path):
    exported, texts = lstm(cell)
    core = export.numeric_core(exported)
    with pytest.raises(BadInput, match=r"holds recurrent layers \((GRU|SimpleRNN)\) at one length only"):
        export.to_openvino(core.model, tmp_path / "model.xml")
    with pytest.raises(BadInput, match="up to 256 steps"):
        export.to_openvino(core.model, tmp_path / "model.xml", length=257)
    assert not list(tmp_path.iterdir())
    run = export.load_runtime(export.to_openvino(core.model, tmp_path / "model.xml", length=20))
    np.testing.assert_allclose(run(core.prepare(texts)), exported.predict(texts, verbose=0), atol=1e-4)


@pytest.mark.slow
def test_a_forecaster_of_gru_cells_has_a_length_of_its_own(tmp_path):
    exported, windows = forecaster("gru")
    found = converted(exported, windows, "openvino", tmp_path)
    np.testing.assert_allclose(found, exported.predict(windows, verbose=0), atol=1e-4)


def test_litert_needs_a_length_for_texts(tmp_path):
    conversion = export.Conversion(made("lstm")[0])
    with pytest.raises(BadInput, match="LiteRT holds this model at one length only: pass length"):
        conversion.write("litert", tmp_path / "litert")
    with pytest.raises(BadInput, match="pass length"):
        export.to_litert(conversion.core.model, tmp_path / "model.tflite")
    assert not list(tmp_path.iterdir())


def test_a_saved_model_names_its_inputs_outputs_and_classes(tmp_path):
    exported, inputs, expected = made("table")
    saved = tf.saved_model.load(str(export.to_saved_model(exported, tmp_path / "saved")))
    found = saved.signatures["serving_default"](**inputs)
    assert [name.decode() for name in found["classes"].numpy()] == ["no", "yes"]
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-6)


@pytest.mark.slow
def test_a_saved_model_of_texts_answers_in_a_process_without_kerasdl(tmp_path):
    """As a server of TensorFlow's would load it."""
    exported, texts, expected = made("lstm")
    code = (
        "import json, sys, tensorflow as tf; loaded = tf.saved_model.load(sys.argv[1]); "
        "found = loaded.signatures['serving_default'](text=tf.constant(json.load(sys.stdin))); "
        "assert 'kerasdl' not in sys.modules; "
        "print(json.dumps([found['probabilities'].numpy().tolist(), *map(bytes.decode, found['classes'].numpy())]))"
    )
    command = [sys.executable, "-c", code, str(export.to_saved_model(exported, tmp_path / "saved"))]
    given = json.dumps([each.decode() for each in texts.numpy()])
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    found, *classes = json.loads(done.stdout)
    assert classes == ["bad", "good"]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_onnx_holds_the_class_names(tmp_path):
    import onnx

    core = export.numeric_core(made("sequence")[0])
    file = export.to_onnx(core.model, tmp_path / "model.onnx", facts=core.facts)
    model = onnx.load(str(file))
    assert {each.key: json.loads(each.value) for each in model.metadata_props}["classes"] == ["up", "down"]
    assert [each.name for each in model.graph.output] == ["probabilities"]


@pytest.mark.slow
def test_eight_bits_are_smaller_and_nearly_the_same(tmp_path):
    network = models.mlp((64,), 4, hidden=(128, 128))
    x = np.random.default_rng(0).normal(size=(100, 64)).astype("float32")
    large = export.to_litert(network, tmp_path / "large.tflite")
    (name,) = (each.name for each in network.inputs)
    small = export.to_litert(network, tmp_path / "small.tflite", representative=[{name: x}])
    assert small.stat().st_size < 0.35 * large.stat().st_size
    expected, found = (export.load_runtime(path)({name: x}) for path in (large, small))
    assert 1e-6 < np.abs(found - expected).max() < 0.1 * np.abs(expected).max()


@pytest.mark.slow
def test_wide_intervals_beside_narrow_ones_survive_eight_bits(tmp_path):
    """Half of the first numbers lie within a thousandth of the range, as the capital gains of Adult do."""
    network = models.tabular([], 2, outputs=1, hidden=(16,), edges=[[-3, -0.002, 0, 0.002, 3], [-2, 2]])
    x = np.random.default_rng(0).uniform(-3, 3, (300, 2)).astype("float32")
    x[::2, 0] /= 1500
    files = {
        name: export.to_litert(network, tmp_path / f"{name}.tflite", representative=batches)
        for name, batches in (("large", None), ("small", [{"numbers": x}]))
    }
    expected, found = (export.load_runtime(files[name])({"numbers": x}) for name in ("large", "small"))
    np.testing.assert_allclose(expected, network({"numbers": x}), atol=1e-5)
    assert np.abs(found - expected).max() < 0.1 * expected.std()


def test_a_path_of_no_runtime(tmp_path):
    with pytest.raises(BadInput, match=r"must be a folder or end with one of \['.onnx', '.tflite', '.xml'\]"):
        export.load_runtime(tmp_path / "model.pb")


@pytest.mark.parametrize("form", ["litert", pytest.param("onnx", marks=pytest.mark.slow)])
def test_an_ensemble_of_one_number(form, tmp_path):
    """LiteRT's converter fails on the einsum of one output; ONNX has one name for one thing."""
    rng = np.random.default_rng(0)
    data = tabular.from_frame(pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "y"]), "y")
    network = models.tabular([], data.numbers, hidden=(4,), outputs=1, ensemble=2)
    exported = export.table_model(network, data.encoder, targets=data.target_scales)
    inputs = {name: tf.constant(rng.normal(size=(100, 1)), tf.float32) for name in ("a", "b")}
    found = converted(exported, inputs, form, tmp_path)
    np.testing.assert_allclose(found, exported.predict(inputs, verbose=0), atol=1e-4)


def test_texts_of_many_batches_are_prepared():
    core = export.numeric_core(made("lstm")[0])
    (tokens,) = core.prepare(tf.constant(["a"] * 50 + ["to be or not to be"] * 50)).values()
    assert len(tokens) == 100
    assert tokens[0, -1] == 0 < tokens[99, -1]


def test_eight_bits_of_a_table_with_categories_and_none_of_an_lstm(tmp_path):
    exported, inputs, _ = made("table")
    conversion = export.Conversion(exported)
    given = conversion.prepare("litert", inputs)
    # Inputs have names: their order says nothing.
    batches = [dict(reversed(given.items()))]
    found = export.load_runtime(conversion.write("litert", tmp_path / "a", representative=batches))(given)
    assert found.shape == conversion.network("litert")(given).shape
    lstm = export.Conversion(made("lstm")[0], length=20)
    assert "no useful 8 bits for recurrent layers (LSTM)" in lstm.why_not("litert", eight_bits=True)
    with pytest.raises(BadInput, match="no useful 8 bits"):
        lstm.write("litert", tmp_path / "b", representative=[{}])
    assert not (tmp_path / "b").exists()
    (tmp_path / "a" / "cat.jpg").write_text("")
    with pytest.raises(BadInput, match="The folder has other files, such as 'cat.jpg'"):
        conversion.write("litert", tmp_path / "a")
    assert (tmp_path / "a" / "model.tflite").exists()


def test_what_keras_has_left_of_a_format_takes_inputs_of_its_length():
    exported, texts, expected = made("lstm")
    conversion = export.Conversion(exported, length=30, samples=[texts])
    inputs = conversion.prepare("litert", texts)
    assert inputs["tokens"].shape == (100, 30)
    assert conversion.prepare("onnx", texts)["tokens"].shape[1] < 30
    np.testing.assert_allclose(conversion.network("litert")(inputs), expected, atol=1e-5)
    assert export.Conversion(exported, length=3).prepare("litert", texts)["tokens"].shape == (100, 3)
    assert (
        export.Conversion(exported, samples=[texts[:1], texts]).length
        == conversion.prepare("onnx", texts)["tokens"].shape[1]
    )
    assert export.Conversion(made("table")[0], length=3).length is None


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_becomes_float32(kind, policy, tmp_path):
    """But for a SavedModel, which computes as the model does."""
    keras.mixed_precision.set_dtype_policy(policy)
    exported, inputs = KINDS[kind]()
    conversion = export.Conversion(exported, samples=[inputs])
    for form in ("saved_model", "onnx"):
        given = conversion.prepare(form, inputs)
        found = export.load_runtime(conversion.write(form, tmp_path / form))(given)
        np.testing.assert_allclose(found, conversion.network(form)(given), atol=1e-4, rtol=0)
    rounded = conversion.network("saved_model")(conversion.prepare("saved_model", inputs))
    assert 1e-6 < np.abs(found - rounded).max() < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_language_model(form, tmp_path):
    network = models.awd_lstm(len(vocabulary()), batch_size=2, embedding=5, units=6, depth=2)
    exported = export.language_model(network, vocabulary().layer())
    texts = tf.constant(TEXTS * 25)
    found = converted(exported, texts, form, tmp_path)
    np.testing.assert_allclose(found, exported.predict(texts, verbose=0), atol=1e-4)
