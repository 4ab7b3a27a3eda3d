import inspect
import pickle
from dataclasses import replace
from typing import Any

import kerasdl
import keras
import numpy as np
import pytest
from kerasdl import callbacks, groups, models, optimizers, schedules
from kerasdl.arguments import arguments_of, check_one_rate, explain, known_arguments, meant
from kerasdl.data import augment, images, mixing, sequences, series, tabular, text
from kerasdl.deprecation import renamed_arguments

FACES = (callbacks, images, tabular, text, series, sequences, augment, mixing, models, optimizers, schedules, groups)


def is_decorated(part: Any) -> bool:
    return hasattr(part.__init__ if inspect.isclass(part) else part, "passes_on_to")


def parts() -> dict[str, Any]:
    """The functions and classes of all faces, by name."""
    named = {f"{face.__name__}.{name}": part for face in FACES for name, part in vars(face).items()}
    kinds = (inspect.isclass, inspect.isfunction)
    return {name: part for name, part in named.items() if "._" not in name and any(is_kind(part) for is_kind in kinds)}


PUBLIC = [part for part in parts().values() if is_decorated(part)]


def takes_names_of_others(part: Any) -> bool:
    """Whether a part builds data or a model, or has a learning rate."""
    if inspect.isclass(part):
        return part.__module__.startswith("kerasdl") and "peak_lr" in arguments_of(part)
    return part.__name__.startswith("from_") or bool({"input_shape", "peak_lr"} & {*arguments_of(part)})


@pytest.mark.parametrize("name", [name for name, part in parts().items() if takes_names_of_others(part)])
def test_what_builds_data_or_a_model_or_has_a_learning_rate_is_decorated(name):
    assert is_decorated(parts()[name])


def test_so_are_these():
    others = (callbacks.LRRangeTest, callbacks.GradualUnfreezing, kerasdl.lr_find, groups.discriminative)
    others += (models.tabular, models.replace_head, augment.Augmentation, augment.standard, mixing.MixUp, mixing.CutMix)
    others += tuple(getattr(optimizers, name) for name in ["SGD", "Adam", "AdamW", "RMSprop", "Lamb", "Lion", "Muon"])
    assert all(is_decorated(each) for each in others)
    assert {*others} <= {*PUBLIC}


@pytest.mark.parametrize("part", PUBLIC, ids=lambda part: f"{part.__module__}.{part.__name__}")
def test_signature_and_documentation_are_kept(part):
    function = part.__init__ if inspect.isclass(part) else part
    original = inspect.unwrap(function)
    assert original is not function
    assert inspect.signature(function) == inspect.signature(original)
    assert (function.__name__, function.__doc__) == (original.__name__, original.__doc__)
    assert part.__doc__


def message_of(function: Any, *given: Any, **arguments: Any) -> str:
    with pytest.raises(TypeError) as caught:
        function(*given, **arguments)
    return str(caught.value)


def small_model() -> keras.Model:
    model = models.mlp((2,), outputs=1, hidden=(2,))
    model.compile("sgd", "mse")
    return model


def test_messages():
    assert message_of(images.from_folder, bs=8) == "from_folder has no argument bs: use batch_size. Received: bs=8"
    assert message_of(images.from_folder, "pets", batchsize=8) == (
        "from_folder has no argument batchsize: the nearest is batch_size. Received: batchsize=8"
    )
    assert message_of(callbacks.CosineRestarts, 0.1, colour="red") == (
        "CosineRestarts has no argument colour: its arguments are peak_lr, cycle_epochs, growth, end_lr. "
        "Received: colour='red'"
    )
    assert message_of(augment.digits, colour="red") == (
        "digits has no argument colour: its arguments are none. Received: colour='red'"
    )
    assert message_of(callbacks.OneCycle, 0.1, moms=(0.95, 0.85, 0.95), pct_start=0.3) == (
        "OneCycle has no argument moms: use momentum=(0.95, 0.85), (high, low); no argument pct_start: "
        "use warmup_share=0.3. Received: moms=(0.95, 0.85, 0.95), pct_start=0.3"
    )
    assert message_of(images.from_folder, "pets", shuffle=True) == (
        "from_folder has no argument shuffle: training data are always shuffled, and validation data never. "
        "Received: shuffle=True"
    )
    assert message_of(text.from_folder, "reviews", is_lm=True) == (
        "from_folder has no argument is_lm: data.text.language_model makes the batches of a language model. "
        "Received: is_lm=True"
    )
    assert message_of(augment.standard, max_rotate=20) == (
        "standard has no argument max_rotate: a preset is changed by dataclasses.replace, such as "
        "replace(augment.standard(), rotate=20.0). Received: max_rotate=20"
    )


