import errno
import os
import shutil
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks import GradualUnfreezing, LRRangeTest, OneCycle, Resume, StepScalars, input_position
from kerasdl.callbacks.checkpoint_file import read_checkpoint
from kerasdl.data import images
from kerasdl.data.python_call import python_call
from kerasdl.errors import BadInput
from kerasdl.models import language_model

from tests import kills
from tests.contracts import Mode, _arrays, batches, same, small_model, state

EAGER = Mode(run="eager")


class Dies(keras.callbacks.Callback):
    """Raises after so many steps."""

    def __init__(self, after=None, how=None):
        super().__init__()
        self._after, self._count, self._how = after, 0, how or self._die

    def on_train_batch_end(self, batch, logs=None):
        self._count += 1
        if self._count == self._after:
            self._how()

    def _die(self):
        raise RuntimeError("on purpose")


def arrays(count=40):
    x, y = (np.concatenate(each) for each in zip(*batches(count).as_numpy_iterator(), strict=True))
    return {"x": x, "y": y, "batch_size": 8, "shuffle": False}


def fit(folder, data=None, dies=None, mode=EAGER, epochs=3, optimizer=None, used=None, **options):
    """Five steps an epoch; the model, what `fit` returned, and the callbacks."""
    model = small_model(mode, optimizer or keras.optimizers.SGD(0.003, momentum=0.9))
    own = [OneCycle(0.05), keras.callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)]
    scalars, resume = (
        StepScalars(folder / "logs"),
        Resume(folder / "steps", every_minutes=None, every_steps=2, **options),
    )
    callbacks = [*(own if used is None else used), scalars, dies or Dies(), resume]
    history = model.fit(**(data or arrays()), epochs=epochs, callbacks=callbacks, verbose=0)
    return model, history.history, scalars.history, resume


