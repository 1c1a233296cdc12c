"""Fewer requests at once when a server refuses, more again when it does not."""

import asyncio
import itertools
import threading

import pytest

from s3nav.model.errors import AccessDeniedError, ThrottledError
from s3nav.retries import AsyncLimiter, ConcurrencyLimit, ThreadLimiter
from tests.support.waiting import DEADLINE_S


def test_a_refusal_halves_and_a_round_of_answers_adds_one() -> None:
    limit = ConcurrencyLimit(16)

    limit.refused(limit.cuts)
    halved = limit.limit
    for _ in range(9):
        limit.answered()

    assert halved == 8
    assert int(limit.limit) == 9


def test_a_round_may_be_counted_as_one() -> None:
    limit = ConcurrencyLimit(5)
    limit.refused(limit.cuts)

    limit.round_ended()
    after_one = limit.limit
    for _ in range(9):
        limit.round_ended()

    assert after_one == 3.5
    assert limit.limit == 5


def test_refusals_of_requests_that_were_under_way_count_once() -> None:
    limit = ConcurrencyLimit(16)
    begun = limit.cuts

    for _ in range(10):
        limit.refused(begun)
    at_once = limit.limit
    limit.refused(limit.cuts)

    assert at_once == 8
    assert limit.limit == 4


def test_a_refusal_halves_what_is_under_way_when_that_is_less() -> None:
    limit = ConcurrencyLimit(64)

    limit.refused(0, at_once=10)

    assert limit.limit == 5


def test_one_request_is_always_allowed_and_never_more_than_the_most() -> None:
    limit = ConcurrencyLimit(3)

    for _ in range(5):
        limit.refused(limit.cuts)
    lowest = limit.limit
    for _ in range(100):
        limit.answered()

    assert lowest == 1
    assert limit.limit == 3


def test_a_thread_waits_until_another_ends_its_turn() -> None:
    limiter = ThreadLimiter(1)
    is_waiting, has_turn, looks = threading.Event(), threading.Event(), itertools.count(1)

    def check() -> None:
        if next(looks) > 1:
            is_waiting.set()

    def ask() -> None:
        with limiter.turn(check):
            has_turn.set()

    thread = threading.Thread(target=ask)
    with limiter.turn(lambda: None):
        thread.start()
        waited = is_waiting.wait(DEADLINE_S)
        came_early = has_turn.is_set()
    thread.join()

    assert (waited, came_early) == (True, False)
    assert has_turn.is_set()
    assert limiter.requests == 2


def test_only_a_throttled_request_halves_the_turns() -> None:
    limiter = ThreadLimiter(8)

    with pytest.raises(AccessDeniedError), limiter.turn(lambda: None):
        raise AccessDeniedError("no")
    denied = limiter.at_once
    with pytest.raises(ThrottledError), limiter.turn(lambda: None):
        raise ThrottledError("slow down")

    assert denied == 8
    assert limiter.at_once == 4


def test_a_round_of_turns_adds_one() -> None:
    limiter = ThreadLimiter(8)
    with pytest.raises(ThrottledError), limiter.turn(lambda: None):
        raise ThrottledError("slow down")

    for _ in range(5):
        with limiter.turn(lambda: None):
            pass

    assert limiter.at_once == 5


def test_no_more_turns_are_given_than_are_useful() -> None:
    limiter = ThreadLimiter(8, useful=lambda: 3)

    assert limiter.at_once == 3


def test_a_request_that_comes_too_late_is_not_counted() -> None:
    limiter = ThreadLimiter(1)

    def too_late() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError), limiter.turn(too_late):
        pass

    assert limiter.requests == 0


async def test_tasks_wait_for_their_turn_and_halve_it() -> None:
    limiter = AsyncLimiter(4)
    inside = most = 0

    async def ask(*, is_refused: bool) -> None:
        nonlocal inside, most
        async with limiter.turn() as turn:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            if is_refused:
                limiter.refused(turn)
            else:
                limiter.answered()

    await asyncio.gather(*(ask(is_refused=True) for _ in range(4)))
    refused = limiter.limit
    first, most = most, 0
    await asyncio.gather(*(ask(is_refused=False) for _ in range(20)))

    assert (first, refused, limiter.refusals) == (4, 2.0, 4)
    assert most < 5
    assert limiter.limit == 4
