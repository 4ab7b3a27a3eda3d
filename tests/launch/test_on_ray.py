"""Workers on a Ray that is started for the test."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kerasdl.errors import BadInput
from kerasdl.launch.job import Job
from kerasdl.launch.on_ray import RayCluster
from kerasdl.launch.process import LOST

from tests.launch.test_job import HEAD, starts

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
pytest.importorskip("ray", reason="Ray is not installed")


@pytest.fixture(scope="module")
def cluster():
    with RayCluster("local", workers=2) as cluster:
        yield cluster


def test_a_killed_worker_and_a_killed_actor_each_cost_a_restart_of_all(cluster, tmp_path, capfd):
    script = """
print(f"worker {worker}, start {start}")
time.sleep(1)
if worker == 1 and start == 0: os.kill(os.getpid(), signal.SIGKILL)
if worker == 0 and start == 1: os.kill(os.getppid(), signal.SIGKILL)  # as if its machine were gone
time.sleep(60 * (start < 2))
"""
    (tmp_path / "script.py").write_text(HEAD + script)
    written = []
    assert Job(cluster.place, ["script.py"], folder=str(tmp_path), write=written.append).run() == 0
    assert starts(tmp_path) == [3, 3]
    assert capfd.readouterr().err.splitlines() == [
        "launch: Worker 1 was ended by SIGKILL. All start again from the last checkpoint: restart 1 of 3",
        "launch: Worker 0 is lost with its machine. All start again from the last checkpoint: restart 2 of 3",
    ]
    output = b"".join(written)
    assert b"\nworker 0, start 1\n" in output
    assert b"[1] worker 1, start 2\n" in output


def test_an_error_of_the_script_is_the_status_and_the_folder_must_be_there(cluster, tmp_path):
    (tmp_path / "script.py").write_text("import sys; sys.exit(6)")
    assert Job(cluster.place, ["script.py"], folder=str(tmp_path), write=len).run() == 6
    with pytest.raises(FileNotFoundError):
        Job(cluster.place, ["script.py"], folder=str(tmp_path / "none"), write=len).run()


def test_an_actor_ends_with_what_it_has_started(cluster, tmp_path):
    (tmp_path / "script.py").write_text("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)")
    worker, *_ = cluster.place()
    worker.start(["script.py"], {}, str(tmp_path))
    output = b""
    while b"\n" not in output:
        output += worker.poll()[0]
    worker.end()
    with pytest.raises(ProcessLookupError):
        os.kill(int(output), 0)
    assert worker.poll() == (b"", LOST)
    worker.send(signal.SIGTERM)
    worker.end()


def test_the_demo_on_two_workers_ends_at_its_accuracy_in_one_folder_of_the_chief(tmp_path):
    command = [sys.executable, "-m", "kerasdl.launch", "--workers", "2", "--address", "local"]
    command += [str(ROOT / "recipes/image_classifier.py"), "--seed", "0"]
    # The path of Ray's sockets must be short.
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TMPDIR": str(tmp_path / "temporary"),
        "RAY_TMPDIR": "/tmp",
    }
    (tmp_path / "temporary").mkdir()
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "launch:" not in done.stderr  # no worker was lost
    (out,) = (tmp_path / "runs/image_classifier").iterdir()
    assert json.loads((out / "metrics.json").read_text())["valid"]["accuracy"] > 0.985
    assert json.loads((out / "config.json").read_text())["workers"] == 2
    assert not [*(tmp_path / "temporary").glob("kerasdl-*")]
    host = re.escape(socket.gethostname())  # in the name of an event file, before the number of the process
    writers = {re.search(rf"{host}\.(\d+)", each.name)[1] for each in out.rglob("*tfevents*")}
    assert len(writers) == 1
    assert "Epoch 30/30" in done.stdout
    assert "[1] Epoch" not in done.stdout


def test_too_small_a_cluster_and_no_cluster_are_named(cluster, monkeypatch):
    monkeypatch.setattr("kerasdl.launch.on_ray._PLACED", 1.0)
    monkeypatch.setattr(cluster, "_workers", 999)
    with pytest.raises(BadInput, match=r"no place for all workers.*Received: 999 workers of {'CPU': 1}, and {'CPU': "):
        cluster.place()
