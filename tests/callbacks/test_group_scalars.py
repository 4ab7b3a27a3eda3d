import keras
import numpy as np
import pytest
from kerasdl.callbacks import GroupScalars
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.contracts import Mode, batches, small_model

X, Y = np.array([[1.0], [2.0]], "float32"), np.array([[0.0], [0.0]], "float32")


def line(stem=1.0, head=3.0, **options):
    """Predicts stem * head * x; the loss of (X, Y) is 2.5 (stem * head)^2."""
    layers = [keras.layers.Dense(1, use_bias=False, name=f"{group}_dense", **options) for group in ("stem", "head")]
    model = keras.Sequential([keras.Input((1,)), *layers])
    model.set_weights([np.array([[stem]]), np.array([[head]])])
    model.compile(keras.optimizers.SGD(0.01), "mse", run_eagerly=True)
    return model


def scalars_of(history, name):
    return {group: values.tolist() for group, values in history[name].items()}


def test_numbers_that_can_be_computed_by_hand(tmp_path):
    found = GroupScalars((X, Y), tmp_path)
    model = line()
    model.fit(X, Y, batch_size=2, callbacks=[found], verbose=0)
    # 5 stem head^2, and 5 stem^2 head.
    assert scalars_of(found.history, "gradient_norm") == {"stem": [45.0], "head": [15.0]}
    # 0.01 * 45 / 1 and 0.01 * 15 / 3.
    assert found.history["update_ratio"]["stem"] == pytest.approx([0.45])
    assert found.history["update_ratio"]["head"] == pytest.approx([0.05])
    events = EventAccumulator(str(tmp_path)).Reload()
    assert sorted(events.Tags()["scalars"]) == [
        *("gradient_norm/head", "gradient_norm/stem", "update_ratio/head", "update_ratio/stem")
    ]
    assert events.Scalars("update_ratio/stem")[0].value == pytest.approx(0.45)


class Weighs(keras.callbacks.Callback):
    """How far each execution moves the weights of each group."""

    def on_train_begin(self, logs=None):
        self.ratios = []

    def on_train_batch_begin(self, batch, logs=None):
        self.before = self.weights()

    def on_train_batch_end(self, batch, logs=None):
        pairs = zip(self.before, self.weights(), strict=True)
        self.ratios.append([np.linalg.norm(new - old) / np.linalg.norm(old) for old, new in pairs])

    def weights(self):
        variables = self.model.trainable_variables
        groups = [[np.ravel(v) for v in variables if v.path.startswith(name)] for name in ("stem", "stage1", "head")]
        return [np.concatenate(each) for each in groups]


@pytest.mark.parametrize(
    "mode",
    [
        Mode(run="eager", steps_per_execution=4),
        *(pytest.param(mode, marks=pytest.mark.slow) for mode in (Mode(), Mode(run="jit"))),
    ],
    ids=str,
)
def test_update_ratios_are_those_of_the_steps_of_the_fit(mode):
    found, weighs = GroupScalars(batches(4), every=1), Weighs()
    model = small_model(mode, keras.optimizers.SGD(0.01))
    model.fit(batches(), callbacks=[found, weighs], verbose=0, shuffle=False)
    # Of five steps, four are one execution, and one is left.
    executed = [[4], [1]] if mode.steps_per_execution == 4 else [[1]] * 5
    ratios = np.transpose(list(found.history["update_ratio"].values()))
    np.testing.assert_allclose(ratios, np.array(weighs.ratios) / executed, rtol=1e-3)


def test_gradients_are_those_of_the_loss_with_regularization():
    found = GroupScalars((X, Y))
    line(kernel_regularizer=keras.regularizers.L2(0.5)).fit(X, Y, callbacks=[found], verbose=0)
    assert scalars_of(found.history, "gradient_norm") == {"stem": [46.0], "head": [18.0]}


def test_gradients_are_not_scaled_as_mixed_precision_scales_them():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    found, model = GroupScalars((X, Y)), line(1 / 16, 1 / 8)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.fit(X, Y, callbacks=[found], verbose=0)
    assert found.history["gradient_norm"]["stem"] == pytest.approx([5 / 16 / 8**2], rel=1e-3)
    assert found.history["update_ratio"]["stem"] == pytest.approx([0.01 * 5 / 8**2], rel=1e-3)


def test_a_frozen_group_has_no_numbers():
    model = line()
    model.get_layer("stem_dense").trainable = False
    model.compile(keras.optimizers.SGD(0.01), "mse", run_eagerly=True)
    found = GroupScalars((X, Y))
    model.fit(X, Y, batch_size=2, callbacks=[found], verbose=0)
    assert np.isnan(found.history["gradient_norm"]["stem"]).tolist() == [True]
    assert np.isnan(found.history["update_ratio"]["stem"]).tolist() == [True]
    assert scalars_of(found.history, "gradient_norm")["head"] == [15.0]


def test_sample_weights_count():
    found = GroupScalars((X, Y, np.array([1.0, 0.0])))
    line().fit(X, Y, callbacks=[found], verbose=0)
    # As Keras divides by the sum of the batch: 2 * 9 * 1 / 2.
    assert scalars_of(found.history, "gradient_norm")["stem"] == [9.0]


def test_rows_of_an_embedding_that_are_used_twice_count_together():
    layers = [
        keras.layers.Embedding(3, 1, name="stem_words"),
        keras.layers.Flatten(),
        keras.layers.Dense(1, name="head_sum"),
    ]
    model = keras.Sequential([keras.Input((2,), dtype="int32"), *layers])
    model.set_weights([np.ones((3, 1)), np.ones((2, 1)), np.zeros(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = np.array([[1, 1]]), np.zeros((1, 1))
    found = GroupScalars((x, y))
    model.fit(x, y, callbacks=[found], verbose=0)
    assert scalars_of(found.history, "gradient_norm")["stem"] == [8.0]  # 2 * 2, twice, at one row


def test_groups_that_cannot_be_inferred_are_asked_for():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="mine")])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match="Give one regular expression per group"):
        model.fit(X, Y, callbacks=[GroupScalars((X, Y))], verbose=0)
    found = GroupScalars((X, Y), groups=["mine"])
    model.fit(X, Y, callbacks=[found], verbose=0)
    assert list(found.history["update_ratio"]) == ["mine"]


@pytest.mark.slow
def test_several_replicas_have_the_numbers_of_one(two_devices):
    model_of = {}
    with two_devices.scope():
        model_of["two"] = small_model(Mode(run="eager", devices=2), keras.optimizers.SGD(1e-3))
    model_of["one"] = small_model(Mode(run="eager"), keras.optimizers.SGD(1e-3))
    norms = {}
    for name, model in model_of.items():
        found = GroupScalars(batches(4))
        model.fit(batches(8), callbacks=[found], verbose=0, shuffle=False)
        norms[name] = [values[0] for values in found.history["gradient_norm"].values()]
    assert norms["two"] == pytest.approx(norms["one"], rel=1e-5)
