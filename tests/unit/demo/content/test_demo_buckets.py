"""The demo's objects: those of a day stay as they are, and each day adds its own."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from s3nav.demo.content.demo_buckets import RETENTION_DAYS, buckets
from tests.support.tiers import rest_is_slow

BEGAN_ON = date(2026, 11, 30)
Fact = tuple[str, int, datetime, str]


def facts(today: date) -> dict[tuple[str, str, int], Fact]:
    """What S3 would say of each version on a day."""
    found: dict[tuple[str, str, int], Fact] = {}
    versions = Counter[tuple[str, str]]()
    for bucket in buckets(BEGAN_ON, today):
        for seed in bucket.seeds:
            place = (bucket.name, seed.key)
            found[*place, versions[place]] = (
                seed.content.etag,
                len(seed.content.body),
                seed.modified_at,
                seed.storage_class,
            )
            versions[place] += 1
    return found


@pytest.fixture(scope="module")
def first_day() -> dict[tuple[str, str, int], Fact]:
    return facts(BEGAN_ON)


@pytest.mark.parametrize("days", rest_is_slow([45, 1]))
def test_objects_of_the_first_day_are_the_same_later(
    first_day: dict[tuple[str, str, int], Fact], days: int
) -> None:
    later = facts(BEGAN_ON + timedelta(days=days))

    assert {place: later.get(place) for place in first_day} == first_day
    assert len(later) > len(first_day)


@pytest.mark.parametrize("days", rest_is_slow([365, 0, 5000]))
def test_every_day_there_is_something_of_the_last_thirty(days: int) -> None:
    today = BEGAN_ON + timedelta(days=days)
    since = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=30)

    recent = {place[0] for place, fact in facts(today).items() if fact[2] >= since}

    assert {"node-data", "analytics-lake"} <= recent


def test_nothing_is_newer_than_the_day(first_day: dict[tuple[str, str, int], Fact]) -> None:
    midnight = datetime(BEGAN_ON.year, BEGAN_ON.month, BEGAN_ON.day, tzinfo=UTC)

    assert max(fact[2] for fact in first_day.values()) <= midnight


@pytest.mark.slow
def test_a_demo_of_many_years_does_not_grow_for_ever() -> None:
    after = [len(facts(BEGAN_ON + timedelta(days=RETENTION_DAYS * n))) for n in (2, 4)]

    # One more dump and its manifest every thirty days are all that stay.
    assert 0 < after[1] - after[0] < 100
