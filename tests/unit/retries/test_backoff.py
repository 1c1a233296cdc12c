"""Delays grow, have bounds, and are spread evenly below them."""

import random

import pytest

from s3nav.retries import Backoff


class Longest(random.Random):
    """Draws the end of each range."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Shortest(random.Random):
    """Draws the start of each range."""

    def uniform(self, a: float, b: float) -> float:
        return a


def test_the_bound_doubles_with_each_attempt_up_to_the_longest_delay() -> None:
    backoff = Backoff(first_s=0.2, longest_s=1.0)

    delays = [backoff.delay_s(attempt, Longest()) for attempt in range(1, 6)]

    assert delays == [0.2, 0.4, 0.8, 1.0, 1.0]


def test_jitter_is_full() -> None:
    backoff, draw = Backoff(first_s=1.0), random.Random(1)

    delays = [backoff.delay_s(1, draw) for _ in range(1000)]

    assert min(delays) < 0.05
    assert max(delays) > 0.95
    assert backoff.delay_s(3, Shortest()) == 0.0


def test_no_delay_is_shorter_than_the_shortest() -> None:
    backoff = Backoff(first_s=0.2, longest_s=60.0, shortest_s=1.0)

    assert backoff.delay_s(1, Shortest()) == 1.0
    assert backoff.delay_s(1, Longest()) == 1.0
    assert backoff.delay_s(4, Longest()) == pytest.approx(1.6)


def test_the_longest_delay_wins_over_a_longer_shortest_one() -> None:
    backoff = Backoff(longest_s=0.5, shortest_s=3.0)

    assert backoff.delay_s(1, Longest()) == 0.5
    assert backoff.delay_s(1, Shortest()) == 0.5


def test_any_number_of_attempts_has_a_delay() -> None:
    assert Backoff().delay_s(100_000, Longest()) == 20.0
