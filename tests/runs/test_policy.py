import keras
import numpy as np
import pytest
from kerasdl import lr_range, runs
from kerasdl.optimizers import SGD

RATES = np.geomspace(1e-5, 1, 60)


def curve(losses):
    return lr_range.LRRange(RATES, losses, losses, "All 60 steps were taken.")


FALLING, FLAT = curve(np.geomspace(3, 0.1, 60)), curve(np.full(60, 3.0))


@pytest.fixture
def run(tmp_path):
    return runs.RunFolder(tmp_path / "run")


def small():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head_logits")])
    model.compile(SGD(momentum=0.9), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


X, Y = np.random.default_rng(0).standard_normal((64, 4)).astype("float32"), np.arange(64) % 3


def test_the_rule_decides_if_the_range_test_finds_a_rate():
    assert runs.suggested(FALLING, "valley", 0.1) == (FALLING.suggestion("valley"), "valley")


def test_a_cautious_rate_and_the_reason_if_it_finds_none():
    rate, origin = runs.suggested(FLAT, "valley", 0.1)
    assert rate == 0.1
    assert origin.startswith("a cautious default, because the range test found none: The loss does not fall")


@pytest.mark.parametrize(("found", "line"), [(FALLING, "(descent)"), (FLAT, "0.1 (a cautious default, because")])
def test_the_range_test_is_drawn_and_the_rate_is_printed_on_one_line(found, line, run, monkeypatch, capsys):
    monkeypatch.setattr("kerasdl.callbacks.lr_find", lambda model, train: found)
    rate = runs.peak_lr(run, None, None, runs.Options(), cautious=0.1)
    printed = capsys.readouterr().out
    assert printed.startswith(f"Peak learning rate: {rate:.2g} (")
    assert line in printed
    assert printed.count("\n") == 1
    assert (run.path / "lr_range.png").exists()


def test_a_given_rate_needs_no_range_test(run, capsys):
    assert runs.peak_lr(run, None, None, runs.Options(peak_lr=0.2), cautious=0.1) == 0.2
    assert capsys.readouterr().out == "Peak learning rate: 0.2 (given)\n"
    assert not (run.path / "lr_range.png").exists()


def test_a_stage_trains_with_one_cycle_logs_and_draws(run):
    stage = runs.Stage(run, 0.5, prefix="head_")
    fitted = small().fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=stage.callbacks)
    seconds = stage.finish(fitted.history, ["loss"])
    assert seconds > 0
    assert {path.name for path in run.path.glob("*.png")} == {"head_schedule.png", "head_curves.png"}
    assert (run.logs / "head" / "steps").is_dir()
    rates = stage._scalars.history["learning_rate"]
    assert len(rates) == 16
    assert max(rates) == pytest.approx(0.5, rel=0.02)


def test_groups_are_unfrozen_with_a_new_cycle_each(run):
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="stem_dense")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="head_logits")(x))
    model.compile(SGD(momentum=0.9), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_layer("stem_dense").get_weights()[0]
    seen = []
    frozen = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(np.array_equal(before, model.layers[1].get_weights()[0]))
    )
    stage = runs.Stage(run, 0.5, unfreeze_at=[1], more=[frozen])
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=stage.callbacks)
    assert seen == [True, False]
    rates = stage._scalars.history["learning_rate"]
    assert [step for step in range(1, 15) if rates[step - 1] > rates[step] < rates[step + 1]] == [8]


@pytest.mark.parametrize(
    ("losses", "rate", "line"),
    [
        (np.full(60, 3.0), 0.01, "0.01 (1/10 of the head's; the loss of the whole network does not rise)"),
        (
            np.repeat([1.0, 4.0], [30, 30]),
            0.0005,
            "0.0005 (1/200 of the head's; the loss of the whole network rises at",
        ),
        (np.repeat([1.0, 4.0], [50, 10]), RATES[47] / 20, "(1/21 of"),
    ],
)
def test_the_rate_of_a_network_after_its_head(losses, rate, line, run, monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr("kerasdl.callbacks.lr_find", lambda *_, **options: asked.update(options) or curve(losses))
    assert runs.after_head(run, None, None, 0.1) == pytest.approx(rate)
    assert (asked["start_lr"], asked["end_lr"]) == pytest.approx((0.0001, 0.1))
    assert line in capsys.readouterr().out
    assert (run.path / "lr_range.png").exists()
