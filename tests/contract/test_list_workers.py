"""Pages read in other processes: every key once, whichever process reads, dies or is refused."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.aws.http.signing import Keys
from s3nav.aws.list_workers import list_workers, worker_process
from s3nav.aws.list_workers.list_workers import WorkerPageReader
from s3nav.aws.object_store import S3ObjectStore
from s3nav.browse import ListingOutcome, ScanRetention, Scans, list_parallel
from s3nav.browse.listing import listing_pace
from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import ThrottledError
from s3nav.model.objects import KeyPage, KeySpan, ListRequest
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.waits import UI_PRIORITY
from s3nav.pricing import DollarMeter
from tests.benchmarks.listing_server import BUCKET, users
from tests.support.key_store import no_restart
from tests.support.listing_thread import KEYS, ListingThread, login_with
from tests.support.waiting import eventually

PLACE = S3Uri(BUCKET)
READY_S = 300.0
HANGS_S = 3000.0
"""Longer than any test: whatever waits for this response does not end."""
NAMES = st.text(alphabet="ab/0.é\U0001f600 %+", min_size=1, max_size=10)
OTHER_KEYS = Keys(access_key="AKIAOTHER", secret_key="another-secret")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use list workers from the first page, and for most pages."""
    monkeypatch.setattr(listing_pace, "PAGES_BEFORE_WORKERS", 0)
    monkeypatch.setattr(listing_pace, "BUSY_SHARE", -1.0)
    monkeypatch.setattr(listing_pace, "CHECK_EVERY_S", 0.0)
    monkeypatch.setattr(list_workers, "LEAD", 6)


@pytest.fixture
def server() -> Iterator[ListingThread]:
    with ListingThread() as server:
        yield server


def ready_workers(store: S3ObjectStore, number: int) -> WorkerPageReader:
    """A reader whose list workers have loaded."""
    reader = store.page_reader()
    assert reader is not None
    eventually(lambda: reader.processes == 1 + number, READY_S)
    return reader


class ReadHere:
    """The pages that a store reads in this process, not in its list workers."""

    def __init__(self, store: S3ObjectStore, server: ListingThread) -> None:
        self.requests: list[ListRequest] = []
        self._server, self._served = server, len(server.requests)
        self._read = store.list_keys
        store.list_keys = self.list_keys  # type: ignore[method-assign]  # before the first reader

    def list_keys(self, request: ListRequest) -> KeyPage:
        self.requests.append(request)
        return self._read(request)

    @property
    def by_workers(self) -> int:
        """How many requests came from list workers since then."""
        return len(self._server.requests) - self._served - len(self.requests)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Found:
    """A sink that keeps what it is given."""

    def __init__(self, each: Callable[[int], None] = lambda _: None) -> None:
        self.keys: list[str] = []
        self.spans: list[KeySpan] = []
        self._lock = threading.Lock()
        self._each = each

    def __call__(self, span: KeySpan, page: KeyPage) -> None:
        with self._lock:
            self.keys += page.keys
            self.spans.append(span)
            pages = len(self.spans)
        self._each(pages)


def list_all(store: ObjectStore, found: Found, *, page_size: int = 7) -> ListingOutcome:
    return list_parallel(
        store,
        PLACE,
        sink=found,
        restart=no_restart,
        is_cancelled=lambda: False,
        retry_attempts=5,
        workers=8,
        page_size=page_size,
    )


def test_every_key_comes_exactly_once_from_any_process(
    server: ListingThread,
) -> None:
    store = server.store(2)
    here = ReadHere(store, server)
    reader = ready_workers(store, 2)

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.sets(NAMES, min_size=20, max_size=150), st.integers(1, 4))
    def check(keys: set[str], page_size: int) -> None:
        server.serve(keys)
        found = Found()

        outcome = list_all(store, found, page_size=page_size)

        assert outcome.complete
        assert sorted(found.keys) == sorted(keys)

    check()
    assert here.by_workers > 200
    reader.close()
    store.close()


