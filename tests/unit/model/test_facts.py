"""Pages as columns, request counts, part sizes, events and lazily loaded names."""

import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from s3nav.model.events import (
    ItemFailed,
    JobProgress,
    JobState,
    JobStateChanged,
    QueueReordered,
    ScanProgress,
)
from s3nav.model.lazy_names import Deferred, lazy_names
from s3nav.model.objects import UNKNOWN_S, ByteRange, KeyPage, ListingPage, ObjectFact, seconds_of
from s3nav.model.request_counts import Usage, UsageBook, add_to, count_in
from s3nav.model.scrape_queries import QueryStatus, ScrapeState
from s3nav.model.stream import EventStream, Subscription
from s3nav.model.text.quantities import GIB, MIB, TIB
from s3nav.model.writes import MAX_PARTS, copy_parts, part_bytes_of, put_parts

MOMENT = datetime(2026, 11, 19, 8, 12, 30, 900_000, tzinfo=UTC)


def test_seconds_are_whole_and_utc() -> None:
    assert seconds_of(MOMENT) == int(MOMENT.timestamp())
    assert seconds_of(MOMENT.astimezone(timezone(timedelta(hours=-5)))) == seconds_of(MOMENT)
    assert seconds_of(None) == UNKNOWN_S


def page() -> KeyPage:
    facts = tuple(
        ObjectFact(key=key, size_bytes=size, etag=f"e{key}", storage_class="GLACIER")
        for key, size in (("a", 1), ("b", 2), ("c", 3))
    )
    return KeyPage.of(ListingPage(objects=facts, next_token="t"))


def test_a_page_becomes_columns() -> None:
    columns = page()

    assert (columns.keys, list(columns.sizes)) == (["a", "b", "c"], [1, 2, 3])
    assert (columns.etags, columns.classes) == (["ea", "eb", "ec"], ["GLACIER"] * 3)
    assert list(columns.modified_s) == [UNKNOWN_S] * 3
    assert columns.next_token == "t"


def test_a_clipped_page_keeps_its_token_and_loses_its_digest() -> None:
    columns = page()
    columns = KeyPage(
        keys=columns.keys,
        sizes=columns.sizes,
        modified_s=columns.modified_s,
        etags=columns.etags,
        classes=columns.classes,
        next_token="t",
        digest="whole page",
    )

    part = columns.clipped(1, 3)

    assert (part.keys, list(part.sizes), part.next_token, part.digest) == (
        ["b", "c"],
        [2, 3],
        "t",
        None,
    )


def test_a_byte_range_excludes_its_end() -> None:
    assert ByteRange(start=10, stop=15).length_bytes == 5


def test_books_are_added_and_subtracted_by_bucket_and_class() -> None:
    book: UsageBook = {}
    count_in(book, "b", "STANDARD").gets += 2
    other = {("b", "STANDARD"): Usage(gets=1, size_bytes=5), ("c", "GLACIER"): Usage(lists=1)}

    add_to(book, other)
    assert book == {
        ("b", "STANDARD"): Usage(gets=3, size_bytes=5),
        ("c", "GLACIER"): Usage(lists=1),
    }
    add_to(book, other, -1)
    assert book == {("b", "STANDARD"): Usage(gets=2), ("c", "GLACIER"): Usage()}


def test_a_copy_of_usage_is_independent() -> None:
    usage = Usage(gets=1)
    copy = usage.copy()
    usage.gets += 1

    assert copy.gets == 1


@pytest.mark.parametrize(
    ("size_bytes", "put", "copied"),
    [
        (16 * MIB - 1, 0, 0),
        (16 * MIB, 1, 0),
        (16 * MIB + 1, 2, 0),
        (256 * MIB, 16, 0),
        (256 * MIB + 1, 17, 5),
    ],
)
def test_large_files_are_uploaded_and_copied_in_parts(
    size_bytes: int, put: int, copied: int
) -> None:
    assert (put_parts(size_bytes), copy_parts(size_bytes)) == (put, copied)