@pytest.mark.parametrize(
    ("function", "name", "ours"),
    [
        (images.from_folder, "valid_pct", "valid_share"),
        (images.from_folder, "size", "image_size"),
        (images.from_pattern, "pat", "pattern"),
        (images.from_csv, "fn_col", "image"),  # an argument of from_frame
        (images.from_csv, "bs", "batch_size"),  # a field of FileOptions, through from_frame
        (images.from_frame, "label_col", "target"),
        (images.from_arrays, "vocab", "classes"),
        (images.from_tfds, "random_state", "seed"),
        (tabular.from_csv, "dep_var", "target"),
        (tabular.from_frame, "valid_col", "split"),
        (text.from_csv, "label_col", "label"),
        (text.from_frame, "text_cols", "text"),
        (text.from_folder, "valid_pct", "valid_share"),
        (text.from_texts, "y", "labels"),
        (text.language_model, "bs", "batch_size"),
        (text.language_model, "seq_len", "length"),
        (text.language_model, "bptt", "length"),
        (text.language_model, "text_vocab", "vocabulary"),
        (text.language_model, "tok_tfm", "vocabulary"),
        (text.numericalize, "max_tokens", "max_vocab"),
        (series.from_csv, "window", "lookback"),
        (series.from_frame, "valid_pct", "test_share"),
        (sequences.from_ts, "validation_split", "valid_share"),
        (sequences.from_arrays, "class_names", "classes"),
        (kerasdl.lr_find, "num_it", "num_steps"),
        (kerasdl.lr_find, "bs", "batch_size"),  # an argument of fit
        (callbacks.LRRangeTest, "max_lr", "end_lr"),
        (callbacks.FlatCosine, "learning_rate", "peak_lr"),
        (schedules.one_cycle, "max_lr", "peak_lr"),
        (schedules.OneCycleSchedule, "initial_learning_rate", "peak_lr"),
        (optimizers.SGD, "lr", "learning_rate"),
        (optimizers.SGD, "mom", "momentum"),
        (optimizers.Adam, "mom", "beta_1"),
        (optimizers.RMSprop, "sqr_mom", "rho"),
        (optimizers.Muon, "wd", "weight_decay"),
        (models.mlp, "layers", "hidden"),
        (models.recurrent, "hidden_size", "units"),
        (models.language_model, "input_dim", "vocabulary_size"),
        (models.language_model, "output_dim", "embedding"),
        (models.awd_lstm, "vocab_sz", "vocabulary_size"),
        (models.awd_lstm, "emb_sz", "embedding"),
        (models.awd_lstm, "n_hid", "units"),
        (models.awd_lstm, "n_layers", "depth"),
        (models.awd_lstm, "hidden_p", "drop_mult"),
        (models.forecaster, "num_outputs", "outputs"),
        (models.resnet18, "num_classes", "classes"),
        (models.resnet50, "pretrained", "weights"),  # an argument of resnet
        (models.cifar_resnet, "norm", "normalization"),
        (models.replace_head, "n_out", "classes"),
    ],
)
def test_names_of_others(function, name, ours):
    assert f"has no argument {name}: use {ours}" in message_of(function, **{name: None})


def test_one_learning_rate_per_group_belongs_to_the_optimizer():
    answer = "use groups.discriminative(model, rates=(1e-05, 0.001)) in the optimizer, and one"
    rates = slice(1e-5, 1e-3)
    assert message_of(callbacks.OneCycle, max_lr=rates) == (
        f"OneCycle has no argument max_lr: {answer} peak_lr. Received: max_lr=slice(1e-05, 0.001, None)"
    )
    for part in (callbacks.OneCycle, callbacks.FlatCosine, callbacks.CosineRestarts):
        for several in (rates, [1e-5, 1e-3], (1e-5, 1e-4, 1e-3), np.array([1e-5, 1e-3])):
            assert f"peak_lr must be one number: {answer} peak_lr. Received: peak_lr=" in message_of(part, several)
    for schedule in (schedules.OneCycleSchedule, schedules.FlatCosineSchedule, schedules.WarmUpSchedule):
        assert f"peak_lr must be one number: {answer} peak_lr" in message_of(schedule, rates, 10)
    assert f"end_lr must be one number: {answer} end_lr" in message_of(callbacks.LRRangeTest, 1e-7, rates)
    assert f"start_lr must be one number: {answer} start_lr" in message_of(
        kerasdl.lr_find, small_model(), np.ones((4, 2)), np.ones((4, 1)), start_lr=rates
    )
    for optimizer in (optimizers.SGD, optimizers.Muon):
        assert f"learning_rate must be one number: {answer} learning_rate" in message_of(optimizer, rates)
        assert f"learning_rate must be one number: {answer}" in message_of(optimizer, learning_rate=rates)
    for pair in (rates, [1e-5, 1e-4, 1e-3]):
        assert "such as rates=(1e-05, 0.001). Received: " in message_of(
            groups.discriminative, small_model(), rates=pair
        )
    check_one_rate("peak_lr", np.float32(0.1))


