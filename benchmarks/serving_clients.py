"""Clients that ask a server as fast as it answers, for benchmarks/serving.py. Needs Python and aiohttp alone.

Its arguments: an address, a file of bodies, a file for what is found, the number of clients, and seconds.
"""

import asyncio
import json
import sys
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import aiohttp


async def ask(address: str, bodies: list[bytes], clients: int, seconds: float) -> list[dict[str, Any]]:
    """What each request got, and how long it waited; every client sends its next request after an answer."""
    found: list[dict[str, Any]] = []
    end = time.perf_counter() + seconds

    async def client(session: aiohttp.ClientSession, number: int) -> None:
        at = number
        while (begun := time.perf_counter()) < end:
            at = (at + 1) % len(bodies)
            one: dict[str, Any] = {"body": at}
            try:
                async with session.post(address, data=bodies[at]) as answer:
                    one |= {"status": answer.status, "answer": await answer.json()}
            except (aiohttp.ClientError, TimeoutError) as error:
                one["error"] = f"{type(error).__name__}: {error}"
            found.append({**one, "seconds": time.perf_counter() - begun})

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=clients)) as session:
        await asyncio.gather(*(client(session, len(bodies) * number // clients) for number in range(clients)))
    return found


def main() -> None:
    """Reads bodies in base64, and writes what was found."""
    address, bodies, found, clients, seconds = sys.argv[1:]
    given = [b64decode(each) for each in json.loads(Path(bodies).read_text())]
    Path(found).write_text(json.dumps(asyncio.run(ask(address, given, int(clients), float(seconds)))))


if __name__ == "__main__":
    main()
