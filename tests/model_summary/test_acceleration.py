import sys

import keras
import pytest
import tensorflow as tf
from keras import layers
from kerasdl.layers import WeightDropLSTM
from kerasdl.model_summary.acceleration import Machine, acceleration

AMX = Machine(bfloat16_gain=6.0)
CPU, PASCAL, TURING, AMPERE = Machine(), Machine(((6, 1),)), Machine(((7, 5),)), Machine(((8, 0),))


def dense(policy: str = "float32", units: int = 8) -> keras.Model:
    return keras.Sequential(
        [keras.Input((16,)), layers.Dense(units, dtype=policy, name="body"), layers.Dense(3, dtype="float32")]
    )


def recurrent(*stack: layers.Layer, masked: bool = False) -> keras.Model:
    embedding = layers.Embedding(9, 8, mask_zero=masked)
    return keras.Sequential([keras.Input((5,), dtype="int32"), embedding, *stack])


def test_this_machine():
    assert Machine.here() == Machine((), False, True) or tf.config.list_physical_devices("GPU")


def test_without_a_gpu_nothing_is_said_of_its_parts():
    assert acceleration(recurrent(layers.LSTM(4)), CPU) == {
        "GPU": "none, so neither cuDNN nor Tensor Cores",
        "mixed precision": "off - the layers compute in float32",
        "XLA": "off - jit_compile='auto' compiles only where there is a GPU; jit_compile=True does anywhere",
    }


@pytest.mark.parametrize(
    ("policy", "machine", "expected"),
    [
        ("float32", PASCAL, "off - the layers compute in float32"),
        ("float32", TURING, "off - the layers compute in float32; mixed_float16 is faster here"),
        ("mixed_float16", TURING, "on - 1 of 2 layers with weights compute in float16"),
        ("mixed_bfloat16", TURING, "on - 1 of 2 layers with weights compute in bfloat16; mixed_float16 is faster here"),
        ("mixed_bfloat16", AMPERE, "on - 1 of 2 layers with weights compute in bfloat16"),
        ("mixed_float16", AMPERE, "on - 1 of 2 layers with weights compute in float16"),
        ("float32", AMX, "off - the layers compute in float32; mixed_bfloat16 is faster here"),
        ("mixed_bfloat16", AMX, "on - 1 of 2 layers with weights compute in bfloat16"),
    ],
)
def test_mixed_precision(policy, machine, expected):
    assert acceleration(dense(policy), machine)["mixed precision"] == expected


def test_whether_a_cpu_gains_is_not_promised():
    for half, machine in (("bfloat16", CPU), ("float16", AMX)):
        line = acceleration(dense(f"mixed_{half}"), machine)["mixed precision"]
        assert line.endswith(f"compute in {half}; only a measurement tells whether this CPU gains by it")


def test_loss_scaling_is_missed_where_keras_adds_none():
    """Keras looks at the policy of the model alone."""
    model = dense("mixed_float16")
    model.compile("sgd", "mse")
    assert not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert "LossScaleOptimizer(optimizer)" in acceleration(model, CPU)["loss scaling"]
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()), "mse")
    assert "loss scaling" not in acceleration(model, CPU)
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    model = dense("mixed_float16")
    assert "loss scaling" not in acceleration(model, CPU)
    model.compile("sgd", "mse")
    assert "loss scaling" not in acceleration(model, CPU)
    assert "loss scaling" not in acceleration(dense("mixed_bfloat16"), CPU)


def test_xla():
    model = dense()
    assert acceleration(model, AMPERE)["XLA"] == "on - jit_compile='auto' compiles on a GPU"
    deterministic = Machine(AMPERE.gpus, deterministic=True)
    assert acceleration(model, deterministic)["XLA"].startswith("off - Keras turns it off where operations are")
    model.compile("sgd", "mse", jit_compile=True)
    assert acceleration(model, CPU)["XLA"] == "on - compiled with jit_compile=True"
    model.compile("sgd", "mse", run_eagerly=True)
    assert acceleration(model, AMPERE)["XLA"] == "off - compiled with run_eagerly=True"


