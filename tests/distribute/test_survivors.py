import subprocess
import sys

import pytest
import tensorflow as tf
from kerasdl.distribute.survivors import is_loss_of_a_worker, line
from kerasdl.errors import LOST_PEER

# As TensorFlow 2.21 says it: when a worker was killed, and when the chief was.
WORKER = (
    "Collective ops is aborted by: Error reported from /job:worker/task:1: The following tasks are unhealthy (stopped "
    "sending heartbeats):\n/job:worker/replica:0/task:1"
)
CHIEF = (
    "Collective ops is aborted by: Failed to send RPC to coordination service.\nAdditional GRPC error information from "
    "remote target /job:worker/replica:0/task:0 while calling /tensorflow.CoordinationService/Heartbeat"
)


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        (CHIEF, "worker 0"),
        (f"/job:worker/replica:0/task:1/device:CPU:0 has failed: {CHIEF}", "worker 0"),  # where it was noticed
        ("Collective ops is aborted by: Socket closed", "another worker"),
    ],
)
def test_the_lost_worker_is_named(message, lost, second_of_two):
    error = tf.errors.UnavailableError(None, None, message)
    assert is_loss_of_a_worker(error)
    assert line(error) == f"A worker is lost, so this one ends: start all of them again. Received: {lost}"


def test_with_a_chief_workers_count_from_one(monkeypatch):
    error = tf.errors.UnavailableError(None, None, WORKER)
    assert line(error).endswith("Received: worker 1")
    cluster = '{"chief": ["a:1"], "worker": ["b:2", "c:3"]}'
    monkeypatch.setenv("TF_CONFIG", f'{{"cluster": {cluster}, "task": {{"type": "chief", "index": 0}}}}')
    assert line(error).endswith("Received: worker 2")


def test_other_errors_are_left_alone():
    assert not is_loss_of_a_worker(ValueError("heartbeat"))
    assert not is_loss_of_a_worker(tf.errors.InvalidArgumentError(None, None, "Incompatible shapes"))


def ends(error):
    code = (
        "import tensorflow as tf; from kerasdl.distribute.survivors import end_with_one_line; end_with_one_line(); "
        f"raise {error}"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.slow
def test_the_end_is_one_line_but_other_errors_keep_their_traceback():
    found = ends(f"tf.errors.UnavailableError(None, None, {WORKER!r})")
    assert found.returncode == LOST_PEER
    assert found.stderr.splitlines()[-1].endswith("Received: worker 1")
    assert "Traceback" not in found.stderr
    assert "Traceback" in ends("ValueError").stderr