def test_a_scan_is_the_same_with_list_workers_and_without(
    server: ListingThread, tmp_path: Path
) -> None:
    server.serve(users(30_000))
    records = []
    for number in (0, 2):
        store = server.store(number)
        here = ReadHere(store, server)
        reader = ready_workers(store, number) if number else None
        scans = Scans(
            open_store=lambda store=store: store,  # type: ignore[misc]
            scans_file=tmp_path / f"{number}.sqlite3",
            publish=lambda _: None,
            retry_attempts=5,
            retention=ScanRetention(scans=1, reuse=timedelta()),
        )
        record = scans.count(PLACE).record
        totals = sorted((t.prefix, t.objects, t.size_bytes) for t in scans.totals(record.scan_id))
        rows = [
            row
            for page in scans.pages(record.scan_id)
            for row in zip(page.keys, page.sizes, page.modified_s, page.classes, strict=True)
        ]
        assert (here.by_workers > 10) == bool(number)
        summary = (
            record.objects,
            record.by_class,
            record.by_size,
            record.largest,
            record.newest_at,
        )
        records.append((summary, totals, rows, record.is_complete))
        scans.close()
        if reader is not None:
            reader.close()
        store.close()

    assert records[0] == records[1]
    assert records[0][-1]


def test_in_the_cockpit_list_workers_read_all_pages_at_low_priority(
    server: ListingThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UI_PRIORITY, "is_watched", True)
    server.serve(users(3_000))
    store = server.store(1)
    here = ReadHere(store, server)
    reader = ready_workers(store, 1)
    found = Found()

    outcome = list_all(store, found, page_size=100)

    (pid,) = reader.pids
    assert os.getpriority(os.PRIO_PROCESS, pid) == worker_process.NICE
    assert os.getpgid(pid) != os.getpgid(0)
    assert outcome.complete
    assert sorted(found.keys) == sorted(users(3_000))
    assert [request.start_after for request in here.requests] == [""]  # the listing's first page
    reader.close()
    store.close()


def test_the_requests_of_a_killed_list_worker_are_sent_by_others(server: ListingThread) -> None:
    keys = [f"{number % 50:02}/{number:06}" for number in range(4000)]
    server.serve(keys)
    store = server.store(2)
    reader = ready_workers(store, 2)
    victims = reader.pids

    def kill(pages: int) -> None:
        if pages in {40, 200}:
            os.kill(victims.pop(), signal.SIGKILL)

    found = Found(kill)
    outcome = list_all(store, found)

    assert not victims
    assert outcome.complete
    assert sorted(found.keys) == sorted(keys)
    eventually(lambda: reader.processes == 1)
    reader.close()
    store.close()


