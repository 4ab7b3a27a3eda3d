"""The server of the page: on this machine alone, with a limit on uploads, and with nothing from elsewhere."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasdl.app import cards
from kerasdl.app.page import import_gradio, page
from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

LOOPBACK = ("127.0.0.1", "localhost")
MEBIBYTE = 2**20
# Whatever a text says, the browser asks no other host, and no other page frames this one. Gradio needs inline scripts,
# and compiles its templates.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)


@contextmanager
def serve(run: Path, *, port: int | None = None, host: str = "127.0.0.1", max_upload: int = 20) -> Iterator[str]:
    """Serve the page of a run for as long as the context lasts.

    Uploaded files lie in a temporary folder, which is deleted at the end.

    Args:
        run: The run's folder, or what `runs.to_hub` wrote.
        port: On which it listens; by default the first free one from 7860.
        host: Address; by default this machine alone may ask. There is no password.
        max_upload: Largest upload in MiB.

    Returns:
        A context whose value is the address of the page.

    Raises:
        BadInput: As for `Trained.of`; the port is taken.
        ModuleNotFoundError: gradio is not installed.

    Example:
        >>> with serve(Path("runs/pets")) as address:
        ...     print(address)
    """
    trained = Trained.of(run)
    gradio = import_gradio()
    with tempfile.TemporaryDirectory(prefix="kerasdl-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        blocks = page(trained)
        fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
        try:
            _, address, _ = blocks.launch(
                server_name=host,
                server_port=port,
                share=False,
                quiet=True,
                prevent_thread_lock=True,
                max_file_size=max_upload * MEBIBYTE,
                ssr_mode=False,
                footer_links=[],
                theme=gradio.themes.Default(primary_hue="blue", **fonts),
                css=cards.STYLE,
                app_kwargs={"middleware": _middleware(host), "docs_url": None, "redoc_url": None, "openapi_url": None},
            )
        except OSError as error:
            raise BadInput(f"The page cannot be served ({error}). Received: host={host!r}, port={port}") from error
        try:
            yield address
        finally:
            blocks.close(verbose=False)


def _middleware(host: str) -> list[Any]:
    starlette = import_optional("starlette.middleware")
    hosts = import_optional("starlette.middleware.trustedhost").TrustedHostMiddleware
    return [starlette.Middleware(hosts, allowed_hosts=allowed_hosts(host)), starlette.Middleware(_Policy)]


def allowed_hosts(host: str) -> list[str]:
    """The names to which a server answers: another name for this machine may be that of a page elsewhere.

    Args:
        host: Address on which it listens.

    Example:
        >>> allowed_hosts("127.0.0.1")
        ['127.0.0.1', 'localhost']
    """
    return [*LOOPBACK] if host in LOOPBACK else ["*"]


class _Policy:
    """Adds the policy to every answer."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {b"content-security-policy": POLICY.encode(), b"referrer-policy": b"no-referrer"}
                message = {**message, "headers": [*message.get("headers", []), *own.items()]}
            await send(message)

        await self._app(scope, receive, sending)
