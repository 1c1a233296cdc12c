"""Objects counted by day: what is honest to say of gaps."""

import threading
from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse import Availability, DayCount, DaySpan, DayTotal
from s3nav.browse.availability import HELD_PAGES
from s3nav.model.errors import AccessDeniedError
from s3nav.model.places import S3Uri
from tests.support.memory_store import MemoryStore, failing

PLACE = S3Uri("days", "a/")
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


class TenCharacters:
    """The day is the end of the key, from the first page on that has such a key."""

    def __init__(self) -> None:
        self.is_known = False
        self.learning = threading.Lock()

    def learn(self, keys: Sequence[str]) -> bool:
        assert self.learning.acquire(blocking=False), "asked by two threads at once"
        self.is_known = self.is_known or any(self.day_of(key, 0) for key in keys)
        self.learning.release()
        return self.is_known

    def day_of(self, key: str, modified_s: int) -> date | None:
        try:
            return date.fromisoformat(key[-10:])
        except ValueError:
            return None


def counted(store: MemoryStore, span: DaySpan | None = None) -> Availability:
    return DayCount(store, PLACE, TenCharacters(), retry_attempts=5, span=span).run(lambda: False)


def with_days(*days: date) -> Availability:
    return Availability(
        place=PLACE,
        days={day: DayTotal(objects=1, size_bytes=1) for day in sorted(days)},
        undated=DayTotal(),
        complete=True,
    )


def test_a_listing_that_fails_knows_no_gaps_and_says_why() -> None:
    store = MemoryStore()
    store.put("days", "a/2026-01-01", b"1")
    store.before = failing(AccessDeniedError("not for you"), "list")

    found = counted(store)

    assert (found.complete, found.gaps, found.missing_days) == (False, None, None)
    assert isinstance(found.problem, AccessDeniedError)


def test_a_place_without_objects_lacks_only_the_requested_days() -> None:
    store = MemoryStore()
    store.make_bucket("days", "eu-west-1")

    found = counted(store)

    assert (found.first, found.last, found.looked_at, found.gaps) == (None, None, None, None)
    assert counted(store, DaySpan(start=date(2026, 1, 1), end=date(2026, 1, 9))).missing_days == 9


def test_keys_before_the_first_dated_page_are_read_again_when_the_pattern_is_known() -> None:
    store = MemoryStore()
    for number in range(1500):
        store.put("days", f"a/0-none-{number:05}", b"12")
    store.put("days", "a/1-2026-01-01", b"1")
    store.put("days", "a/2-2026-01-03", b"1")

    found = counted(store)

    assert found.undated == DayTotal(objects=1500, size_bytes=3000)
    assert (found.objects, found.missing_days) == (1502, 1)


def test_dates_that_come_too_late_are_still_counted_and_nothing_is_lost() -> None:
    store = MemoryStore()
    many = HELD_PAGES * 1000 + 500
    for number in range(many):
        store.put("days", f"a/0-none-{number:05}", b"1")
    store.put("days", "a/1-2026-01-01", b"1")

    assert counted(store).objects == many + 1


def test_days_outside_the_span_are_counted_apart() -> None:
    store = MemoryStore()
    for day in ("2026-01-01", "2026-01-05", "2026-01-09"):
        store.put("days", f"a/{day}", b"123")

    found = counted(store, DaySpan(start=date(2026, 1, 4), end=date(2026, 1, 6)))

    assert (found.objects, found.size_bytes, found.outside_objects) == (1, 3, 2)
    assert [str(gap.first) for gap in found.gaps or ()] == ["2026-01-04", "2026-01-06"]


@given(st.sets(DAYS, min_size=1))
def test_days_and_gaps_together_are_every_day_once(days: set[date]) -> None:
    found = with_days(*days)
    whole, gaps = found.looked_at, found.gaps
    assert whole is not None
    assert gaps is not None

    in_gaps = [
        date.fromordinal(number)
        for gap in gaps
        for number in range(gap.first.toordinal(), gap.last.toordinal() + 1)
    ]
    assert sorted([*in_gaps, *days]) == [
        date.fromordinal(n) for n in range(whole.first.toordinal(), whole.last.toordinal() + 1)
    ]
    assert found.missing_days == len(in_gaps)
