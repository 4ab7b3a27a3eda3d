"""The application: routes, limits and errors, for any ASGI server."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from kerasdl.app.server import MEBIBYTE, allowed_hosts
from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional
from kerasdl.serving.about import about
from kerasdl.serving.answers import answers
from kerasdl.serving.batches import Batches
from kerasdl.serving.requests import NotJson, request_of


def application(trained: Trained, *, host: str = "127.0.0.1", max_body: int = 20) -> Any:
    """The application that answers with a run: an ASGI application, which `serve` and other servers run.

    `POST /predict` answers {"predictions": […]}, `GET /` says what it takes, `GET /healthz` {"status": "ok"}. What
    cannot be answered is {"error": message}: 400 for what is no JSON, 413 for too large a body, 422 for other input.

    Args:
        trained: The run.
        host: The address at which it will be asked; on this machine's own it answers to no other name.
        max_body: Largest body in MiB.

    Raises:
        ModuleNotFoundError: starlette is not installed.

    Example:
        >>> application(Trained.of(Path("runs/pets"))).max_body_size
        20971520
    """
    starlette, responses = import_optional("starlette.applications"), import_optional("starlette.responses")
    middleware, hosts = import_optional("starlette.middleware"), import_optional("starlette.middleware.trustedhost")
    route, error = import_optional("starlette.routing").Route, import_optional("starlette.exceptions").HTTPException
    batches = Batches(partial(answers, trained))
    told = about(trained, largest=max_body * MEBIBYTE)

    async def predict(request: Any) -> Any:
        body = await request.body()
        return responses.JSONResponse({"predictions": await batches.answer(request_of(trained, body))})

    async def describe(_: Any) -> Any:
        return responses.JSONResponse(told)

    async def healthy(_: Any) -> Any:
        return responses.JSONResponse({"status": "ok"})

    async def refused(_: Any, error: Exception) -> Any:
        return responses.JSONResponse({"error": str(error)}, 400 if isinstance(error, NotJson) else 422)

    async def no_route(_: Any, error: Any) -> Any:
        return responses.JSONResponse({"error": error.detail}, error.status_code, error.headers)

    async def failed(_: Any, error: Exception) -> Any:
        # Who runs the server sees the reason.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        why = "This cannot be answered: the reason is where the server was started."
        return responses.JSONResponse({"error": why}, 500)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        work = asyncio.create_task(batches.work())
        yield
        work.cancel()

    return starlette.Starlette(
        routes=[
            route("/", describe),
            route("/healthz", healthy),
            route("/predict", predict, methods=["POST"]),
        ],
        middleware=[middleware.Middleware(hosts.TrustedHostMiddleware, allowed_hosts=allowed_hosts(host))],
        exception_handlers={BadInput: refused, error: no_route, Exception: failed},
        lifespan=lifespan,
        max_body_size=max_body * MEBIBYTE,
    )
