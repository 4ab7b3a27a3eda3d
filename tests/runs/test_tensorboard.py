import re

import numpy as np
import tensorflow as tf
from kerasdl.runs import RunFolder, tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData


def events(logs):
    return EventAccumulator(str(logs / "result"), size_guidance={"tensors": 0}).Reload()


def session(found, tag):
    return HParamsPluginData.FromString(found.SummaryMetadata(f"_hparams_/{tag}").plugin_data.content)


def options(logs):
    start = session(events(logs), "session_start_info").session_start_info
    # A name of its own would put all runs with the same options in one row.
    assert start.group_name == ""
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}


def results(logs):
    found = events(logs)
    tags = [tag for tag in found.Tags()["tensors"] if tag.startswith("final/")]
    return {tag: [float(tf.make_ndarray(each.tensor_proto)) for each in found.Tensors(tag)] for tag in tags}


def test_options_are_numbers_or_strings(tmp_path):
    given = {"epochs": 5, "flip": True, "peak_lr": None, "units": (64, 32), "data": "caf\udce9", "columns": {"a": 1}}
    tensorboard.write_options(tmp_path, {**given, "rate": np.float32(0.5), "limit": float("inf")})
    assert options(tmp_path) == {
        **{"epochs": 5.0, "flip": True, "peak_lr": "None", "units": "(64, 32)", "data": "caf?"},
        **{"rate": 0.5, "limit": "inf"},
    }


def test_measured_numbers_are_results_and_counts_are_not(tmp_path):
    more = {"train_images": 40, "warning": "worse", "intervals": {"loss": (0.1, 0.2)}, "is_good": True}
    tensorboard.write_result(tmp_path, {"accuracy": np.float32(0.75), "loss": float("nan"), "seconds": 2.0, **more})
    assert results(tmp_path) == {"final/accuracy": [0.75], "final/seconds": [2.0]}


def test_a_recipe_s_run_is_a_row_and_one_that_goes_on_the_same(tmp_path):
    run = RunFolder(tmp_path, config={"epochs": 5, "out": "here"})
    run.write_config({"epochs": 5, "out": "here"})
    assert (options(run.logs), results(run.logs)) == ({"epochs": 5.0}, {})
    again = RunFolder(tmp_path, config={"epochs": 5, "out": "here"})
    again.write_config({"epochs": 5, "out": "here"})
    again.finish({"accuracy": 0.75}, train_seconds=2.0, train_images=40)
    assert (options(run.logs), results(run.logs)) == (
        {"epochs": 5.0},
        {"final/accuracy": [0.75], "final/train_seconds": [2.0]},
    )
    assert session(events(run.logs), "session_end_info").session_end_info.status == 1  # success


def test_charts_draw_what_runs_write(tmp_path):
    tensorboard.write_options(tmp_path, {})
    (event,) = events(tmp_path).Tensors("custom_scalars__config__")
    layout = Layout.FromString(event.tensor_proto.string_val[0])
    patterns = {
        f"{category.title} {chart.title}": chart.multiline.tag[0]
        for category in layout.category
        for chart in category.chart
    }
    assert [category.title for category in layout.category if category.closed] == ["layers"]
    tags = {
        "epoch_loss": ["epochs loss"],
        "epoch_accuracy": ["epochs metrics"],
        "epoch_lossy": ["epochs metrics"],
        "epoch_learning_rate": [],
        "evaluation_loss_vs_iterations": [],
        "loss": ["steps loss"],
        "learning_rate": ["steps learning rate"],
        "learning_rate/stem": ["steps learning rate"],
        "momentum": ["steps momentum"],
        "final/loss": [],
        "gradient_norm/stem": ["layers gradient norm"],
        "update_ratio/stem": ["layers update-to-weight ratio"],
        "mean/stem": ["layers activations: mean"],
        "std/stem": ["layers activations: standard deviation"],
        "near_zero/stem": ["layers activations: share near zero"],
        "dead/stem": ["layers activations: share of dead units"],
    }
    assert {tag: [chart for chart, each in patterns.items() if re.match(each, tag)] for tag in tags} == tags
