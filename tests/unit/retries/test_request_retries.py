"""A request is made again as often as the setting says, and no longer than its user wants."""

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.retries import (
    RequestCancelled,
    RequestRetries,
    RetryBudget,
    cancellation_check,
    retries_allowed,
)

BROKEN = UnavailableError("broken")
SLOW_DOWN = ThrottledError("slow down")
SILENT = UnavailableError("silent", slug="stalled")
UNKNOWN_HOST = UnavailableError("no such host", slug="unknown-host")


class Clock:
    """Moves only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


class Endpoint:
    """Fails with these errors, one a request, then answers."""

    def __init__(self, *errors: S3NavError) -> None:
        self._errors = list(errors)
        self.requests = 0

    def __call__(self) -> str:
        self.requests += 1
        if self._errors:
            raise self._errors.pop(0)
        return "answer"


def retries(attempts: int, *, budget: RetryBudget | None = None) -> RequestRetries:
    clock = Clock()
    return RequestRetries(attempts, budget=budget, sleep=clock.sleep, clock=lambda: clock.now_s)


@pytest.mark.parametrize("attempts", [0, 1, 5])
@pytest.mark.parametrize(("error", "factor"), [(BROKEN, 1), (SLOW_DOWN, 2)])
def test_a_request_is_made_again_as_often_as_the_setting_says(
    error: S3NavError, factor: int, attempts: int
) -> None:
    endpoint = Endpoint(*[error] * 100)

    with pytest.raises(UnavailableError) as raised:
        retries(attempts).call(endpoint)

    assert raised.value is error
    assert endpoint.requests == 1 + factor * attempts
    assert retries_allowed(error, attempts) == factor * attempts


def test_what_fails_for_a_while_is_answered_in_the_end() -> None:
    endpoint = Endpoint(BROKEN, SLOW_DOWN, BROKEN)

    assert retries(3).call(endpoint) == "answer"
    assert endpoint.requests == 4


@pytest.mark.parametrize("error", [AccessDeniedError("no"), UNKNOWN_HOST])
def test_what_does_not_pass_is_not_made_again(error: S3NavError) -> None:
    endpoint = Endpoint(error)

    with pytest.raises(type(error)):
        retries(5).call(endpoint)

    assert endpoint.requests == 1


def test_an_endpoint_that_was_never_there_is_asked_once_more() -> None:
    endpoint = Endpoint(*[SILENT] * 9)

    with pytest.raises(UnavailableError):
        retries(5).call(endpoint)

    assert endpoint.requests == 2


def test_silence_of_an_endpoint_that_has_answered_is_worth_all_retries() -> None:
    asking, endpoint = retries(5), Endpoint(*[SILENT] * 9)
    asking.call(Endpoint())

    with pytest.raises(UnavailableError):
        asking.call(endpoint)

    assert endpoint.requests == 6


def test_all_requests_to_a_broken_endpoint_share_a_budget() -> None:
    asking, endpoint = retries(5, budget=RetryBudget(7)), Endpoint(*[BROKEN] * 99)

    for _ in range(10):
        with pytest.raises(UnavailableError):
            asking.call(endpoint)

    assert endpoint.requests == 10 + 7


def test_throttling_costs_none_of_the_budget() -> None:
    asking, endpoint = retries(2, budget=RetryBudget(1)), Endpoint(*[SLOW_DOWN] * 4)

    assert asking.call(endpoint) == "answer"


def test_answers_earn_retries() -> None:
    asking = retries(5, budget=RetryBudget(1))
    asking.call(Endpoint(BROKEN))

    asking.call(Endpoint())

    assert asking.call(Endpoint(BROKEN)) == "answer"


def test_a_user_who_gives_up_waits_no_longer_than_a_tenth_of_a_second() -> None:
    clock, looks = Clock(), 0
    asking = RequestRetries(9, sleep=clock.sleep, clock=lambda: clock.now_s)

    def is_cancelled() -> bool:
        nonlocal looks
        looks += 1
        return looks > 20

    endpoint = Endpoint(*[SLOW_DOWN] * 99)
    with pytest.raises(RequestCancelled):
        asking.call(endpoint, cancellation_check(is_cancelled))

    assert max(clock.slept) <= 0.1


def test_a_request_that_is_no_longer_wanted_is_not_made() -> None:
    endpoint = Endpoint()

    with pytest.raises(RequestCancelled):
        retries(5).call(endpoint, cancellation_check(lambda: True))

    assert endpoint.requests == 0
