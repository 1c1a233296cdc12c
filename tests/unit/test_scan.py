import threading
from datetime import UTC, datetime, timedelta

import pytest

from s3nav.browse import BucketStats, scan_bucket, scan_buckets
from s3nav.model.errors import AccessDeniedError, UnavailableError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import BucketFact, ObjectFact
from s3nav.model.places import S3Uri
from tests.support.memory_store import WHEN, MemoryStore, failing


def scan(store: MemoryStore, place: str, events: list[Event] | None = None) -> BucketStats:
    said = events if events is not None else []
    return scan_bucket(store, S3Uri.parse(place), publish=said.append, is_cancelled=lambda: False)


def test_a_denied_bucket_carries_its_problem_and_is_not_complete() -> None:
    store = MemoryStore(before=failing(AccessDeniedError("no"), "list"))
    store.put("b", "k", b"123")

    stats = scan(store, "b")

    assert isinstance(stats.problem, AccessDeniedError)
    assert not stats.complete


def test_a_bucket_that_fails_in_the_middle_keeps_what_was_counted() -> None:
    store = MemoryStore()
    for number in range(1500):
        store.put("b", f"{number:04}", b"12")
    pages = iter([None, UnavailableError("gone")])

    def before(verb: str, _: str) -> None:
        if verb == "list" and (error := next(pages)):
            raise error

    store.before = before

    stats = scan(store, "b")

    assert (stats.objects, stats.size_bytes, stats.complete) == (1000, 2000, False)
    assert isinstance(stats.problem, UnavailableError)


def test_a_cancelled_scan_is_incomplete_without_a_problem() -> None:
    store = MemoryStore()
    store.put("b", "k")

    stats = scan_bucket(store, S3Uri("b"), publish=lambda _: None, is_cancelled=lambda: True)

    assert (stats.complete, stats.problem, stats.requests) == (False, None, 0)


def test_an_unknown_bucket_is_a_problem_of_the_stats() -> None:
    stats = scan(MemoryStore(), "absent")

    assert stats.problem is not None
    assert stats.problem.reference == "no-such-bucket"


def test_all_pages_are_counted() -> None:
    store = MemoryStore()
    for number in range(2500):
        store.put("b", f"{number:04}", b"12")
    newest = WHEN + timedelta(days=3)
    store.put(
        "b",
        "cold",
        b"12345",
        fact=ObjectFact(key="", size_bytes=0, modified_at=newest, storage_class="GLACIER"),
    )

    stats = scan(store, "b")

    assert (stats.objects, stats.size_bytes, stats.requests) == (2501, 5005, 3)
    assert stats.newest_object_at == newest
    assert stats.bytes_by_class == {"STANDARD": 5000, "GLACIER": 5}
    assert (stats.complete, stats.problem, stats.region) == (True, None, "us-east-1")


def test_only_what_is_below_the_place_is_counted() -> None:
    store = MemoryStore()
    store.put("b", "in/1", b"1")
    store.put("b", "out/1", b"1")

    assert scan(store, "s3://b/in/").objects == 1


def test_an_empty_bucket_is_complete_and_never_updated() -> None:
    store = MemoryStore()
    store.make_bucket("b")

    stats = scan(store, "b")

    assert (stats.objects, stats.newest_object_at, stats.complete) == (0, None, True)


def test_progress_is_said_at_most_ten_times_a_second_and_at_the_end() -> None:
    store = MemoryStore()
    for number in range(6000):
        store.put("b", f"{number:04}", b"1")
    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=0.04 * n) for n in range(99))
    events: list[Event] = []

    scan_bucket(
        store,
        S3Uri("b"),
        publish=events.append,
        is_cancelled=lambda: False,
        now=lambda: next(moments),
    )

    said = [event for event in events if isinstance(event, ScanProgress)]
    assert [event.objects for event in said] == [1000, 4000, 6000]
    assert [event.complete for event in said] == [False, False, True]


def test_one_bad_bucket_does_not_stop_the_others() -> None:
    store = MemoryStore()
    store.put("good", "k", b"123")

    finished = scan_all(store, ["bad", "good"])

    assert finished["bad"].problem is not None
    assert (finished["good"].objects, finished["good"].created_at) == (1, WHEN)


def test_buckets_are_counted_at_once_by_named_threads_and_never_by_more_than_allowed() -> None:
    names = [f"b{number}" for number in range(6)]
    together = threading.Barrier(3, timeout=10)
    seen: set[str] = set()

    def before(verb: str, _: str) -> None:
        if verb == "list":
            seen.add(threading.current_thread().name)
            together.wait()

    store = MemoryStore(before=before)
    for name in names:
        store.put(name, "k")

    finished = scan_all(store, names, workers=3)

    assert len(finished) == 6
    assert {name.rpartition("_")[0] for name in seen} == {"s3nav-scan"}
    assert len(seen) == 3


def test_a_closed_scan_stops_after_the_pages_under_way() -> None:
    store = MemoryStore()
    store.put("a", "k")
    for number in range(30):
        store.put("b", f"{number:04}")
    stats = scan_buckets(
        store,
        [BucketFact(name="a"), BucketFact(name="b")],
        workers=1,
        publish=lambda _: None,
        is_cancelled=lambda: False,
    )

    assert next(stats).bucket == "a"
    stats.close()  # type: ignore[attr-defined]  # the iterator is a generator

    assert not [t for t in threading.enumerate() if t.name.startswith("s3nav-scan")]


@pytest.mark.parametrize("names", [[], ["a"], ["b", "a"]])
def test_every_bucket_is_reported_once(names: list[str]) -> None:
    store = MemoryStore()
    for name in names:
        store.put(name, "k")

    assert sorted(scan_all(store, names)) == sorted(names)


def scan_all(store: MemoryStore, names: list[str], workers: int = 2) -> dict[str, BucketStats]:
    stats = scan_buckets(
        store,
        [BucketFact(name=name, created_at=WHEN) for name in names],
        workers=workers,
        publish=lambda _: None,
        is_cancelled=lambda: False,
    )
    return {each.bucket: each for each in stats}
