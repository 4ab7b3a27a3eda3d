"""Requests that wait are computed together, and an error goes to the request that it concerns."""

import asyncio
import threading

import pytest
from kerasdl.serving.batches import Batches


def asked(answers, requests, **options):
    """The answers, or errors, of requests that arrive together."""

    async def ask():
        batches = Batches(answers, **options)
        work = asyncio.create_task(batches.work())
        found = await asyncio.gather(*map(batches.answer, requests), return_exceptions=True)
        work.cancel()
        return found

    return asyncio.run(ask())


def test_what_has_arrived_is_one_call():
    sizes = []

    def answers(requests):
        sizes.append(len(requests))
        return [2 * each for each in requests]

    assert asked(answers, range(10), most=4) == [2 * each for each in range(10)]
    assert sizes == [4, 4, 2]


def test_an_error_goes_to_the_request_that_it_concerns():
    def answers(requests):
        return [1 / each for each in requests]

    first, second, third = asked(answers, [1, 0, 2])
    assert (first, third) == (1, 0.5)
    assert isinstance(second, ZeroDivisionError)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_request_that_nobody_waits_for_any_more_stops_nothing():
    begun, free = threading.Event(), threading.Event()

    def answers(requests):
        begun.set()
        free.wait(10)
        return requests

    async def ask():
        batches = Batches(answers)
        work, gone = asyncio.create_task(batches.work()), asyncio.create_task(batches.answer(1))
        await asyncio.to_thread(begun.wait, 10)
        gone.cancel()
        free.set()
        assert await batches.answer(2) == 2
        work.cancel()

    asyncio.run(ask())
