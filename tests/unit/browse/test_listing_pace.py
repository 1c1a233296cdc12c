"""As many requests at once as are useful and welcome."""

import random
import threading

import pytest

from s3nav.browse.listing.listing_pace import (
    ATTEMPTS,
    ATTEMPTS_NEW,
    FEWEST,
    FEWEST_ELSEWHERE,
    MOST,
    Pace,
    Timing,
)
from s3nav.model.errors import AccessDeniedError, ThrottledError, UnavailableError

FAR = Timing(wall_s=0.1, cpu_s=0.002)
NEAR = Timing(wall_s=0.003, cpu_s=0.002)
SLOW_DOWN = ThrottledError("slow down")


def pace_after(timing: Timing, *, workers: int | None = None) -> Pace:
    pace = Pace(workers, draw=random.Random(1), clock=iter(range(100)).__next__)
    for _ in range(20):
        pace.answered(timing, is_full=True)
    return pace


def test_what_is_denied_is_not_asked_again() -> None:
    assert Pace(None).retry_in_s(AccessDeniedError("no"), 1) is None


def test_an_endpoint_that_never_answered_is_asked_once_more() -> None:
    pace, error = Pace(None), UnavailableError("no answer")

    assert pace.retry_in_s(error, 1) is not None
    assert pace.retry_in_s(error, ATTEMPTS_NEW) is None


def test_a_broken_endpoint_uses_up_the_retries_of_all_workers() -> None:
    pace, error = pace_after(NEAR), UnavailableError("broken")

    assert [pace.retry_in_s(error, 1) is None for _ in range(200)].count(False) <= 60
    assert pace.retry_in_s(error, ATTEMPTS) is None


def test_far_endpoints_get_more_requests_at_once_than_near_ones() -> None:
    assert pace_after(NEAR).at_once == FEWEST
    assert pace_after(FAR).at_once == 63
    assert pace_after(Timing(wall_s=9.0, cpu_s=0.002)).at_once == MOST
    assert pace_after(FAR, workers=5).at_once == 5


def test_more_processes_get_more_requests_at_once() -> None:
    processes = 1
    pace = Pace(None, processes=lambda: processes)
    assert pace.at_once == FEWEST

    processes = 3
    assert pace.at_once == FEWEST + 2 * FEWEST_ELSEWHERE
    for _ in range(20):
        pace.answered(Timing(wall_s=0.01, cpu_s=0.002), is_full=True)
    assert pace.at_once == 19
    processes = 9
    assert pace.at_once == 57
    processes = 20
    assert pace.at_once == MOST


def test_throttling_halves_once_a_second_and_success_recovers() -> None:
    pace = pace_after(FAR, workers=16)

    waits = [pace.retry_in_s(SLOW_DOWN, 1) for _ in range(2)]
    slowed = pace.at_once
    for _ in range(400):
        pace.answered(FAR, is_full=True)

    assert all(waits)
    assert slowed == 8
    assert pace.at_once == 16


def test_turns_are_given_to_no_more_than_may_ask_at_once() -> None:
    pace = pace_after(NEAR, workers=2)
    inside, most, lock = 0, 0, threading.Lock()

    def ask() -> None:
        nonlocal inside, most
        for _ in range(50):
            with pace.turn(lambda: None):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most <= 2
    assert pace.requests == 300


def test_a_request_that_comes_too_late_is_not_counted() -> None:
    pace = Pace(None)

    def too_late() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError), pace.turn(too_late):
        pass

    assert pace.requests == 0
