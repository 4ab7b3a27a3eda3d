import json
import os
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import distribute, plots
from kerasdl.errors import BadInput
from kerasdl.runs import Options, RunFolder, flattened, folder, load_config
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@dataclass(frozen=True)
class Config:
    data: str = "pets"
    run: Options = field(default_factory=lambda: Options(seed=3))


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


def events(run):
    return EventAccumulator(str(run.logs), size_guidance={"tensors": 0}).Reload()


def test_a_folder_that_is_not_empty_is_not_touched(tmp_path):
    (tmp_path / "old.txt").write_text("precious")
    with pytest.raises(BadInput, match=r"exists and is not empty.*--out.*Received: "):
        RunFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]


def test_an_empty_folder_is_used_and_a_file_is_not_one(tmp_path):
    assert RunFolder(tmp_path).path == tmp_path
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be created"):
        RunFolder(tmp_path / "file")


def test_the_default_name_holds_recipe_and_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = RunFolder.of(Config(), "image_classifier", "data/pets").path
    assert path.match("runs/image_classifier/pets-*-*")
    assert of(tmp_path / "mine").path == tmp_path / "mine"


def test_runs_that_begin_in_the_same_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.strftime", lambda _: "now")
    names = [RunFolder.of(Config(), "tabular", "pets").path.name for _ in range(3)]
    assert names == ["pets-now", "pets-now-2", "pets-now-3"]


def test_of_two_runs_in_one_folder_the_second_to_write_is_stopped(tmp_path):
    first, second = RunFolder(tmp_path), RunFolder(tmp_path)
    first.write_config({"run": 1})
    with pytest.raises(
        BadInput, match=f"Another run has begun .*choose another folder .--out.. Received: '{tmp_path}'"
    ):
        second.write_config({"run": 2})
    first.save_text("said", "one")
    assert load_config(tmp_path) == {"run": 1}


def of(out, data="pets", **options):
    return RunFolder.of(Config(data, Options(out=out, **{"seed": 3, **options})), "image_classifier", data)


def broken_off(out):
    """The folder of a run of a process that has ended."""
    run = of(out)
    run.write_config(Config())
    folder._LOCKED.clear()
    os.close(run._descriptor)


def test_a_run_that_is_broken_off_says_what_it_is_and_what_to_type(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["recipes/image_classifier.py", "--data", "my pets"])
    run = RunFolder.of(Config(), "image_classifier", "pets")
    run.write_config(Config())
    said = (run.path / "UNFINISHED.txt").read_text()
    assert f"\n  python recipes/image_classifier.py --data 'my pets' --out {run.path}\n" in said
    assert "To begin anew, add --fresh" in said
    run.finish({}, train_seconds=1.0)
    assert sorted(each.name for each in run.path.iterdir()) == [
        *("about.json", "config.json", "logs", "metrics.json", "report.html"),
    ]
    with pytest.raises(BadInput, match="exists and is not empty"):
        of(run.path)


def test_with_the_same_options_it_goes_on_and_with_others_they_are_shown(tmp_path, capsys):
    broken_off(tmp_path)
    with pytest.raises(BadInput, match=r"other options: .*--fresh.*Received: data 'pets' there and 'cars' here, seed"):
        of(tmp_path, "cars", seed=1)
    run = of(tmp_path)
    assert run.is_resumed
    run.write_config(Config())
    assert capsys.readouterr().out == f"Going on with the unfinished run in {tmp_path}\n"
    (tmp_path / "checkpoints" / "options.json").write_text("{")
    with pytest.raises(BadInput, match="options of the unfinished run are damaged: begin it anew"):
        of(tmp_path)


def test_fresh_begins_anew_and_loses_nothing(tmp_path):
    out = tmp_path / "run"
    for number in (1, 2):
        broken_off(out)
        (out / "notes.md").write_text(f"mine {number}")
        run = of(out, "cars", fresh=True)
        assert not run.is_resumed
        assert list(out.iterdir()) == []
        assert (tmp_path / f"run-before-{number}" / "notes.md").read_text() == f"mine {number}"


def test_resume_insists(tmp_path):
    with pytest.raises(BadInput, match="holds no unfinished run: leave out --resume"):
        of(tmp_path, resume=True)
    for options in ({"resume": True, "fresh": True, "out": tmp_path}, {"fresh": True}):
        with pytest.raises(BadInput, match="Received: resume"):
            Options(**options)


def as_worker(index, monkeypatch, workers=2):
    cluster = {"worker": [f"localhost:{port}" for port in range(1, workers + 1)]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}))