def test_parts_grow_until_ten_thousand_are_enough() -> None:
    assert part_bytes_of(MAX_PARTS * 16 * MIB, 16 * MIB) == 16 * MIB
    assert part_bytes_of(MAX_PARTS * 16 * MIB + 1, 16 * MIB) == 32 * MIB
    assert put_parts(5 * TIB) <= MAX_PARTS
    assert part_bytes_of(0, 16 * MIB) == 16 * MIB < GIB


@pytest.mark.parametrize(
    ("status", "conclusive", "failure", "document"),
    [
        (QueryStatus.OK, True, False, True),
        (QueryStatus.EMPTY, True, False, False),
        (QueryStatus.TRUNCATED, False, True, True),
        (QueryStatus.DENIED, False, True, False),
        (QueryStatus.UNSUPPORTED, False, False, False),
    ],
)
def test_a_status_says_what_an_absence_means(
    status: QueryStatus, *, conclusive: bool, failure: bool, document: bool
) -> None:
    assert (status.is_conclusive, status.is_failure, status.has_document) == (
        conclusive,
        failure,
        document,
    )


def test_only_waiting_and_running_states_are_not_final() -> None:
    assert [state for state in JobState if not state.is_final] == [
        JobState.PLANNED,
        JobState.RUNNING,
        JobState.PAUSED,
    ]
    assert [state for state in ScrapeState if not state.is_final] == [
        ScrapeState.QUEUED,
        ScrapeState.RUNNING,
    ]


def progress(done: int, job: str = "j") -> JobProgress:
    return JobProgress(job_id=job, state=JobState.RUNNING, done_files=done)


def test_a_subscription_keeps_every_fact_and_the_newest_progress() -> None:
    subscription = Subscription()
    started = JobStateChanged(job_id="j", state=JobState.RUNNING)
    for event in (progress(1), started, progress(2), progress(9, "k"), QueueReordered()):
        subscription.offer(event)

    drained = subscription.drain()

    assert drained.events == (started, QueueReordered(), progress(2), progress(9, "k"))
    assert (drained.dropped, subscription.drain().events) == (0, ())


def test_scans_of_two_prefixes_are_two_subjects() -> None:
    subscription = Subscription()
    scans = [
        ScanProgress(
            bucket="b", prefix=p, objects=1, size_bytes=1, requests=1, complete=False, elapsed_s=1.0
        )
        for p in ("x/", "y/")
    ]
    for scan in scans:
        subscription.offer(scan)

    assert subscription.drain().events == tuple(scans)


def test_a_slow_reader_gets_the_number_of_dropped_facts() -> None:
    subscription = Subscription(facts_kept=2)
    failures = [
        ItemFailed(job_id="j", source=f"s3://b/{n}", slug="x", message="") for n in range(5)
    ]
    for failure in failures:
        subscription.offer(failure)

    drained = subscription.drain()

    assert (drained.events, drained.dropped) == (tuple(failures[3:]), 3)


def test_a_waiting_reader_is_woken_and_a_drained_one_waits() -> None:
    stream = EventStream()
    subscription = stream.subscribe()
    assert not subscription.wait(0)
    publisher = threading.Thread(target=stream.publish, args=(progress(1),))
    publisher.start()

    assert subscription.wait(50)
    publisher.join(50)
    subscription.drain()
    assert not subscription.wait(0)


def test_a_closed_subscription_gets_nothing_more() -> None:
    stream = EventStream()
    kept, closed = stream.subscribe(), stream.subscribe()
    stream.unsubscribe(closed)
    stream.unsubscribe(closed)

    stream.publish(progress(1))

    assert (len(kept.drain().events), len(closed.drain().events)) == (1, 0)


def test_a_name_is_imported_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    deferred = Deferred("colorsys")
    assert "colorsys" not in sys.modules

    assert deferred.rgb_to_hsv is sys.modules["colorsys"].rgb_to_hsv


def test_a_package_finds_its_names_and_refuses_others() -> None:
    find = lazy_names("s3nav.model", {"places": ("S3Uri",)})

    assert find("S3Uri") is sys.modules["s3nav.model.places"].S3Uri
    with pytest.raises(AttributeError, match=r"'s3nav\.model' has no attribute 'Other'"):
        find("Other")
