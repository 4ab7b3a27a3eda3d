"""The recipe end to end, small; what it writes is read back; then its errors."""

import contextlib
import importlib.util
import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import groups, models, runs
from kerasdl.errors import BadInput
from kerasdl.models import class_names
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

RECIPES = Path(__file__).parents[2] / "recipes"
FIGURES = {"data", "augmentation", "lr_range", "schedule", "curves"}
# What a look inside adds: while it trains, for classes, and for images.
TRAINED, JUDGED = {"activations", "gradients"}, {"per_class", "calibration", "results", "top_losses"}
LOOKS = TRAINED | JUDGED | {"confusion", "confusion_normalized", "most_confused", "grad_cam", "filters"}
TRAINING = {"image_classifier", "language_model", "sequence_classifier", "tabular", "text_classifier", "time_series"}
# What every run writes.
ALWAYS = {"about.json", "config.json", "history.csv", "logs", "metrics.json", "report.html"}


def recipe(name):
    specification = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def run(name, *arguments, monkeypatch):
    """The exit status of a recipe, run in this process as from the command line; it looks inside only if asked."""
    if name in TRAINING and "--look" not in arguments:
        arguments = [*arguments, "--no-look"]
    module = recipe(name)
    monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        runs.run_recipe(module.main, module.Config)
    return caught.value.code


