"""What `strategy` gives, and jobs of several processes."""

import json
import signal
import time

import pytest
import tensorflow as tf
from kerasdl import distribute
from kerasdl.errors import LOST_PEER, BadInput

from tests.distribute import job
from tests.distribute.processes import run, start


def test_two_processes_train_as_one(tmp_path):
    options = {"count": 50, "batch_size": 12, "epochs": 4}  # of 40 for training: the last batch of an epoch has four
    one = job.main(tmp_path, **options)
    first, second = run(tmp_path / "two", 2, **options)
    job.assert_close(first, one, 1e-5)
    job.assert_close(second, first, 0)


def test_one_device_needs_nothing(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert distribute.strategy() is tf.distribute.get_strategy()


def test_a_cluster_must_be_known_before_tensorflow_begins(monkeypatch):
    tf.constant(0)
    cluster = {"worker": ["localhost:1", "localhost:2"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 0}}))
    with pytest.raises(BadInput, match=r"Call distribute.strategy\(\) at the beginning of the program"):
        distribute.strategy()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
def test_fifty_steps_end_as_those_of_one_process_and_twice_with_the_same_bits(workers, tmp_path):
    options = {"count": 130, "batch_size": 16, "epochs": 8, "find": True, "averaged": True}  # of seven steps
    one = job.main(tmp_path, **options)
    first, again = (run(tmp_path / name, workers, **options) for name in ("first", "again"))
    job.assert_close(first[0], one, 1e-5)
    for found in (*first[1:], *again):
        job.assert_close(found, first[0], 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes of a table", "series", "streams of tokens", "documents"])
def test_every_kind_of_data_trains_as_in_one_process(kind, tmp_path):
    # With Adam's own epsilon a gradient that is nearly 0, all rounding, moves a weight as far as any other.
    options = {"kind": kind, "epsilon": 1e-4}
    one = job.main(tmp_path, **options)
    first, second = run(tmp_path / "two", 2, **options)
    job.assert_close(first, one, 1e-5)
    job.assert_close(second, first, 0)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_job_that_lost_a_worker_goes_on_with_the_same_bits(victim, tmp_path):
    options = {"count": 130, "batch_size": 16, "epochs": 10, "every_steps": 3}
    expected, _ = run(tmp_path / "undisturbed", 2, **options)
    folder = tmp_path / "disturbed"
    processes = start(folder, 2, **options)
    while not list((folder / "checkpoints").glob("epoch00001-*")):
        assert all(each.poll() is None for each in processes)
        time.sleep(0.05)
    processes[victim].kill()
    processes[victim].wait()
    assert processes[1 - victim].wait(timeout=120) == LOST_PEER
    last = (folder / f"log{1 - victim}.txt").read_text().splitlines()[-1]
    assert last == f"A worker is lost, so this one ends: start all of them again. Received: worker {victim}"
    found = run(folder, 2, **options)
    assert "Resumed at epoch " in (folder / "log1.txt").read_text()
    for each in found:
        job.assert_close(each, expected, 0, names="weight")
    assert len(list((folder / "logs").iterdir())) == 2  # of the chief, twice


@pytest.mark.slow
def test_a_signal_to_one_worker_stops_all_with_a_checkpoint(tmp_path):
    options = {"count": 130, "batch_size": 16, "epochs": 1000, "every_steps": 1000}
    processes = start(tmp_path, 2, **options)
    while not list((tmp_path / "checkpoints").glob("epoch00001-*")):
        assert all(each.poll() is None for each in processes)
        time.sleep(0.05)
    processes[1].send_signal(signal.SIGTERM)
    assert [each.wait(timeout=60) for each in processes] == [128 + signal.SIGTERM] * 2
    assert all("Started again, it goes on at" in (tmp_path / f"log{index}.txt").read_text() for index in (0, 1))