def test_of_several_workers_the_chief_alone_writes(tmp_path, monkeypatch, capsys):
    left, met = [], []
    monkeypatch.setattr(distribute, "largest_of_workers", met.append)
    monkeypatch.setattr("atexit.register", lambda *call, **options: left.append((call, options)))
    as_worker(0, monkeypatch)
    chief = of(tmp_path / "run")
    chief.write_config({"epochs": 1})
    before = sorted(tmp_path.rglob("*"))
    as_worker(1, monkeypatch)
    other = of(tmp_path / "run")
    other.write_config({"epochs": 1})
    other.save_text("said", "a text")
    other.save_figure("drawn", plots.bars({"a": 1}, "", ""))
    other.save_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), {})
    other.finish({"loss": 1.0}, train_seconds=1.0)
    assert met == [[0]]  # it waits for the chief
    assert sorted(tmp_path.rglob("*")) == before
    assert other.checkpoints == chief.checkpoints
    assert capsys.readouterr().out == ""
    # Its own folder is removed when the process ends.
    assert {each.name for each in other.path.iterdir()} == {"config.json", "logs", "model.keras", "said.txt"}
    # Or, if that was killed, when it starts again.
    again = of(tmp_path / "run")
    assert again.path == other.path
    assert not list(again.path.iterdir())
    another = of(tmp_path / "other")
    assert another.path != other.path
    for (remove, *path), options in left:
        remove(*path, **options)
    assert not other.path.exists()
    assert not another.path.exists()


def test_workers_share_a_folder_that_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_worker(0, monkeypatch)
    with pytest.raises(BadInput, match=r"All workers need the same run folder: name it \(--out\). Received: 2 workers"):
        RunFolder.of(Config(), "tabular", "pets")
    monkeypatch.setenv("KERASDL_JOB", "77")
    first = RunFolder.of(Config(), "tabular", "pets")
    first.write_config({})
    assert str(first.path) == "runs/tabular/pets-77"
    assert RunFolder.of(Config(), "tabular", "pets").is_resumed


def test_it_goes_on_with_as_many_workers(tmp_path, monkeypatch):
    of(tmp_path / "one").write_config({})
    as_worker(0, monkeypatch, workers=3)
    with pytest.raises(BadInput, match="unfinished run with other options.*workers 1 there and 3 here"):
        of(tmp_path / "one")


def test_it_goes_on_in_the_precision_with_which_it_began(tmp_path):
    """Even if auto would now be another one."""
    began = of(tmp_path / "run")
    assert began.precision == "auto"
    began.write_config({"precision": "mixed_bfloat16"})
    assert of(tmp_path / "run").precision == "mixed_bfloat16"
    assert of(tmp_path / "run", fresh=True).precision == "auto"


@pytest.mark.parametrize("damaged", ["", "[]", "{}", '{"precision": "float8"}', '{"precision": []}'])
def test_a_damaged_config_says_nothing_of_the_precision(tmp_path, damaged):
    of(tmp_path).write_config({})
    (tmp_path / "config.json").write_text(damaged)
    assert of(tmp_path).precision == "auto"


def test_fresh_is_for_the_first_start_of_a_job(tmp_path, monkeypatch):
    of(tmp_path / "run").write_config({})
    monkeypatch.setenv("KERASDL_JOB", "77")
    again = Config(run=Options(out=tmp_path / "run", seed=3, fresh=True))
    began = RunFolder.of(again, "tabular", "pets")
    assert not began.is_resumed
    assert (tmp_path / "run-before-1").exists()
    began.write_config({})
    assert RunFolder.of(again, "tabular", "pets").is_resumed
    monkeypatch.setenv("KERASDL_JOB", "78")
    assert not RunFolder.of(again, "tabular", "pets").is_resumed


def test_what_to_type_is_the_command_of_the_job(run, monkeypatch):
    monkeypatch.setattr("sys.argv", ["tabular.py"])
    monkeypatch.setenv("KERASDL_COMMAND", "python -m kerasdl.launch tabular.py")
    assert run.command == f"python -m kerasdl.launch tabular.py --out {run.path}"


def test_a_run_that_another_process_is_writing_is_left_alone(tmp_path):
    of(tmp_path).write_config(Config())
    assert of(tmp_path).is_resumed  # a notebook may break it off, and go on
    folder._LOCKED.clear()
    for options in ({}, {"fresh": True}):
        with pytest.raises(BadInput, match="Another process is writing this run"):
            of(tmp_path, **options)


def test_a_disk_that_is_full_from_the_beginning_leaves_the_folder_empty(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            RunFolder(tmp_path).write_config({})
    assert list(tmp_path.iterdir()) == []
    run = RunFolder(tmp_path)
    run.write_config({})
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run.save_figure("confusion", plots.confusion(np.eye(2), ["a", "b"]))
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "logs"}


def test_a_name_that_is_not_utf_8_ends_no_run(run):
    run.write_config({"data": "caf\udce9"})
    assert load_config(run.path) == {"data": "caf\udce9"}