def finish(name, out, *arguments):
    """Runs a recipe to its end; where it wrote, and what it printed."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as monkeypatch, contextlib.redirect_stdout(printed):
        assert run(name, "--out", out, *arguments, monkeypatch=monkeypatch) is None
    return out, printed.getvalue()


def finish_alone(name, out, *arguments):
    """The same as a user would, in a process of its own."""
    command = [sys.executable, RECIPES / f"{name}.py", "--out", out, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def one_block(monkeypatch, width=8):
    """One block in place of resnet8, for tests of all but the network."""
    monkeypatch.setattr(models, "resnet8", partial(models.resnet, depths=(1,), widths=(width,), name="resnet8"))


@pytest.fixture
def small_network(monkeypatch):
    one_block(monkeypatch)


def events(folder):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0, "scalars": 0}).Reload()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One short run on the default data."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        one_block(monkeypatch, width=16)
        return finish("image_classifier", tmp_path_factory.mktemp("recipe") / "run", "--epochs", 3, "--look")


def test_everything_is_written(finished):
    out, printed = finished
    assert {path.name for path in out.iterdir()} == {
        *ALWAYS, "model.keras", "summary.txt", *(f"{name}.png" for name in FIGURES | LOOKS),
    }  # fmt: skip
    config = json.loads((out / "config.json").read_text())
    assert (config["data"], config["seed"], config["precision"], config["devices"]) == ("digits", 0, "float32", ["CPU"])
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["valid"]["accuracy"] > 0.8  # ten classes
    assert metrics["valid"]["loss"] < 0.7
    assert metrics["train_seconds"] > 0
    for text in ("1,438 training and 359 validation images of 8x8x1", "Peak learning rate: ", "tensorboard --logdir"):
        assert text in printed


def test_tensorboard_has_steps_epochs_figures_and_configuration(finished):
    logs = finished[0] / "logs"
    steps = events(logs / "steps").Scalars("loss")
    assert [event.step for event in steps] == list(range(3 * 23))
    assert {"epoch_accuracy", "epoch_loss"} <= set(events(logs / "validation").Tags()["tensors"])
    assert set(events(logs).Tags()["tensors"]) == FIGURES | LOOKS | {"config", "summary"}
    assert {"confusion", "results", "top_losses"} == set(events(logs / "figures").Tags()["tensors"])
    assert [event.step for event in events(logs / "figures").Tensors("confusion")] == list(range(3))
    assert [event.step for event in events(logs / "groups").Scalars("gradient_norm/stem")] == list(range(0, 3 * 23, 23))
    assert (logs / "projector" / "features.png").exists()


def test_the_exported_model_gives_the_accuracy_that_was_reported(finished):
    out, _ = finished
    model = keras.models.load_model(out / "model.keras")
    valid = runs.load_images(runs.ImageData(), seed=0).valid
    hits = [np.argmax(model(tf.cast(x, tf.uint8)), axis=1) == y.numpy() for x, y in valid]
    assert np.concatenate(hits).mean() == pytest.approx(
        json.loads((out / "metrics.json").read_text())["valid"]["accuracy"]
    )
    assert class_names(model) == tuple("0123456789")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits(tmp_path):
    """Another process, this one, and another run folder: the same weights."""
    folders = [each("image_classifier", tmp_path / each.__name__, "--epochs", 3)[0] for each in (finish, finish_alone)]
    one, two = (keras.models.load_model(path / "model.keras").get_weights() for path in folders)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_predictions_are_one_line_per_file(finished, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    pictures, labels = next(iter(runs.load_images(runs.ImageData(), seed=0).valid))
    for index in range(5):
        tf.io.write_file(str(folder / f"{index}.png"), tf.io.encode_png(tf.cast(pictures[index], tf.uint8)))
    (folder / "bad.png").write_bytes(b"nothing")
    missing = tmp_path / "missing.jpg"
    status = run("predict", finished[0], folder, missing, "--csv", tmp_path / "out.csv", monkeypatch=monkeypatch)
    printed = capsys.readouterr()
    lines = [line.split("\t") for line in printed.out.splitlines()]
    assert status == 1
    assert [line[0] for line in lines] == [str(folder / f"{index}.png") for index in range(5)]
    assert sum(line[1] == str(int(label)) for line, label in zip(lines, labels[:5], strict=True)) >= 4
    assert all(0.1 < float(line[2]) <= 1 for line in lines)
    assert [line.split(":")[0] for line in printed.err.splitlines()] == [str(folder / "bad.png"), str(missing)]
    written = (tmp_path / "out.csv").read_text().splitlines()
    assert written == ["path,class,probability", *(",".join(line) for line in lines)]


def test_predictions_end_well_when_every_file_is_read(finished, image_folder, monkeypatch, capsys):
    folder = image_folder({"any": 2}, size=(40, 31))
    assert run("predict", finished[0], folder, monkeypatch=monkeypatch) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.slow
def test_a_diverged_model_is_not_saved(small_network, image_folder, tmp_path, monkeypatch, capsys):
    """The weights stay finite; the validation loss does not."""
    out, folder = tmp_path / "run", image_folder({"a": 16, "b": 16})
    options = ["--data", folder, "--epochs", 2, "--peak-lr", 1e6, "--image-size", 8, "--batch-size", 8, "--out", out]
    assert run("image_classifier", *options, monkeypatch=monkeypatch) == 1
    assert "error: The training diverged, so the model is not saved" in capsys.readouterr().err
    assert not (out / "model.keras").exists()


@pytest.mark.slow
def test_a_folder_of_the_users(small_network, image_folder, tmp_path, monkeypatch, capsys):
    folder = image_folder({"train/cat": 12, "train/dog": 12, "valid/cat": 3, "valid/dog": 3, "models/x": 1})
    (folder / "train/cat/0.png").write_bytes(b"nothing")
    options = ["--epochs", 1, "--batch-size", 4, "--peak-lr", 0.01, "--image-size", 8, "--on-bad", "skip"]
    out = tmp_path / "run"
    assert run("image_classifier", "--data", folder, "--out", out, *options, monkeypatch=monkeypatch) is None
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["train_images"], metrics["skipped_images"], metrics["peak_lr"]) == (23, 1, 0.01)
    assert (
        "23 training and 6 validation images of 8x8x3 in 2 classes, 1 unreadable files skipped"
        in capsys.readouterr().out
    )


@pytest.mark.slow
def test_a_table_that_names_images_with_everything_on(small_network, image_folder, tmp_path, monkeypatch, capsys):
    folder, out = image_folder({"x": 32}, size=(20, 20)), tmp_path / "run"
    lines = [f"x/{index}.png,{['cat', 'dog'][index % 4 // 3]}" for index in range(32)]
    (folder / "labels.csv").write_text("\n".join(["file,kind", *lines]))
    options = [
        "--target",
        "kind",
        "--image-size",
        16,
        "--start-size",
        8,
        "--tta",
        2,
        "--mixing",
        "cutmix",
        "--balanced",
    ]
    options += ["--augment", "flip", "--cache", tmp_path / "cache", "--epochs", 2, "--batch-size", 8, "--peak-lr", 0.01]
    command = ["--data", folder / "labels.csv", "--out", out, *options]
    assert run("image_classifier", *command, monkeypatch=monkeypatch) is None
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["train_images"], metrics["valid_images"]) == (25, 7)
    assert 0 <= metrics["tta_accuracy"] <= 1
    assert json.loads((out / "config.json").read_text())["augmentation"].startswith("Augmentation(flip=True, ")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    model = keras.models.load_model(out / "model.keras")
    assert model.get_layer("fit_image").output.shape == (None, 16, 16, 3)
    assert class_names(model) == ("cat", "dog")


def test_a_file_that_is_met_bad_in_training_is_one_line(small_network, image_folder, tmp_path, monkeypatch, capsys):
    folder = image_folder({"a": 8, "b": 8}, size=(20, 20), suffix="jpg")
    bad = folder / "a" / "3.jpg"
    bad.write_bytes(bad.read_bytes()[:-200])
    # As if it had been good a moment ago.
    monkeypatch.setattr("kerasdl.data.images.build.bad_files", lambda *_, **__: {})
    options = ["--image-size", 8, "--batch-size", 4, "--epochs", 1, "--out", tmp_path / "run"]
    assert run("image_classifier", "--data", folder, *options, monkeypatch=monkeypatch) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith(f"error: Cannot be read or decoded: {bad}: Damaged or cut short")
    assert error.endswith(f"Received: {bad}")


def test_images_cannot_grow_in_one_epoch():
    with pytest.raises(BadInput, match="Received: epochs=1"):
        recipe("image_classifier").Config(epochs=1, start_size=4)


def test_a_dataset_out_of_reach(tmp_path, monkeypatch, capsys):
    options = ["--data", "mnist", "--data-dir", tmp_path, "--out", tmp_path / "run"]
    assert run("image_classifier", *options, monkeypatch=monkeypatch) == 1
    assert "--manual-dir" in capsys.readouterr().err


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A short run on grey pictures, dark and light, of the size of the digits."""
    folder, random = tmp_path_factory.mktemp("base"), np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 128)):
        for index in range(10):
            pixels = random.integers(low, low + 128, (8, 8, 1), dtype=np.uint8)
            tf.io.write_file(str(folder / "data" / name / f"{index}.png"), tf.io.encode_png(pixels))
    options = ["--channels", 1, "--epochs", 1, "--batch-size", 8, "--peak-lr", 1e-3, "--augment", "none"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        run("image_classifier", "--data", folder / "data", "--out", folder / "run", *options, monkeypatch=monkeypatch)
    return folder / "run"


@pytest.mark.slow
def test_an_earlier_run_learns_the_digits_group_by_group(base, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out, asked, discriminative = tmp_path / "run", [], groups.discriminative
    recorded = lambda model, factor: asked.append(factor) or discriminative(model, factor=factor)  # noqa: E731
    monkeypatch.setattr(groups, "discriminative", recorded)
    options = [
        "--weights",
        base,
        "--precompute",
        "--head-epochs",
        2,
        "--unfreeze-every",
        1,
        "--epochs",
        6,
        "--out",
        out,
    ]
    assert run("image_classifier", *options, "--out", out, monkeypatch=monkeypatch) is None
    assert asked == [2.6]
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["valid"]["accuracy"] > 0.6  # ten classes
    assert class_names(keras.models.load_model(out / "model.keras")) == tuple("0123456789")
    drawn = {path.stem for path in out.glob("*.png")}
    assert drawn == {*FIGURES, "head_lr_range", "head_schedule", "head_curves"}
    assert len(list((tmp_path / "cache" / "kerasdl" / "features").iterdir())) == 2
    head, whole = (events(out / "logs" / name / "steps").Scalars("learning_rate") for name in ("head", "."))
    for scalars, epochs, cycles in ((head, 2, 1), (whole, 6, 5)):
        rates = [event.value for event in scalars]
        restarts = [step for step in range(1, len(rates) - 1) if rates[step - 1] > rates[step] < rates[step + 1]]
        assert len(rates) == 23 * epochs
        assert restarts == [23 * cycle - 1 for cycle in range(1, cycles)]
    peak_of_head = max(event.value for event in head)
    # The highest step is not quite the peak.
    assert metrics["peak_lr"] == pytest.approx(max(event.value for event in whole), rel=0.01)
    assert 0 < metrics["peak_lr"] <= peak_of_head / 10 * 1.01


@pytest.mark.slow
def test_a_head_learns_alone_and_the_groups_after_it_each_at_its_rate(base, tmp_path, monkeypatch):
    """At a rate of next to nothing the second stage shows what the first one moved: the head."""
    asked = []
    monkeypatch.setattr("kerasdl.groups.discriminative", lambda *_, factor: asked.append(factor) or ())
    options = ["--weights", base, "--epochs", 1, "--peak-lr", 1e-12, "--out", tmp_path / "run"]
    assert run("image_classifier", *options, monkeypatch=monkeypatch) is None
    paths = (base / "model.keras", tmp_path / "run" / "model.keras")
    before, after = (keras.models.load_model(path).get_layer("resnet8") for path in paths)
    for name in ("stem_conv", "stage3_block1_conv2"):
        np.testing.assert_allclose(after.get_layer(name).get_weights(), before.get_layer(name).get_weights(), atol=1e-8)
    losses = [event.value for event in events(tmp_path / "run" / "logs" / "head" / "steps").Scalars("loss")]
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    assert asked == [2.6]


@pytest.mark.slow
def test_a_head_whose_loss_does_not_fall_is_drawn_and_trained_at_a_cautious_rate(
    base, image_folder, tmp_path, monkeypatch, capsys
):
    folder, out = image_folder({"a": 20, "b": 20}), tmp_path / "run"  # noise
    monkeypatch.setattr("kerasdl.lr_range.LRRange.why_none", "The loss does not fall. And so on.")
    monkeypatch.setattr("kerasdl.runs.after_head", lambda run, model, train, head_lr: head_lr / 50)
    options = ["--weights", base, "--precompute", "--epochs", 1, "--out", out, "--data", folder]
    assert run("image_classifier", *options, monkeypatch=monkeypatch) is None
    cautious, printed = recipe("image_classifier").CAUTIOUS_LR, capsys.readouterr().out
    assert (
        f"Peak learning rate: {cautious:.2g} (a cautious default, because the range test found none: "
        "The loss does not fall)\n" in printed
    )
    assert (out / "head_lr_range.png").exists()
    assert json.loads((out / "metrics.json").read_text())["peak_lr"] == cautious / 50


@pytest.mark.slow
def test_images_grow_in_the_middle_of_the_whole_networks_epochs(tmp_path, monkeypatch, base):
    module, seen = recipe("image_classifier"), []
    trained = keras.models.load_model(base / "model.keras").get_layer("resnet8")
    trained.save_weights(tmp_path / "a.weights.h5")
    monkeypatch.setattr(module.images.Images, "progressive", lambda data, sizes: seen.append(sizes) or data.train)
    monkeypatch.setattr(module, "train_head", lambda *_: (1.0, 1e-3))
    config = module.Config(
        network=runs.ImageNetwork(arch="resnet8", preprocess="symmetric"),
        transfer=runs.Transfer(weights=str(tmp_path / "a.weights.h5"), head_epochs=3),
        run=runs.Options(peak_lr=1e-3, out=tmp_path / "run"),
        epochs=4,
        start_size=4,
    )
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):
        module.main(config)
    assert seen == [{5: 4}]


@pytest.mark.slow
def test_digits_reach_the_accuracy_that_the_readme_claims(tmp_path, monkeypatch):
    accuracies = []
    for seed in (0, 1, 2):
        out = tmp_path / str(seed)
        run("image_classifier", "--out", out, "--seed", seed, monkeypatch=monkeypatch)
        accuracies.append(json.loads((out / "metrics.json").read_text())["valid"]["accuracy"])
    assert np.mean(accuracies) >= 0.985
