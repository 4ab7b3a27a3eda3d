"""The server: uvicorn, on this machine alone by default."""

import signal
import socket
import sys
from pathlib import Path

from kerasdl.app.trained import Runtime, Trained
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional
from kerasdl.serving.application import application

# Open at a time; more are answered with 503.
MOST_CONNECTIONS = 1000
# Seconds in which requests that have arrived are answered after a signal to stop.
GRACE = 30


def serve(
    run: Path, *, runtime: Runtime = "keras", port: int = 8000, host: str = "127.0.0.1", max_body: int = 20
) -> None:
    """Serve a run until SIGTERM or Ctrl-C; then what has arrived is still answered.

    Args:
        run: The run's folder, or what `runs.to_hub` wrote.
        runtime: What computes: "keras", or "onnx" or "saved_model", if recipes/export.py wrote them into the run.
        port: On which it listens; 0 is a free one.
        host: Address; by default this machine alone may ask. There is no password.
        max_body: Largest body in MiB.

    Raises:
        BadInput: As for `Trained.of`; the port is taken.
        ModuleNotFoundError: starlette, uvicorn or the runtime is not installed.

    Example:
        >>> serve(Path("runs/pets"))
    """
    uvicorn = import_optional("uvicorn")
    asked = application(Trained.of(run, runtime), host=host, max_body=max_body)
    config = uvicorn.Config(
        asked, log_config=None, access_log=False, limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=GRACE
    )
    with listening(host, port) as opened:
        # uvicorn raises the signal again when all is answered.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(f"{address(opened)} answers (Ctrl-C ends it)", flush=True)
        uvicorn.Server(config).run(sockets=[opened])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        BadInput: The port is taken, or the address is not this machine's.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise BadInput(
            f"It cannot be served ({error}): use another --port or --host. Received: {host}, port {port}"
        ) from error


def address(opened: socket.socket) -> str:
    """Where a socket listens."""
    host, port, *_ = opened.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