def test_a_list_worker_that_stops_responding_is_given_up(
    server: ListingThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{number:05}" for number in range(900)]
    server.serve(keys)
    monkeypatch.setattr(worker_process, "reply_timeout_s", lambda _: 0.5)
    store = server.store(1)
    reader = ready_workers(store, 1)
    (pid,) = reader.pids

    found = Found(lambda pages: os.kill(pid, signal.SIGSTOP) if pages == 20 else None)
    outcome = list_all(store, found)

    assert outcome.complete
    assert sorted(found.keys) == keys
    reader.close()
    assert not is_alive(pid)
    store.close()


def test_list_workers_end_with_the_last_reader(server: ListingThread) -> None:
    store = server.store(2)
    first, second = ready_workers(store, 2), ready_workers(store, 2)
    workers = first.pids
    first.close()
    first.close()
    assert all(map(is_alive, workers))

    second.close()

    assert not any(map(is_alive, workers))
    third = store.page_reader()
    assert third is not None
    assert third.pids
    store.close()
    assert not third.pids


def test_no_secret_is_on_a_command_line_or_in_an_environment(server: ListingThread) -> None:
    server.serve(["a"])
    store = server.store(1)
    reader = ready_workers(store, 1)
    assert reader.list_keys(ListRequest(bucket=BUCKET)).keys == ["a"]

    for pid in reader.pids:
        for name in ("cmdline", "environ"):
            assert KEYS.secret_key.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    reader.close()
    store.close()


def test_refused_keys_are_renewed_and_list_workers_continue_with_the_new_ones(
    server: ListingThread,
) -> None:
    keys = [f"{number % 20:02}/{number:05}" for number in range(3000)]
    server.serve(keys)
    found = Found()
    expired_from = 60

    def refuse(text: str) -> tuple[int, str] | None:
        is_old = f"Credential={KEYS.access_key}/" in text
        return (400, "ExpiredToken") if is_old and len(server.requests) > expired_from else None

    server.trouble = refuse
    store = server.store(2, find=lambda: login_with(OTHER_KEYS))
    here = ReadHere(store, server)
    reader = ready_workers(store, 2)

    outcome = list_all(store, found)

    assert outcome.complete
    assert sorted(found.keys) == sorted(keys)
    before = here.by_workers
    assert list_all(store, Found()).complete
    assert here.by_workers > before + 10
    assert all(OTHER_KEYS.access_key in text for text in server.requests[-20:])
    reader.close()
    store.close()


def test_keys_that_stay_refused_end_the_listing_with_their_error(server: ListingThread) -> None:
    server.serve(f"{number % 20:02}/{number:05}" for number in range(3000))
    server.trouble = lambda _: (403, "InvalidAccessKeyId") if len(server.requests) > 60 else None
    store = server.store(2)
    reader = ready_workers(store, 2)

    outcome = list_all(store, Found())

    assert not outcome.complete
    assert {problem.error.reference for problem in outcome.problems} == {"unknown-access-key"}
    reader.close()
    store.close()


def test_a_list_worker_reports_that_s3_asked_to_slow_down(server: ListingThread) -> None:
    keys = [f"{number % 20:02}/{number:05}" for number in range(2000)]
    server.serve(keys)
    store = server.store(1)
    reader = ready_workers(store, 1)
    server.trouble = lambda _: (503, "SlowDown")
    with pytest.raises(ThrottledError, match="slow"):
        reader.list_keys(ListRequest(bucket=BUCKET))
    assert len(server.requests) == 1  # the worker's: this process does not repeat it at once

    draw = random.Random(5)
    server.trouble = lambda _: (503, "SlowDown") if draw.random() < 0.03 else None
    found = Found()

    assert list_all(store, found).complete
    assert sorted(found.keys) == sorted(keys)
    reader.close()
    store.close()


def test_a_cancelled_listing_does_not_wait_for_s3(server: ListingThread) -> None:
    server.serve(f"{number % 20:02}/{number:05}" for number in range(3000))
    store = server.store(2, read_timeout_s=HANGS_S)
    reader = ready_workers(store, 2)
    server.hang(after=60, seconds=HANGS_S)

    outcome = list_parallel(
        store,
        PLACE,
        sink=Found(),
        restart=no_restart,
        is_cancelled=lambda: len(server.requests) > 60,
        retry_attempts=5,
        workers=8,
        page_size=7,
    )

    assert outcome.cancelled
    reader.close()
    store.close()


def test_the_meter_counts_the_requests_of_list_workers(server: ListingThread) -> None:
    server.serve(f"{number % 20:02}/{number:05}" for number in range(2000))
    inside = server.store(2)
    here = ReadHere(inside, server)
    reader = ready_workers(inside, 2)
    meter = DollarMeter()

    outcome = list_all(StoreMiddleware(lambda: inside, meter=meter), Found())

    assert here.by_workers > 50
    assert meter.all()[BUCKET, "STANDARD"].lists == len(server.requests) == outcome.requests
    reader.close()
    inside.close()


def test_without_list_workers_this_process_reads_alone(
    server: ListingThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{number:05}" for number in range(300)]
    server.serve(keys)
    monkeypatch.setattr(worker_process, "COMMAND", ("/nowhere/python",))
    store = server.store(2)
    found = Found()

    assert list_all(store, found).complete
    assert sorted(found.keys) == keys
    store.close()
