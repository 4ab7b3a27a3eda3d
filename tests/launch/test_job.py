"""Supervision, with workers that need no TensorFlow: who is started again, how often, and what the job ends with."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from kerasdl.errors import LOST_PEER
from kerasdl.launch import job as job_module
from kerasdl.launch.job import Job
from kerasdl.launch.process import LOST, Process


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(job_module, "_SETTLES", 0.2)


# What a script of the tests begins with: which worker it is, and how often it was started.
HEAD = """
import json, os, signal, sys, time
from pathlib import Path
task = json.loads(os.environ["TF_CONFIG"])
worker = task["task"]["index"]
starts = Path(f"starts{worker}")
start = len(starts.read_text()) if starts.exists() else 0
starts.write_text("x" * (start + 1))
"""


def job(tmp_path, script, *, workers=2, **options):
    """A job, and what it will write."""
    (tmp_path / "script.py").write_text(HEAD + script)
    written = []
    options = {"write": written.append, **options}
    return Job(lambda: [Process() for _ in range(workers)], ["script.py"], folder=str(tmp_path), **options), written


def starts(tmp_path):
    return [len(each.read_text()) for each in sorted(tmp_path.glob("starts*"))]


def test_each_worker_is_told_all_addresses_and_which_it_is(tmp_path):
    script = 'Path(f"task{worker}.json").write_text(json.dumps([task, os.environ["MORE"]]))'
    assert job(tmp_path, script, workers=3, environment={"MORE": "set"})[0].run() == 0
    tasks = [json.loads((tmp_path / f"task{worker}.json").read_text()) for worker in range(3)]
    addresses = tasks[0][0]["cluster"]["worker"]
    assert len({*addresses}) == 3
    assert all(each.startswith("127.0.0.1:") for each in addresses)
    for index, (task, more) in enumerate(tasks):
        assert task == {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        assert more == "set"


def test_the_chief_is_shown_as_it_is_and_the_others_with_their_number(tmp_path):
    script = "print('first')\nif worker: print('unfinished', end='')\nelse: print('50%\\b\\b\\b99%', end='')"
    ours, written = job(tmp_path, script, workers=2)
    assert ours.run() == 0
    lines = b"".join(written)
    chief = lines.replace(b"[1] first\n", b"").replace(b"[1] unfinished\n", b"")
    assert chief == b"first\n50%\b\b\b99%"


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_costs_a_restart_of_all(victim, tmp_path, capfd):
    script = f"if start == 0 and worker == {victim}: os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(60 * (not start))"
    began = time.monotonic()
    assert job(tmp_path, script)[0].run() == 0
    assert starts(tmp_path) == [2, 2]
    assert time.monotonic() - began < 30
    assert capfd.readouterr().err == (
        f"launch: Worker {victim} was ended by SIGKILL. All start again from the last checkpoint: restart 1 of 3\n"
    )


def test_restarts_are_bounded(tmp_path, capfd):
    script = "if worker: os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(60)"
    assert job(tmp_path, script, restarts=2)[0].run() == 128 + signal.SIGKILL
    assert starts(tmp_path) == [3, 3]
    assert capfd.readouterr().err.splitlines()[-1] == ("launch: Worker 1 was ended by SIGKILL. No restart is left of 2")


def test_an_error_of_the_script_is_its_exit_status_and_not_tried_again(tmp_path, capfd):
    script = "time.sleep(60 * worker)\nsys.exit(2)"
    assert job(tmp_path, script)[0].run() == 2
    assert starts(tmp_path) == [1, 1]
    assert capfd.readouterr().err == ""


# The status of each worker in the first start; which one is named, None if it is no death.
@pytest.mark.parametrize(
    ("statuses", "cause"),
    [
        ((1, -9), 1),  # one was killed, the other has only lost it
        ((-9, 1), 0),
        ((LOST_PEER, None), 0),  # it lost one that has not ended, such as by its network
        ((LOST_PEER, 143), 1),  # a signal that was handled
        ((-6, -11), 1),
        ((-6, None), 0),
        ((1, -6), None),  # an error, after which TensorFlow aborts the others
        ((LOST_PEER, 1), None),
        ((255, LOST_PEER), None),  # no signal
        ((LOST, LOST_PEER), 0),
    ],
)
def test_who_is_the_cause(statuses, cause, tmp_path, monkeypatch, capfd):
    class Ended:
        def __init__(self, status):
            self.status = status

        def address(self):
            return "nowhere:1"

        def start(self, arguments, environment, folder): ...

        def poll(self):
            return b"", self.status

        def end(self): ...

    rounds = iter([statuses, (0, 0)])
    found = Job(lambda: [Ended(status) for status in next(rounds)], ["script.py"], folder=".", write=len).run()
    said = capfd.readouterr().err
    if cause is None:
        assert (found, said) == (next(status for status in statuses if status not in (LOST_PEER, -6)), "")
    else:
        assert found == 0
        assert said.startswith(f"launch: Worker {cause} ")


def test_the_job_has_ended_when_the_chief_has(tmp_path, monkeypatch):
    monkeypatch.setattr(job_module, "_ENDS", 0.2)
    assert job(tmp_path, "time.sleep(60 * worker)")[0].run() == 0
    assert job(tmp_path, "sys.exit(worker)")[0].run() == 0
    assert starts(tmp_path) == [2, 2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_chief_save_and_ends_all(number, tmp_path, capfd):
    script = """
def save(number, frame):
    Path("saved").write_text(str(int(number)))
    sys.exit(128 + number)
if worker == 0:
    signal.signal(signal.SIGINT, save)
    signal.signal(signal.SIGTERM, save)
Path(f"ready{worker}").write_text(str(os.getpid()))
time.sleep(60)
"""

    def interrupt():
        while len([*tmp_path.glob("ready*")]) < 2:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    threading.Thread(target=interrupt).start()
    assert job(tmp_path, script)[0].run() == 128 + number
    assert (tmp_path / "saved").read_text() == str(int(number))
    assert starts(tmp_path) == [1, 1]
    assert all(not Path(f"/proc/{each.read_text()}").exists() for each in tmp_path.glob("ready*"))
    assert signal.getsignal(number) is before
    assert capfd.readouterr().err == "launch: Stopping; once more stops at once\n"


def test_a_second_signal_does_not_wait_for_the_chief(tmp_path):
    script = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nPath(f'ready{worker}').touch()\ntime.sleep(60)"

    def interrupt():
        while len([*tmp_path.glob("ready*")]) < 2:
            time.sleep(0.02)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)

    thread = threading.Thread(target=interrupt)
    thread.start()
    began = time.monotonic()
    assert job(tmp_path, script)[0].run() == 130
    assert time.monotonic() - began < 20
    thread.join()


def test_output_goes_to_stdout_if_not_told_otherwise(tmp_path, capfdbinary):
    assert job(tmp_path, "print(f'worker {worker}')", workers=1, write=None)[0].run() == 0
    assert capfdbinary.readouterr().out == b"worker 0\n"