def test_our_own_names_are_never_taken_for_those_of_others():
    # Each is a name that another function has another word for.
    assert optimizers.SGD(learning_rate=0.1, momentum=0.9, weight_decay=0.1).momentum == 0.9
    assert callbacks.GradualUnfreezing(patience=1, mode="max", groups=["head"]).mode == "max"
    assert models.recurrent((3, 1), 2, units=(2,), cell="gru").output_shape == (None, 2)


def test_options_that_a_function_passes_on_are_known():
    assert {"group", "image_size", "batch_size", "on_bad"} <= {*arguments_of(images.from_folder)}
    assert {"path", "separator", "image", "tag_separator", "channels"} <= {*arguments_of(images.from_csv)}
    assert "frame" not in arguments_of(images.from_csv)  # from_csv makes it
    assert "on_bad" not in arguments_of(images.from_arrays)
    assert {"learning_rate", "nesterov", "clipnorm", "groups"} <= {*arguments_of(optimizers.SGD)}
    assert {"sample_weight", "batch_size"} <= {*arguments_of(kerasdl.lr_find)}
    assert "self" not in {*arguments_of(kerasdl.lr_find), *arguments_of(optimizers.SGD)}


@known_arguments()
class Parent:
    def __init__(self, rate, *, steps=1):
        self.rate, self.steps = rate, steps


class Child(Parent):
    def __init__(self, power):
        super().__init__(10**power, steps=3)


class OwnRate(optimizers.SGD):
    """An optimizer with an argument of its own, which others know by another name."""

    def __init__(self, lr=0.1, **options):
        super().__init__(learning_rate=lr, **options)


def test_subclasses_have_arguments_of_their_own():
    assert Child(power=2).rate == 100
    assert message_of(Parent, 1, step=2) == "Parent has no argument step: the nearest is steps. Received: step=2"
    assert float(OwnRate(lr=0.25, momentum=0.9).learning_rate) == 0.25
    assert "OwnRate has no argument mom: use momentum" in message_of(OwnRate, mom=0.9)


class OwnFit(keras.Model):
    """A model whose fit has an argument of its own."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    def fit(self, *args, note="", **kwargs):
        self.note = note
        return super().fit(*args, **kwargs)


def test_lr_find_passes_on_what_only_the_fit_of_the_model_knows():
    model = OwnFit()
    model.compile("sgd", "mse")
    kerasdl.lr_find(model, np.ones((8, 2)), np.ones((8, 1)), num_steps=2, verbose=0, note="mine")
    assert model.note == "mine"


@renamed_arguments(colour="color")
@known_arguments()
def paint(*, color="blue", batch_size=1):
    return color


def test_old_names_go_on_working():
    with pytest.warns(DeprecationWarning, match="colour of paint is deprecated.*use color") as caught:
        assert paint(colour="red") == "red"
    assert caught[0].filename == __file__
    assert "paint has no argument bs: use batch_size" in message_of(paint, bs=8)
    with pytest.warns(DeprecationWarning, match="use zero_init_residual"):
        models.resnet((8, 8, 3), 2, depths=(1,), widths=(2,), stem="small", zero_gain=True)


def test_classes_are_saved_copied_and_pickled_as_before():
    changes = augment.Augmentation(flip=True)
    assert replace(changes, rotate=5.0) == pickle.loads(pickle.dumps(augment.Augmentation(flip=True, rotate=5.0)))
    assert isinstance(changes, augment.Augmentation)
    for part in (
        schedules.OneCycleSchedule(0.1, 10),
        optimizers.AdamW(1e-3, groups=[{"match": "head_", "lr": 2.0}], clipnorm=1.0),
    ):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(part))
        assert type(again) is type(part)
        assert again.get_config() == part.get_config()


def test_what_others_mean():
    assert meant("valid_pct", ["seed", "test_share"])[0] == "test_share"
    assert meant("valid_pct", ["seed"]) is None
    assert explain("procs", ["target"]).startswith("missing values")
    assert explain("colour", ["color"]) == ""


def test_a_long_value_is_shortened():
    message = message_of(tabular.from_frame, df=list(range(1000)))
    assert message.startswith("from_frame has no argument df: use frame. Received: df=[0, 1, ")
    assert message.endswith("…")
    assert len(message) < 200
