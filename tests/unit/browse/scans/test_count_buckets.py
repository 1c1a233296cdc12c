import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from s3nav.browse import BucketStats, ScanRetention, Scans, count_buckets, known_buckets
from s3nav.model.errors import AccessDeniedError, UnavailableError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import BucketFact, ObjectFact
from tests.support.memory_store import WHEN, MemoryStore, failing

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("short_waits")


class Desk:
    """Scans over a store in memory, with a clock that the test moves."""

    def __init__(self, directory: Path) -> None:
        self.store = MemoryStore()
        self.events: list[Event] = []
        self.moment = NOW
        self.scans = Scans(
            open_store=lambda: self.store,
            scans_file=directory / "scans.sqlite3",
            publish=self.events.append,
            retry_attempts=5,
            retention=ScanRetention(scans=3, reuse=timedelta(minutes=15)),
            now=lambda: self.moment,
        )

    def count(
        self, *names: str, at_once: int = 2, is_cancelled: Callable[[], bool] = lambda: False
    ) -> dict[str, BucketStats]:
        facts = [BucketFact(name=name, created_at=WHEN) for name in names]
        found = count_buckets(self.scans, facts, at_once=at_once, is_cancelled=is_cancelled)
        return {stats.bucket: stats for stats in found}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.scans.close()


def test_a_denied_bucket_carries_its_problem_and_is_not_complete(desk: Desk) -> None:
    desk.store.put("b", "k", b"123")
    desk.store.before = failing(AccessDeniedError("no"), "list")

    stats = desk.count("b")["b"]

    assert isinstance(stats.problem, AccessDeniedError)
    assert (stats.complete, stats.scan_id) == (False, "")
    assert desk.scans.history() == []


def test_an_unknown_bucket_is_a_problem_of_the_stats(desk: Desk) -> None:
    stats = desk.count("absent")["absent"]

    assert stats.problem is not None
    assert stats.problem.reference == "no-such-bucket"


def test_a_bucket_that_fails_in_the_middle_keeps_what_was_counted(desk: Desk) -> None:
    for number in range(1500):
        desk.store.put("b", f"{number:04}", b"12")
    listed = 0

    def before(verb: str, _: str) -> None:
        nonlocal listed
        listed += verb == "list"
        if listed > 1:
            raise UnavailableError("gone")

    desk.store.before = before

    stats = desk.count("b")["b"]

    assert (stats.objects, stats.size_bytes, stats.complete) == (1000, 2000, False)
    assert isinstance(stats.problem, UnavailableError)


def test_a_cancelled_scan_is_incomplete_without_a_problem(desk: Desk) -> None:
    desk.store.put("b", "k")

    stats = desk.count("b", is_cancelled=lambda: True)["b"]

    assert (stats.complete, stats.problem, stats.objects) == (False, None, 0)


def test_all_pages_are_counted(desk: Desk) -> None:
    for number in range(2500):
        desk.store.put("b", f"{number:04}", b"12")
    newest = WHEN + timedelta(days=3)
    cold = ObjectFact(key="", size_bytes=0, modified_at=newest, storage_class="GLACIER")
    desk.store.put("b", "cold", b"12345", fact=cold)

    stats = desk.count("b")["b"]

    assert (stats.objects, stats.size_bytes) == (2501, 5005)
    assert stats.requests == desk.store.count("list")
    assert stats.newest_object_at == newest
    assert stats.bytes_by_class == {"STANDARD": 5000, "GLACIER": 5}
    assert (stats.complete, stats.problem, stats.region) == (True, None, "us-east-1")


def test_an_empty_bucket_is_complete_and_never_updated(desk: Desk) -> None:
    desk.store.make_bucket("b")

    stats = desk.count("b")["b"]

    assert (stats.objects, stats.newest_object_at, stats.complete) == (0, None, True)


def test_the_last_progress_says_that_all_is_counted(desk: Desk) -> None:
    for number in range(1200):
        desk.store.put("b", f"{number:04}", b"1")

    desk.count("b")

    said = [event for event in desk.events if isinstance(event, ScanProgress)]
    assert (said[0].complete, said[-1].complete) == (False, True)
    assert (said[-1].objects, said[-1].share) == (1200, 1.0)


def test_one_bad_bucket_does_not_stop_the_others(desk: Desk) -> None:
    desk.store.put("good", "k", b"123")

    finished = desk.count("bad", "good")

    assert finished["bad"].problem is not None
    assert (finished["good"].objects, finished["good"].created_at) == (1, WHEN)


def test_buckets_are_counted_at_once_and_never_more_than_allowed(desk: Desk) -> None:
    names = [f"b{number}" for number in range(6)]
    together = threading.Barrier(3, timeout=50)

    def before(verb: str, _: str) -> None:
        if verb == "list":
            together.wait()

    for name in names:
        desk.store.put(name, "k")
    desk.store.before = before

    assert len(desk.count(*names, at_once=3)) == 6


def test_a_closed_count_stops_after_the_pages_under_way(desk: Desk) -> None:
    desk.store.put("a", "k")
    for number in range(30):
        desk.store.put("b", f"{number:04}")
    facts = [BucketFact(name="a"), BucketFact(name="b")]
    stats = count_buckets(desk.scans, facts, at_once=1)

    assert next(stats).problem is None  # either bucket: both may have ended before this looked
    stats.close()  # type: ignore[attr-defined]  # the iterator is a generator

    assert not [t for t in threading.enumerate() if t.name.startswith("s3nav-scan")]


@pytest.mark.parametrize("names", [[], ["a"], ["b", "a"]])
def test_every_bucket_is_reported_once(desk: Desk, names: list[str]) -> None:
    for name in names:
        desk.store.put(name, "k")

    assert sorted(desk.count(*names)) == sorted(names)


def test_a_young_count_is_taken_as_it_is_and_an_old_one_made_again(desk: Desk) -> None:
    desk.store.put("b", "k", b"123")
    first = desk.count("b")["b"]
    desk.store.put("b", "l", b"4567")

    assert desk.count("b")["b"].scan_id == first.scan_id
    assert desk.count("b")["b"].is_reused
    desk.moment += timedelta(minutes=16)
    later = desk.count("b")["b"]

    assert (later.objects, later.is_reused) == (2, False)
    assert (later.grown_bytes, later.grown_since) == (4, NOW)


def test_known_buckets_come_from_the_newest_complete_scan(desk: Desk) -> None:
    desk.store.put("b", "k", b"123")
    desk.count("b")
    desk.moment += timedelta(days=1)
    desk.store.before = failing(UnavailableError("gone"), "list")
    desk.count("b")

    known = known_buckets(desk.scans, [BucketFact(name="b"), BucketFact(name="other")])

    assert [(stats.bucket, stats.objects, stats.scanned_at) for stats in known] == [("b", 1, NOW)]
