"""As many requests at once as are useful and welcome."""

import pytest

from s3nav.browse.listing.listing_pace import (
    MAX_REQUESTS,
    MIN_PER_WORKER,
    MIN_REQUESTS,
    Pace,
    Timing,
)
from s3nav.model.errors import ThrottledError

FAR = Timing(wall_s=0.1, cpu_s=0.002)
NEAR = Timing(wall_s=0.003, cpu_s=0.002)


def pace_after(timing: Timing, *, workers: int | None = None) -> Pace:
    pace = Pace(workers)
    for _ in range(20):
        pace.record(timing, is_full=True)
    return pace


def test_far_endpoints_get_more_requests_at_once_than_near_ones() -> None:
    assert pace_after(NEAR).at_once == MIN_REQUESTS
    assert pace_after(FAR).at_once == 63
    assert pace_after(Timing(wall_s=9.0, cpu_s=0.002)).at_once == MAX_REQUESTS
    assert pace_after(FAR, workers=5).at_once == 5


def test_more_processes_get_more_requests_at_once() -> None:
    processes = 1
    pace = Pace(None, processes=lambda: processes)
    assert pace.at_once == MIN_REQUESTS

    processes = 3
    assert pace.at_once == MIN_REQUESTS + 2 * MIN_PER_WORKER
    for _ in range(20):
        pace.record(Timing(wall_s=0.01, cpu_s=0.002), is_full=True)
    assert pace.at_once == 19
    processes = 9
    assert pace.at_once == 57
    processes = 20
    assert pace.at_once == MAX_REQUESTS


def test_a_throttled_request_halves_what_is_useful() -> None:
    pace = pace_after(FAR)

    with pytest.raises(ThrottledError), pace.turn(lambda: None):
        raise ThrottledError("slow down")

    assert pace.at_once == 31
    assert pace.requests == 1
