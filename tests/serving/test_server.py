"""The server as a process of its own: with other runtimes, under many clients, and at its end."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest
from kerasdl import export, runs
from kerasdl.app.trained import Trained
from kerasdl.data import images, text
from kerasdl.errors import BadInput
from kerasdl.serving.server import address, listening

from tests.recipes.bad_input import earlier_run, picture
from tests.recipes.test_image_classifier import RECIPES
from tests.serving.asking import predictions

pytest.importorskip("starlette", reason="starlette is not installed: pip install 'kerasdl[serve]'")
pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'kerasdl[serve]'")
CLIENTS, SECONDS = 50, 4


@contextmanager
def started(run, *arguments):
    """The process of the recipe, and its address."""
    command = [sys.executable, str(RECIPES / "serve.py"), str(run), "--port", "0", *arguments]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process, process.stdout.readline().split(" ")[0]
        finally:
            process.kill()


def test_a_port_that_is_taken_is_named():
    with listening("127.0.0.1", 0) as opened:
        port = int(address(opened).rpartition(":")[2])
        with pytest.raises(BadInput, match=f"in use.*use another --port or --host. Received: 127.0.0.1, port {port}"):
            listening("127.0.0.1", port)


@pytest.mark.slow
def test_what_was_exported_of_another_model_is_refused(tmp_path):
    run = shutil.copytree(earlier_run("table"), tmp_path / "run")
    with pytest.raises(BadInput, match="The run was not exported: python recipes/export.py .* --to onnx. Received: "):
        Trained.of(run, "onnx")
    pytest.importorskip("onnxruntime", reason="the extra export is not installed")
    model = runs.load_run(run)
    export.Conversion(model).write("onnx", run / "export" / "onnx")
    inputs = {"area": np.array([[12.5], [3.0]])}
    assert Trained.of(run, "onnx").run(inputs) == pytest.approx(Trained.of(run).run(inputs), abs=1e-5)
    model.layers[-3].set_weights([2 * each for each in model.layers[-3].get_weights()])
    model.save(run / "model.keras")
    with pytest.raises(BadInput, match="What was exported is of another model: export it again"):
        Trained.of(run, "onnx")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "saved_model"])
def test_texts_in_another_runtime(form, tmp_path):
    run = shutil.copytree(earlier_run("texts"), tmp_path / "run")
    model, given = runs.load_run(run), ["a house", "", "villa a \ud83d a house"]
    export.Conversion(model).write(form, run / "export" / form)
    with started(run, "--runtime", form) as (_, address):
        found = [each["probabilities"] for each in predictions(address, given)]
    assert found == [pytest.approx(each, abs=1e-5) for each in text.predict(model, given, top=None)]


@pytest.mark.slow
def test_many_clients_lose_nothing_and_a_signal_ends_it_when_all_is_answered():
    pictures = [picture(side) for side in range(4, 12)]
    expected = list(images.predict(runs.load_run(earlier_run("images")), pictures, top=None))
    with started(earlier_run("images")) as (process, address):
        counts, problems = asked_by_many(urlsplit(address).netloc, pictures, expected)
        assert problems == []
        assert min(counts) > 1
        half_way = half_asked(urlsplit(address), pictures[0])
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((urlsplit(address).hostname, urlsplit(address).port))
        status, found = half_way()
        assert status == 200
        assert found["predictions"][0]["probabilities"] == pytest.approx(expected[0], abs=1e-5)
        assert process.wait(30) == 0


def asked_by_many(netloc, pictures, expected):
    """How often each client got an answer, and what was wrong."""
    counts, problems, end = [0] * CLIENTS, [], time.monotonic() + SECONDS

    def client(number):
        with closing(http.client.HTTPConnection(netloc, timeout=60)) as connection:
            while time.monotonic() < end or counts[number] < 2:
                at = (number + counts[number]) % len(pictures)
                connection.request("POST", "/predict", pictures[at])
                answer = connection.getresponse()
                found = json.load(answer)
                right = pytest.approx(expected[at], abs=1e-5)
                if answer.status != 200 or found["predictions"][0]["probabilities"] != right:
                    problems.append(found)
                counts[number] += 1

    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return counts, problems


def half_asked(url, body):
    """Sends half of a request, when the server has begun to read it; what is returned sends the rest."""
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    connection.connect()
    head = (
        f"POST /predict HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    connection.sock.sendall(head.encode())
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 100")
    connection.sock.sendall(body[:50])

    def rest():
        with closing(connection):
            connection.sock.sendall(body[50:])
            answer = http.client.HTTPResponse(connection.sock)
            answer.begin()
            return answer.status, json.load(answer)

    return rest
