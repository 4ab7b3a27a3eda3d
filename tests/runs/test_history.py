from math import inf, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder
from kerasdl.runs.history import read_history, write_history

NAMES = st.text(min_size=1).filter(lambda name: not {*name} & {*"\r\0"} and name.isprintable())
NUMBERS = st.floats(allow_nan=False)


@settings(max_examples=20)
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.lists(NUMBERS, min_size=2, max_size=2), min_size=1)))
def test_what_was_written_is_read(tmp_path_factory, history):
    history = {
        stage: {name: values for name, values in metrics.items() if name not in ("stage", "epoch")}
        for stage, metrics in history.items()
    }
    file = tmp_path_factory.getbasetemp() / "history.csv"
    write_history(file, history)
    assert read_history(file) == {stage: metrics for stage, metrics in history.items() if metrics}


def test_a_stage_has_its_own_metrics_and_lengths(tmp_path):
    history = {"head": {"loss": [nan, 1.0], "val_loss": [inf]}, "whole": {"loss": [0.1], "accuracy": [0.5]}}
    write_history(tmp_path / "h.csv", history)
    assert (tmp_path / "h.csv").read_text().splitlines() == [
        "stage,epoch,loss,val_loss,accuracy",
        "head,1,nan,inf,",
        "head,2,1.0,,",
        "whole,1,0.1,,0.5",
    ]
    read = read_history(tmp_path / "h.csv")
    assert isnan(read["head"]["loss"][0])
    assert (read["head"]["val_loss"], list(read["whole"])) == ([inf, None], ["loss", "accuracy"])


def test_a_stage_that_is_finished_again_replaces_its_rows_and_others_stay_in_their_order(tmp_path):
    run = RunFolder(tmp_path)
    for stage, losses in (("head", [3.0]), ("whole", [2.0, 1.0]), ("head", [3.5])):
        run.save_history(stage, {"loss": losses})
    assert read_history(tmp_path / "history.csv") == {"head": {"loss": [3.5]}, "whole": {"loss": [2.0, 1.0]}}


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"stage,epoch,loss\na,1,2,3\n", b"\xff", b"\0"])
def test_a_damaged_file_is_named_and_ends_no_run(content, tmp_path):
    run = RunFolder(tmp_path)
    run.save_history("head", {"loss": [1.0]})
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(BadInput, match="history of the run is damaged: remove it. Received: '.*history.csv'"):
        read_history(tmp_path / "history.csv")
    run.save_history("whole", {"loss": [1.0]})
    assert read_history(tmp_path / "history.csv") == {"whole": {"loss": [1.0]}}