def assert_same(left, right):
    assert same(state(left[0]), state(right[0]))
    assert left[1:3] == right[1:3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A fit that nothing interrupts."""
    return fit(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(
    ("after", "resumed"),
    [
        pytest.param(1, None, marks=pytest.mark.slow),
        (3, (0, 2)),
        (6, (1, 0)),
        pytest.param(14, (2, 2), marks=pytest.mark.slow),
    ],
)
def test_arrays_go_on_within_the_epoch(after, resumed, whole, tmp_path, capsys):
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, dies=Dies(after))
    again = fit(tmp_path)
    assert_same(whole, again)
    assert again[3].resumed == resumed
    said = capsys.readouterr().out
    assert (f"Resumed at epoch {resumed[0] + 1} of 3" if resumed else "") in said


def test_a_finished_fit_is_read_and_not_trained(whole, tmp_path, capsys):
    fit(tmp_path)
    again = fit(tmp_path, dies=Dies(1))
    assert_same(whole, again)
    assert "This fit is finished, and read from" in capsys.readouterr().out


def test_without_killing_the_callback_changes_nothing(whole, tmp_path):
    model = small_model(EAGER, keras.optimizers.SGD(0.003, momentum=0.9))
    stopping = keras.callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    model.fit(**arrays(), epochs=3, callbacks=[OneCycle(0.05), stopping], verbose=0)
    assert same(state(whole[0]), state(model))


def test_a_fit_that_early_stopping_has_ended_stays_ended(tmp_path):
    def stopping():
        return [keras.callbacks.EarlyStopping("loss", patience=1, min_delta=9.0, restore_best_weights=True)]

    first = fit(tmp_path, used=stopping(), epochs=9)
    assert len(first[1]["loss"]) == 2
    assert_same(first, fit(tmp_path, used=stopping(), epochs=9, dies=Dies(1)))


def test_what_early_stopping_remembers_comes_back(tmp_path):
    def stopping():
        return [keras.callbacks.EarlyStopping("loss", patience=3, min_delta=9.0, restore_best_weights=True)]

    (tmp_path / "whole").mkdir()
    whole = fit(tmp_path / "whole", used=stopping(), epochs=9)
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, used=stopping(), epochs=9, dies=Dies(17))
    again = fit(tmp_path, used=stopping(), epochs=9)
    assert len(again[1]["loss"]) == 4
    assert_same(whole, again)


def test_groups_that_patience_has_unfrozen_stay_unfrozen(tmp_path):
    def used():
        return [GradualUnfreezing(patience=1, monitor="loss", min_delta=9.0)]

    (tmp_path / "whole").mkdir()
    # Without momentum no slots tell which groups were unfrozen.
    whole = fit(tmp_path / "whole", used=used(), epochs=4, optimizer=keras.optimizers.SGD(0.01))
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, used=used(), epochs=4, dies=Dies(13), optimizer=keras.optimizers.SGD(0.01))
    assert_same(whole, fit(tmp_path, used=used(), epochs=4, optimizer=keras.optimizers.SGD(0.01)))


def test_random_data_are_saved_at_the_ends_of_epochs_only(tmp_path, capsys):
    data = {"x": batches().shuffle(5, seed=1), "shuffle": False}
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, data, Dies(9))
    assert "checkpoints only at the ends of epochs" in capsys.readouterr().out
    assert [each.name for each in (tmp_path / "steps").iterdir()] == ["epoch00001-step00000000.npz"]
    assert fit(tmp_path, data)[3].resumed == (1, 0)


@pytest.mark.parametrize("wrapped", ["generator", "noise", "python"])
def test_other_data_that_cannot_be_repeated_are_known(wrapped, tmp_path):
    data = {
        "generator": lambda: tf.data.Dataset.from_generator(
            lambda: iter(batches()), output_signature=batches().element_spec
        ),
        "noise": lambda: batches().map(lambda x, y: (x + tf.random.normal(tf.shape(x)), y)),
        "python": lambda: batches().map(
            lambda x, y: (tf.ensure_shape(tf.py_function(abs, [x], x.dtype), [None, 6]), y)
        ),
    }[wrapped]().apply(tf.data.experimental.assert_cardinality(5))
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, {"x": data, "shuffle": False}, Dies(4))
    assert not list((tmp_path / "steps").glob("*"))


def test_calls_of_pure_functions_can_be_repeated():
    def differs(pure):
        data = tf.data.Dataset.range(3).map(lambda x: python_call(lambda y: y + 1, [x], [tf.int64], pure=pure)[0])
        return any(map(input_position._DIFFERS.search, input_position._operations(data)))

    assert (differs(pure=True), differs(pure=False)) == (False, True)


def test_a_pipeline_that_is_mapped_goes_on_within_the_epoch(tmp_path):
    def data():
        x, y = (arrays()[name] for name in ("x", "y"))
        pictures = images.from_arrays(
            np.uint8(np.clip(x * 60 + 128, 0, 255)).reshape(-1, 1, 2, 3),
            y,
            classes=list("abc"),
            batch_size=8,
            augment=None,
        )
        return {
            "x": pictures.train.map(lambda x, y: (tf.reshape(tf.cast(x, "float32"), [-1, 6]) / 255, y)),
            "shuffle": False,
        }

    (tmp_path / "whole").mkdir()
    whole = fit(tmp_path / "whole", data())
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, data(), Dies(8))
    again = fit(tmp_path, data())
    assert again[3].resumed == (1, 2)
    assert_same(whole, again)


def test_a_rate_that_another_callback_sets_at_the_beginning_of_an_epoch_is_set_once(tmp_path):
    def used():
        return [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]

    (tmp_path / "whole").mkdir()
    whole = fit(tmp_path / "whole", used=used())
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, used=used(), dies=Dies(8))
    again = fit(tmp_path, used=used())
    assert again[3].resumed == (1, 2)
    assert_same(whole, again)


@pytest.mark.parametrize("data", [batches().repeat(), batches(80)], ids=["endless", "longer"])
def test_steps_per_epoch_that_are_no_whole_epoch_are_known(data, tmp_path, capsys):
    given = {"x": data, "shuffle": False, "steps_per_epoch": 4}
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, given, Dies(7), epochs=3)
    assert fit(tmp_path, given)[3].resumed == (1, 0)
    assert "checkpoints only at the ends of epochs" in capsys.readouterr().out


def test_steps_per_epoch_that_are_a_whole_epoch_change_nothing(whole, tmp_path):
    given = {"x": batches(), "shuffle": False, "steps_per_epoch": 5}
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, given, Dies(8))
    again = fit(tmp_path, given)
    assert again[3].resumed == (1, 2)
    assert_same(whole, again)


def test_an_error_while_it_goes_on_leaves_pipelines_and_model_as_they_were(tmp_path):
    data = _arrays(augment=None)
    model = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])

    def train(metrics, dies):
        model.compile("sgd", data.loss, metrics=metrics, run_eagerly=True)
        resume = Resume(tmp_path, every_steps=2)
        model.fit(data.train, epochs=2, callbacks=[Dies(dies), resume], verbose=0, shuffle=False)

    with pytest.raises(RuntimeError, match="on purpose"):
        train([], 3)
    with pytest.raises(BadInput, match="saved with other metrics"):
        train(["accuracy"], None)
    assert all(np.any(inputs) for inputs, _ in data.train)
    model.fit(data.train, verbose=0, shuffle=False)
    assert int(model.optimizer.iterations) == 2 + data.steps


def test_a_fit_that_was_broken_off_goes_on_with_the_same_object(tmp_path):
    resume, model = Resume(tmp_path, every_steps=2), small_model(EAGER)
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(**arrays(), epochs=3, callbacks=[Dies(8), resume], verbose=0)
    model.fit(**arrays(), epochs=3, callbacks=[Dies(), resume], verbose=0)
    assert resume.resumed == (1, 2)


def test_the_second_fit_with_one_object_begins_anew(tmp_path):
    resume = Resume(tmp_path)
    for epochs in (3, 2):
        model = small_model(EAGER)
        model.fit(**arrays(), epochs=epochs, callbacks=[resume], verbose=0)
        assert resume.resumed is None
    assert sorted(each.name[:10] for each in tmp_path.iterdir()) == ["epoch00001", "epoch00002"]


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(whole, tmp_path, capsys):
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, dies=Dies(14))
    last = max((tmp_path / "steps").iterdir())
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    assert_same(whole, fit(tmp_path))
    assert "The checkpoint is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"epochs": 4}, "epochs 3 there and 4 here"),
        ({"data": arrays(48)}, "steps 5 there and 6 here"),
        ({"optimizer": keras.optimizers.Adam()}, "optimizer SGD there and Adam here"),
        ({"optimizer": keras.optimizers.SGD(0.1, 0.9)}, "optimizer learning_rate 0.00.* there and 0.1.* here"),
        ({"used": [OneCycle(0.2), keras.callbacks.EarlyStopping("loss", patience=9)]}, "OneCycle peak_lr 0.05 there"),
        ({"mode": Mode(run="eager", steps_per_execution=4)}, "steps_per_execution 1 there and 4 here"),
        ({"used": []}, "callbacks .*OneCycle.* there and"),
    ],
)
def test_another_fit_is_refused(change, received, tmp_path):
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, dies=Dies(3))
    with pytest.raises(
        BadInput, match=f"of another fit: use another folder, or remove this one. Received: .*{received}"
    ):
        fit(tmp_path, **change)


def test_another_model_is_refused(tmp_path):
    fit(tmp_path, used=[])
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    callbacks = [StepScalars(tmp_path / "logs"), Dies(), Resume(tmp_path / "steps")]
    with pytest.raises(BadInput, match=r"stem_dense/kernel float32 \(6, 8\) there and float32 \(6, 4\) here"):
        model.fit(np.zeros((40, 6)), np.zeros((40, 4)), batch_size=8, epochs=3, callbacks=callbacks, verbose=0)


def test_more_epochs_make_a_fit_without_a_schedule_longer(tmp_path):
    fit(tmp_path, used=[], epochs=2, dies=Dies())
    longer = fit(tmp_path, used=[], epochs=3)
    assert longer[3].resumed == (2, 0)
    assert len(longer[1]["loss"]) == 3
    with pytest.raises(BadInput, match="epochs 3 there and 2 here"):
        fit(tmp_path, used=[], epochs=2)


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_saves_after_the_step_and_ends_the_fit(number, raised, whole, tmp_path, capsys):
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(raised) as found:
        fit(tmp_path, dies=Dies(8, lambda: signal.raise_signal(number)))
    assert getattr(found.value, "code", 143) == 143
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert "Stopped. Started again, it goes on at epoch 2 of 3, step 3 of 5" in capsys.readouterr().err
    again = fit(tmp_path)
    assert again[3].resumed == (1, 3)
    assert_same(whole, again)


def test_a_signal_during_validation_saves_the_end_of_the_epoch(tmp_path):
    class InValidation(Dies):
        def on_test_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch)

        def on_train_batch_end(self, batch, logs=None):
            pass

    def data():
        return {**arrays(), "validation_data": batches(), "validation_batch_size": 8}

    (tmp_path / "whole").mkdir()
    whole = fit(tmp_path / "whole", data(), InValidation())
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, data(), InValidation(7, lambda: signal.raise_signal(signal.SIGINT)))
    again = fit(tmp_path, data(), InValidation())
    assert again[3].resumed == (1, 5)
    assert_same(whole, again)


def test_a_signal_at_the_end_of_the_last_epoch_finishes_the_fit(whole, tmp_path, capsys):
    class AtTheEnd(Dies):
        def on_train_batch_end(self, batch, logs=None):
            pass

        def on_epoch_end(self, epoch, logs=None):
            super().on_train_batch_end(0)

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, dies=AtTheEnd(3, lambda: signal.raise_signal(signal.SIGINT)))
    assert "goes on at the end of this fit" in capsys.readouterr().err
    assert_same(whole, fit(tmp_path, dies=AtTheEnd()))


def test_the_second_signal_ends_the_fit_at_once(tmp_path):
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, dies=Dies(8, twice))
    assert fit(tmp_path)[3].resumed == (1, 2)


def test_a_signal_after_a_fit_that_raised_does_what_it_did_before(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(tmp_path, dies=Dies(2))
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_another_thread_handles_no_signals(tmp_path):
    thread = threading.Thread(target=fit, args=(tmp_path,))
    thread.start()
    thread.join()
    assert list((tmp_path / "steps").iterdir())


def test_a_model_that_is_not_finite_is_never_saved(tmp_path):
    with pytest.warns(UserWarning, match="no longer finite, so it is not saved.*Received: 'stem_dense/kernel'"):
        fit(tmp_path, used=[], optimizer=keras.optimizers.SGD(1e38), epochs=1)
    assert not list((tmp_path / "steps").glob("*"))


@pytest.mark.parametrize("free", [1000, 2**40])
def test_a_full_disk_costs_the_checkpoint_and_not_the_training(free, whole, tmp_path, monkeypatch, capsys):
    def full():
        def fail(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("os.fsync", fail)
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))

    assert_same(whole, fit(tmp_path, dies=Dies(8, full)))
    said = capsys.readouterr().err
    needed = ", which needs 0.0 MiB where 0.0 are free" if free == 1000 else ""
    assert f"No checkpoint ([Errno 28] No space left on device{needed}: '{tmp_path}/steps/epoch00001-step" in said
    monkeypatch.undo()
    assert sorted(each.name for each in (tmp_path / "steps").iterdir())[-1] == "epoch00001-step00000002.npz"
    again = fit(tmp_path)
    assert again[3].resumed == (1, 2)
    assert_same(whole, again)


def test_a_checkpoint_of_the_first_format_is_read(whole, tmp_path):
    """Written in the second epoch of the fit of this test, by the version that brought checkpoints."""
    (tmp_path / "steps").mkdir()
    name = "epoch00001-step00000002.npz"
    shutil.copy(Path(__file__).parent / "checkpoint_format_1.npz", tmp_path / "steps" / name)
    again = fit(tmp_path)
    assert again[3].resumed == (1, 2)
    # Another processor may round otherwise.
    assert np.allclose(flat(again[0]), flat(whole[0]), rtol=1e-3, atol=1e-5)
    assert again[2]["step"] == whole[2]["step"]


def flat(model):
    return np.concatenate([each.ravel() for each in state(model)])


@pytest.mark.parametrize("count", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_while_it_saves_a_whole_checkpoint_is_always_there(count, tmp_path):
    for number in range(count):
        kills.killed_while_saving(tmp_path, seconds=0.05 + number % 7 / 50)
        newest, *_ = sorted(tmp_path.glob("epoch*[0-9].npz"), reverse=True)
        arrays, found = read_checkpoint(newest)
        assert (arrays[0] == found["number"]).all()


def test_a_checkpoint_takes_little_more_than_its_tensors(tmp_path):
    model = keras.Sequential([keras.Input((100,)), *(keras.layers.Dense(100) for _ in range(4))])
    model.compile("adam", "mse")
    model.fit(np.zeros((8, 100)), np.zeros((8, 100)), callbacks=[Resume(tmp_path)], verbose=0, shuffle=False)
    (file,) = tmp_path.iterdir()
    arrays, _ = read_checkpoint(file)
    assert file.stat().st_size <= 1.05 * sum(each.nbytes for each in arrays)


def test_where_it_stands_among_the_callbacks(tmp_path):
    model = small_model(EAGER)
    with pytest.raises(ValueError, match=r"must be the last of the callbacks. Received: OneCycle after it"):
        model.fit(**arrays(), callbacks=[Resume(tmp_path), OneCycle(0.1)], verbose=0)
    with pytest.raises(ValueError, match=r"needs no Resume.* Received: LRRangeTest"):
        model.fit(**arrays(), callbacks=[LRRangeTest(), Resume(tmp_path)], verbose=0)
    with pytest.raises(ValueError, match="give CSVLogger append=True"):
        model.fit(**arrays(), callbacks=[logger := keras.callbacks.CSVLogger(tmp_path / "log"), Resume(tmp_path)])
    logger.csv_file.close()
    model.second = keras.optimizers.SGD()
    with pytest.raises(ValueError, match="saves one optimizer, that of compile. Received: another one, 'second'"):
        model.fit(**arrays(), callbacks=[Resume(tmp_path)], verbose=0)
    unbuilt = keras.Sequential([keras.layers.Dense(3)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match="The model is not built"):
        unbuilt.fit(np.zeros((8, 2)), np.zeros((8, 3)), callbacks=[Resume(tmp_path)], verbose=0)


def test_arguments_out_of_range():
    with pytest.raises(ValueError, match="Received: every_minutes=0, every_steps=None"):
        Resume("x", every_minutes=0)
    with pytest.raises(ValueError, match="Received: every_minutes=1.0, every_steps=0"):
        Resume("x", every_steps=0)


# The fit of the suite is killed three times, and those of `make test-all` a hundred times more.
QUICK = [(kills.Fit("images", eager=True, accumulation=2), 3)]
LONG = [
    (kills.Fit("table", eager=True), 6),
    *(
        (kills.Fit(data, policy, steps_per_execution=steps, accumulation=accumulation, seconds_per_step=0.02), 7)
        for data in ("images", "table", "sequences", "streams")
        for policy, steps, accumulation in (
            ("float32", 1, None),
            ("float32", 4, None),
            ("mixed_float16", 1, 2),
            ("mixed_float16", 4, None),
        )
    ),
]


@pytest.mark.parametrize(
    ("case", "times"),
    [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in LONG)],
    ids=str,
)
def test_killed_at_random_moments_it_ends_bit_for_bit_as_if_nothing_had_been(case, times, tmp_path):
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole, seconds = kills.uninterrupted(case, tmp_path / "whole")
    for end in kills.killed(case, tmp_path / "killed", kills=times, seed=0, longest=seconds):
        assert kills.differing(whole, end) == []


@pytest.fixture
def agreements(monkeypatch, second_of_two):
    """What workers have asked of each other, and what all others answer: 0, or what a test puts in."""
    others = SimpleNamespace(asked=[], answers=[])

    def largest(values):
        others.asked.append(list(values))
        answer = others.answers.pop(0) if others.answers else values
        return [float(max(pair)) for pair in zip(values, answer, strict=True)]

    monkeypatch.setattr("kerasdl.callbacks.resume.largest_of_workers", largest)
    return others


def test_only_the_chief_writes_and_all_agree_at_the_ends_of_epochs(agreements, whole, tmp_path):
    again = fit(tmp_path)
    assert same(state(whole[0]), state(again[0]))
    assert not (tmp_path / "steps").exists()
    # Whether they have found the same checkpoint; then twice an epoch, and when the fit ends.
    assert agreements.asked == [[-1, -1], [1, 1], *[[0, False]] * 7]


def test_a_signal_to_another_worker_stops_this_one_too(agreements, tmp_path, capsys):
    agreements.answers = [[-1, -1], [1, 1], [0, 0], [0, 0], [signal.SIGINT, 0]]
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path)
    assert "it goes on at epoch 2 of 3, step 5 of 5" in capsys.readouterr().err


def test_workers_must_find_the_same_checkpoint(agreements, tmp_path):
    agreements.answers = [[2, 0], [1, 1]]
    with pytest.raises(BadInput, match=r"different checkpoints: give a folder.*share.*from \[-1.* to \[2"):
        fit(tmp_path)


def test_what_rows_of_devices_have_is_saved_at_the_ends_of_epochs_only(two_devices, tmp_path):
    with two_devices.scope():
        model = language_model(5, batch_size=4, embedding=3, units=2, depth=1)
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    tokens = {"tokens": np.ones((8, 4), "int32"), "start": np.ones(8, "int32")}
    resume = Resume(tmp_path, every_minutes=None, every_steps=1)
    model.fit(tokens, np.ones((8, 4)), batch_size=4, epochs=2, shuffle=False, callbacks=[resume], verbose=0)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "epoch00001-step00000000.npz",
        "epoch00002-step00000000.npz",
    ]