def test_xla_after_a_compile_on_a_machine_without_gpu():
    """Keras saves what `compile` made of "auto"."""
    model = dense()
    model.compile("sgd", "mse")
    assert model.get_compile_config()["jit_compile"] is bool(tf.config.list_physical_devices("GPU"))
    model.compile("sgd", "mse", jit_compile=False)
    assert acceleration(model, AMPERE)["XLA"].startswith("off - compiled with jit_compile=False, or loaded after")


def test_layers_without_xla_are_named():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.RandomRotation(0.1, name="turn"), layers.Conv2D(2, 3)])
    assert acceleration(model, AMPERE)["XLA"] == "off - not supported by turn (RandomRotation)"


def test_xla_under_a_strategy(two_devices):
    with two_devices.scope():
        model = dense()
    assert acceleration(model, AMPERE)["XLA"] == "off - jit_compile='auto' does not compile under a strategy"


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.LSTM(4), "on"),
        (layers.LSTM(4, dropout=0.2), "on"),
        (WeightDropLSTM(4, weight_dropout=0.5), "on"),
        (layers.GRU(4), "on"),
        (layers.LSTM(4, recurrent_dropout=0.2), "off - recurrent_dropout=0.2"),
        (layers.LSTM(4, activation="relu", unroll=True), "off - activation='relu', unroll=True"),
        (layers.LSTM(4, recurrent_activation="relu"), "off - recurrent_activation='relu'"),
        (layers.LSTM(4, use_bias=False), "off - use_bias=False"),
        (layers.LSTM(4, use_cudnn=False), "off - use_cudnn=False"),
        (layers.GRU(4, reset_after=False), "off - reset_after=False"),
        (layers.SimpleRNN(4), "off - Keras has it for LSTM and GRU, not for SimpleRNN"),
    ],
)
def test_cudnn(layer, expected):
    assert acceleration(recurrent(layer), AMPERE)[f"cuDNN, {layer.name}"] == expected


def test_the_conditions_of_cudnn_are_those_of_keras(monkeypatch):
    """With a GPU, as far as Keras knows."""
    # The name of the module is that of a function.
    monkeypatch.setattr(sys.modules["keras.src.backend.tensorflow.rnn"], "_is_gpu_available", lambda: True)
    for options in (
        {},
        {"activation": "relu"},
        {"recurrent_activation": "tanh"},
        {"use_bias": False},
        {"unroll": True},
    ):
        layer = layers.LSTM(4, name="lstm", **options)
        line = acceleration(recurrent(layer), AMPERE)
        assert layer.supports_jit is (line["cuDNN, lstm"] != "on"), options
        if not layer.supports_jit:
            assert line["XLA"] == "off - not supported by lstm (LSTM)"


def test_cudnn_of_masked_and_nested_layers():
    found = acceleration(recurrent(layers.Bidirectional(layers.GRU(4), name="both"), masked=True), AMPERE)
    lines = {name: line for name, line in found.items() if "cuDNN" in name}
    assert len(lines) == 2
    assert all(name.startswith("cuDNN, both/") for name in lines)
    assert all("as long as masks are padded on the right" in line for line in lines.values())


@pytest.mark.parametrize(
    ("policy", "machine", "expected"),
    [
        ("mixed_float16", TURING, "on"),
        ("mixed_bfloat16", TURING, "off - bfloat16 needs compute capability 8.0"),
        ("mixed_float16", PASCAL, "off - float16 needs compute capability 7.0"),
        ("float32", AMPERE, "on - for float32 rounded to 10 bits of mantissa (TensorFloat-32)"),
        (
            "float32",
            TURING,
            "off - float32 needs compute capability 8.0 and TensorFloat-32; 16 bits need mixed precision",
        ),
    ],
)
def test_tensor_cores(policy, machine, expected):
    assert acceleration(dense(policy), machine)["Tensor Cores"] == expected


def test_sizes_that_tensor_cores_do_not_like():
    line = acceleration(dense("mixed_float16", units=10), TURING)["Tensor Cores"]
    # The logits are in float32.
    assert line == "on - less efficient where a size is no multiple of 8: body (10)"
