"""Batches of requests: while the model computes, others arrive, and the next call answers them all."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

MOST_REQUESTS = 64


class Batches:
    """Requests that wait for the model, and the one thread in which it computes.

    A request that finds the model idle is computed at once: nothing waits for others that may never come.

    Args:
        answers: From requests to an answer of each; an error concerns one of them at least.
        most: Requests in one call.

    Example:
        >>> async def ask():
        ...     batches = Batches(lambda requests: [2 * each for each in requests])
        ...     work = asyncio.create_task(batches.work())
        ...     return await asyncio.gather(batches.answer(1), batches.answer(2))
        >>> asyncio.run(ask())
        [2, 4]
    """

    def __init__(self, answers: Callable[[Sequence[Any]], Sequence[Any]], *, most: int = MOST_REQUESTS) -> None:
        self._answers, self._most = answers, most
        self._waiting: asyncio.Queue[tuple[Any, asyncio.Future]] = asyncio.Queue()

    async def answer(self, request: Any) -> Any:
        """The answer to a request; raises its error."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((request, answer))
        return await answer

    async def work(self) -> None:
        """Answers requests until it is cancelled."""
        with ThreadPoolExecutor(1) as thread:
            while True:
                batch = [await self._waiting.get()]
                while len(batch) < self._most and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                requests, waiting = zip(*batch, strict=True)
                found = await asyncio.get_running_loop().run_in_executor(thread, self._answered, requests)
                for answer, each in zip(waiting, found, strict=True):
                    if answer.done():  # nobody waits any more
                        continue
                    if isinstance(each, Exception):
                        answer.set_exception(each)
                    else:
                        answer.set_result(each)

    def _answered(self, requests: Sequence[Any]) -> list[Any]:
        """Answers, or of what cannot be answered the error: each request that shared its batch is asked alone."""
        try:
            return list(self._answers(requests))
        except Exception as error:  # whatever it is, whoever sent the request gets it, and the server goes on
            return [error] if len(requests) == 1 else [self._answered([each])[0] for each in requests]