def test_a_configuration_of_dataclasses_is_flattened(run):
    @dataclass(frozen=True)
    class Config:
        data: str = "pets"
        run: Options = field(default_factory=lambda: Options(seed=3))

    assert list(flattened(Config()))[:3] == ["data", "out", "resume"]
    run.write_config(Config())
    written = json.loads((run.path / "config.json").read_text())
    assert (written["data"], written["seed"], "run" in written) == ("pets", 3, False)


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


def shown(event):
    """What TensorBoard's Text tab makes of a text."""
    from tensorboard.plugin_util import markdown_to_safe_html

    return markdown_to_safe_html(event.tensor_proto.string_val[0])


@pytest.mark.filterwarnings("ignore:html5lib:DeprecationWarning")
def test_a_text_in_file_and_tensorboard_with_its_lines(run):
    text = "# First\r\n\n  *Second* <b>```\n---\nThird caf\u00e9"
    run.save_text("generated", text)
    assert (run.path / "generated.txt").read_bytes() == text.encode() + b"\n"
    (event,) = events(run).Tensors("generated")
    lines = "# First\n\n  *Second* &lt;b&gt;```\n---\nThird caf\u00e9\n"
    assert (event.step, shown(event)) == (0, f"<pre><code>{lines}</code></pre>")


@pytest.mark.filterwarnings("ignore:html5lib:DeprecationWarning")
def test_the_texts_of_epochs_follow_each_other(run):
    for epoch, text in ((1, "the\r\nthe"), (3, "the sea")):
        run.save_text("generated", text, step=epoch)
    assert (run.path / "generated.txt").read_bytes() == b"--- epoch 1 ---\nthe\r\nthe\n\n--- epoch 3 ---\nthe sea\n"
    assert [(event.step, shown(event)) for event in events(run).Tensors("generated")] == [
        (1, "<pre><code>the\nthe\n</code></pre>"),
        (3, "<pre><code>the sea\n</code></pre>"),
    ]
    run.save_text("generated", "again", step=3)
    assert (run.path / "generated.txt").read_bytes().endswith(b"\n\n--- epoch 3 ---\nagain\n")
    run.save_text("generated", "alone")
    assert (run.path / "generated.txt").read_text() == "alone\n"


def test_half_a_character_ends_no_run(run):
    run.save_text("generated", "sea\ud83d")
    assert (run.path / "generated.txt").read_text() == "sea?\n"
    (event,) = events(run).Tensors("generated")
    assert event.tensor_proto.string_val[0] == b"    sea?"


def test_a_page_is_written_whole(run):
    run.save_page("words", "<p>caf\u00e9\ud83d")
    assert {path.name for path in run.path.iterdir()} == {"words.html", "logs"}
    assert (run.path / "words.html").read_bytes() == b"<p>caf\xc3\xa9?"


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
        "98.77 %",
        f"report               {run.path / 'report.html'}",
        "12.3 s",
        "skipped images",
        f"model and figures    {run.path}",
        f"tensorboard --logdir {run.logs}",
        f"import kerasdl, keras; model = keras.models.load_model({str(run.path / 'model.keras')!r})",
    ):
        assert text in printed


def small():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_a_model_is_saved_atomically(run, monkeypatch):
    model = small()
    run.save_model(model, {})
    before = (run.path / "model.keras").read_bytes()

    def killed(self, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(keras.Sequential, "save", killed)
    with pytest.raises(OSError, match="disk full"):
        run.save_model(model, {})
    assert (run.path / "model.keras").read_bytes() == before
    assert np.array_equal(keras.models.load_model(run.path / "model.keras").get_weights()[0], model.get_weights()[0])


def test_weights_that_are_not_finite_are_not_saved(run):
    model = small()
    model.set_weights([np.array([[np.nan], [1.0]]), np.zeros(1)])
    with pytest.raises(
        BadInput, match="diverged.*--peak-lr.*Received: non-finite weights in 'sequential.*dense.*kernel'"
    ):
        run.save_model(model, {})
    assert not (run.path / "model.keras").exists()


def test_a_model_with_finite_weights_and_a_loss_that_is_not_is_not_saved_either(run):
    with pytest.raises(BadInput, match="The training diverged.*Received: validation loss nan"):
        run.save_model(small(), {"accuracy": 0.1, "loss": float("nan")})
    assert not (run.path / "model.keras").exists()
    run.save_model(small(), {"loss": 0.3, "ratio": float("inf"), "r2": float("nan")}, name="other")
    assert [path.name for path in run.path.glob("*.keras")] == ["other.keras"]


def test_metrics_that_json_does_not_have_are_null(run):
    more = {"each": [np.float32("nan"), np.float32(1.5)], "warning": "The model is worse."}
    run.finish({"rmse": 1.0, "ratio": float("inf")}, train_seconds=1.0, **more)
    written = json.loads((run.path / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert written == {"valid": {"rmse": 1.0, "ratio": None}, "train_seconds": 1.0, **more, "each": [None, 1.5]}
