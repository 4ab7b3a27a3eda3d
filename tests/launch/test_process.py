"""One worker: its address, its output, and its end."""

import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kerasdl.launch.process import Process


@pytest.fixture
def worker():
    worker = Process()
    yield worker
    worker.end()


def finish(worker):
    """The whole output, and the exit status."""
    output = b""
    while True:
        part, status = worker.poll()
        output += part
        if status is not None:
            return output, status
        time.sleep(0.01)


def read(worker, *, until):
    output = b""
    while until not in output:
        part, status = worker.poll()
        output += part
        assert status is None, output
        time.sleep(0.01)
    return output


def is_alive(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_output_of_both_streams_in_order_environment_folder_and_status(worker, tmp_path):
    code = "import os, sys; print(os.environ['OURS'], os.getcwd()); print('then', file=sys.stderr); sys.exit(7)"
    worker.start(["-c", code], {"OURS": "set"}, str(tmp_path))
    assert finish(worker) == (f"set {tmp_path}\nthen\n".encode(), 7)


def test_before_it_starts_there_is_nothing():
    assert Process().poll() == (b"", None)
    Process().end()


def test_what_it_prints_is_there_at_once(worker):
    worker.start(["-c", "import time; print('ready', end=''); time.sleep(60)"], {}, ".")
    assert read(worker, until=b"ready") == b"ready"


def test_a_worker_that_prints_more_than_a_pipe_holds_is_not_stopped(worker):
    worker.start(["-c", "print('x' * 1_000_000)"], {}, ".")
    output, status = finish(worker)
    assert (len(output), status) == (1_000_001, 0)


def test_signals_are_sent_and_a_kill_is_told(worker):
    worker.start(["-c", "import time; print('ready', flush=True); time.sleep(60)"], {}, ".")
    read(worker, until=b"ready")
    worker.send(signal.SIGTERM)
    assert finish(worker)[1] == -signal.SIGTERM
    worker.send(signal.SIGTERM)  # which finds nothing, and says nothing


def test_the_address_is_free_until_the_start_and_of_this_host(worker):
    elsewhere = Process(lambda: "a-host")
    assert elsewhere.address().startswith("a-host:")
    elsewhere.end()
    _, port = worker.address().split(":")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("", int(port)))
    worker.start(["-c", ""], {}, ".")
    with socket.socket() as other:
        other.bind(("", int(port)))
    # The system would give out a higher one at any time.
    assert int(port) < 32_768


def test_jobs_with_the_same_seed_find_other_addresses():
    found = set()
    for _ in range(3):
        random.seed(0)
        each = Process()
        found.add(each.address())
        each.end()
    assert len(found) > 1


def test_what_it_has_started_ends_with_it(worker):
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, end='.', flush=True)\ntime.sleep(60)"
    )
    worker.start(["-c", code], {}, ".")
    child = int(read(worker, until=b".").strip(b"."))
    assert is_alive(child)
    worker.end()
    ends = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < ends:
        time.sleep(0.01)
    assert not is_alive(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_it_ends_with_its_launcher(tmp_path):
    code = (
        "import os, time\nfrom importlib.util import module_from_spec, spec_from_file_location\n"
        f"spec = spec_from_file_location('process', {sys.modules[Process.__module__].__file__!r})\n"
        "module = module_from_spec(spec)\nspec.loader.exec_module(module)\nworker = module.Process()\n"
        "worker.start(['-c', 'import os, time; print(os.getpid(), end=\".\"); time.sleep(60)'], {}, '.')\n"
        "output = b''\nwhile b'.' not in output:\n    output += worker.poll()[0]\n"
        "print(output.decode(), flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    ends = time.monotonic() + 5
    while is_alive(done.stdout.strip().strip(".")) and time.monotonic() < ends:
        time.sleep(0.01)
    assert done.stdout
    assert not is_alive(done.stdout.strip().strip("."))
