"""Jobs whose workers are killed: they start again by themselves, and end bit for bit as a job that nobody disturbed."""

import random
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from kerasdl.launch.job import Job
from kerasdl.launch.process import Process

from tests.recipes.test_resuming import written

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
# Without a range test, whose hundred steps every start would repeat.
OPTIONS = ["--epochs", "16", "--hidden", "8", "--batch-size", "150", "--peak-lr", "0.01", "--no-look"]


class Killer(threading.Thread):
    """Kills a worker at a random moment, whenever a new start has written a checkpoint; so many times."""

    def __init__(self, out, victims):
        super().__init__(daemon=True)
        self.checkpoints, self.victims, self.killed, self.workers = out / "checkpoints/whole", victims, [], []

    def place(self):
        self.workers = [Process() for _ in range(2)]
        return self.workers

    def newest(self):
        return max((each.name for each in self.checkpoints.glob("epoch*.npz")), default="")

    def run(self):
        seconds, before = random.Random(0), ""
        for victim in self.victims:
            workers = self.workers
            while (newest := self.newest()) <= before or workers is not self.workers:
                workers = self.workers
                time.sleep(0.02)
            before = newest
            time.sleep(seconds.uniform(0, 0.3))
            self.workers[victim].send(signal.SIGKILL)
            self.killed.append(victim)
            while self.workers is workers:
                time.sleep(0.02)


def finish(out, victims=()):
    killer = Killer(out, victims)
    killer.start()
    printed = []
    script = [str(ROOT / "recipes/tabular.py"), *OPTIONS, "--out", str(out)]
    options = {"folder": str(ROOT), "restarts": len(victims), "write": printed.append}
    assert Job(killer.place, script, **options).run() == 0, b"".join(printed).decode()[-3000:]
    assert killer.killed == list(victims)
    return written(out)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("undisturbed") / "run")


@pytest.mark.parametrize("victims", [(1, 0, 1, 1, 0), (0, 0, 0)], ids=["any worker", "the chief"])
def test_it_ends_as_if_nothing_had_been(victims, undisturbed, tmp_path, capfd):
    metrics, weights = undisturbed
    again, others = finish(tmp_path / "run", victims)
    assert again == metrics
    assert all(np.array_equal(*pair) for pair in zip(weights, others, strict=True))
    said = capfd.readouterr().err
    assert said.count("was ended by SIGKILL. All start again from the last checkpoint") == len(victims)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run"]
