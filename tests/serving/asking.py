"""A real server in a thread, and what clients send it."""

import json
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

from kerasdl.app.trained import Trained
from kerasdl.serving import application
from kerasdl.serving.server import address, listening

from tests.recipes.bad_input import earlier_run


@contextmanager
def answering(trained, **options):
    """The address at which a run is served."""
    import uvicorn

    config = uvicorn.Config(application(trained, **options), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with listening("127.0.0.1", 0) as opened:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            yield address(opened)
        finally:
            server.should_exit = True
            thread.join()


def ask(address, body=None, path="/predict", **headers):
    """Status and JSON of an answer; bytes are sent as they are."""
    data = body if isinstance(body, bytes | None) else json.dumps({"instances": body}).encode()
    request = urllib.request.Request(address + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as found:
            return found.status, json.load(found)
    except urllib.error.HTTPError as error:
        content = error.read().decode()
        return error.code, json.loads(content) if content.startswith("{") else content


def predictions(address, body):
    status, found = ask(address, body)
    assert status == 200, found
    return found["predictions"]


def trained_on(kind):
    """An earlier run of a kind, with a network that was not trained."""
    return Trained.of(earlier_run(kind))
