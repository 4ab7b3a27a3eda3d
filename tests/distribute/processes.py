"""Jobs of several processes."""

import contextlib
import json
import os
import socket
import subprocess
import sys

from tests.distribute import job


def start(folder, workers, **options):
    """Start the workers of a job, each a process."""
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(workers)]
        for each in sockets:
            each.bind(("localhost", 0))
        cluster = {"worker": [f"localhost:{each.getsockname()[1]}" for each in sockets]}
    started = []
    for index in range(workers):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(task), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "tests.distribute.job", str(folder), json.dumps(options)]
        with (folder / f"log{index}.txt").open("w") as log:
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
    return started


def run(folder, workers, **options):
    """The results of all workers."""
    started = start(folder, workers, **options)
    try:
        for index, process in enumerate(started):
            assert process.wait(timeout=600) == 0, (folder / f"log{index}.txt").read_text()[-3000:]
    finally:
        for process in started:
            process.kill()
    return [job.result(folder, index) for index in range(workers)]
