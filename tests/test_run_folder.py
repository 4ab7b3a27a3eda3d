import json
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import plots
from kerasdl.errors import BadInput
from kerasdl.run_folder import Options, RunFolder, best_precision, load_run, run_recipe, set_up_devices
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


def events(run):
    return EventAccumulator(str(run.logs), size_guidance={"tensors": 0}).Reload()


def test_a_folder_that_holds_something_is_not_touched(tmp_path):
    (tmp_path / "kept.txt").write_text("precious")
    with pytest.raises(BadInput, match=r"exists and holds files.*--out.*Received: "):
        RunFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_an_empty_folder_is_used_and_a_file_is_not_one(tmp_path):
    assert RunFolder(tmp_path).path == tmp_path
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be made"):
        RunFolder(tmp_path / "file")


def test_the_default_name_tells_recipe_and_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = RunFolder.of(Options(data="data/pets"), "image_classifier").path
    assert path.match("runs/image_classifier/pets-*-*")
    assert RunFolder.of(Options(out=tmp_path / "mine"), "image_classifier").path == tmp_path / "mine"


def test_configuration_in_file_and_tensorboard(run):
    run.write_config({"epochs": 5, "out": run.path})
    assert json.loads((run.path / "config.json").read_text()) == {"epochs": 5, "out": str(run.path)}
    (event,) = events(run).Tensors("config")
    assert b"| epochs | 5 |" in event.tensor_proto.string_val[0]


def test_a_figure_in_file_and_tensorboard(run):
    run.save_figure("confusion", plots.confusion(np.eye(2), ["a", "b"]))
    (event,) = events(run).Tensors("confusion")
    shown = tf.io.decode_png(event.tensor_proto.string_val[2])
    filed = tf.io.decode_png(tf.io.read_file(str(run.path / "confusion.png")))
    assert np.array_equal(shown[..., :3], filed[..., :3])


def test_metrics_in_file_and_table(run, capsys):
    run.finish({"accuracy": 0.987654, "loss": 0.1}, train_seconds=12.34, peak_lr=0.001, skipped_images=2)
    written = json.loads((run.path / "metrics.json").read_text())
    assert written == {
        "valid": {"accuracy": 0.987654, "loss": 0.1},
        "train_seconds": 12.34,
        "peak_lr": 0.001,
        "skipped_images": 2,
    }
    printed = capsys.readouterr().out
    for text in (
        "98.77%",
        "12.3 s",
        "skipped images",
        f"model and figures    {run.path}",
        f"tensorboard --logdir {run.logs}",
    ):
        assert text in printed


def small():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_a_model_is_saved_whole_or_not_at_all(run, monkeypatch):
    model = small()
    run.save_model(model)
    kept = (run.path / "model.keras").read_bytes()

    def killed(self, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(keras.Sequential, "save", killed)
    with pytest.raises(OSError, match="disk full"):
        run.save_model(model)
    assert (run.path / "model.keras").read_bytes() == kept
    assert np.array_equal(keras.models.load_model(run.path / "model.keras").get_weights()[0], model.get_weights()[0])


def test_weights_that_are_not_finite_are_not_saved(run):
    model = small()
    model.set_weights([np.array([[np.nan], [1.0]]), np.zeros(1)])
    with pytest.raises(
        BadInput, match="diverged.*--peak-lr.*Received: non-finite weights in 'sequential.*dense.*kernel'"
    ):
        run.save_model(model)
    assert not (run.path / "model.keras").exists()


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ([], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(9, 0)], "mixed_bfloat16"),
        ([(9, 0), (7, 5)], "mixed_float16"),
    ],
)
def test_precision_by_compute_capability(capabilities, expected):
    assert best_precision(capabilities) == expected


def test_devices_and_seed(capsys):
    expected = {"devices": ["CPU"], "precision": "float32"}
    if not tf.config.list_physical_devices("GPU"):
        assert set_up_devices("auto", seed=3) == expected
        assert "Devices: CPU; precision: float32" in capsys.readouterr().out
    assert set_up_devices("mixed_bfloat16", seed=3)["precision"] == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    one = np.random.rand()
    set_up_devices("float32", seed=3)
    assert np.random.rand() == one


@pytest.mark.gpu
def test_memory_grows_on_the_gpu():
    assert set_up_devices("auto", seed=0)["precision"] != "float32"


@dataclass(frozen=True)
class Config(Options):
    """Options of a recipe."""

    data: str = "default"
    """What to train on."""


def exit_of(recipe, arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["recipe", *arguments])
    with pytest.raises(SystemExit) as caught:
        run_recipe(recipe, Config)
    return caught.value.code


def test_options_come_from_the_command_line(monkeypatch):
    def recipe(config):
        assert config == Config(data="pets", epochs=3)
        return 7

    assert exit_of(recipe, ["--data", "pets", "--epochs", "3"], monkeypatch) == 7


def test_help_tells_every_option(monkeypatch, capsys):
    assert exit_of(lambda config: None, ["--help"], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')}" in printed for name in Config.__dataclass_fields__)
    assert "Highest learning rate" in printed


def test_bad_input_is_one_line_and_a_defect_keeps_its_traceback(monkeypatch, capsys):
    def refuses(config):
        raise BadInput("No such\n  folder. Received: 'x'")

    def breaks(config):
        raise ValueError("defect")

    def interrupted(config):
        raise KeyboardInterrupt

    assert exit_of(refuses, [], monkeypatch) == 1
    assert capsys.readouterr().err == "error: No such folder. Received: 'x'\n"
    with pytest.raises(ValueError, match="defect"):
        exit_of(breaks, [], monkeypatch)
    assert exit_of(interrupted, [], monkeypatch) == 130


@pytest.mark.parametrize("arguments", [["--epochs", "0"], ["--batch-size", "0"], ["--peak-lr", "-1"]])
def test_options_out_of_range_are_one_line(arguments, monkeypatch, capsys):
    assert exit_of(lambda config: None, arguments, monkeypatch) in (1, 2)
    assert "Received: " in capsys.readouterr().err


def test_a_damaged_model_of_an_earlier_run_is_told(tmp_path):
    for there, message in ((None, "No model.keras there"), (b"PK", "is damaged or cut short: train it again")):
        if there:
            (tmp_path / "model.keras").write_bytes(there)
        with pytest.raises(BadInput, match=f"{message}.* Received: '{tmp_path}'"):
            load_run(tmp_path)
