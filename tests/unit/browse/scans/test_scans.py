"""Scans as they are kept: gone on with, shown while they run, compared, forgotten."""

import itertools
import random
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.browse import ScanRequest, ScanRetention, Scans, ScanState
from s3nav.model.errors import (
    AccessDeniedError,
    LocalDiskError,
    NotFoundError,
    UnavailableError,
    UsageError,
)
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import ObjectFact
from s3nav.model.places import S3Connection, S3Uri
from tests.support.memory_store import WHEN, MemoryStore, failing

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROADS = S3Uri("roads")


pytestmark = pytest.mark.usefixtures("short_waits")


class Desk:
    """Scans over a store in memory, with a clock that the test moves."""

    def __init__(self, directory: Path, scans_kept: int = 4) -> None:
        self.directory = directory
        self.scans_kept = scans_kept
        self.store = MemoryStore()
        self.store.make_bucket("roads")
        self.events: list[Event] = []
        self.moment = NOW
        self.scans = self.open()

    def open(self, endpoint: str = "") -> Scans:
        return Scans(
            open_store=lambda: self.store,
            scans_file=self.directory / "scans.sqlite3",
            publish=self.events.append,
            retry_attempts=5,
            connection=lambda: S3Connection(endpoint=endpoint),
            retention=ScanRetention(scans=self.scans_kept),
            now=lambda: self.moment,
        )

    def fill(self, objects: int, prefix: str = "logs") -> None:
        for number in range(objects):
            self.store.put("roads", f"{prefix}/{number % 9}/{number:05}", b"x" * (number % 50))

    def stop_after(self, pages: int) -> ScanRequest:
        return ScanRequest(is_cancelled=lambda: self.store.count("list") >= pages)

    def later(self, **much: float) -> None:
        self.moment += timedelta(**much)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.scans.close()


def test_what_is_unknown_or_ambiguous_is_reported(desk: Desk) -> None:
    desk.scans.count(ROADS)
    desk.scans.count(ROADS, fresh=True)

    with pytest.raises(NotFoundError, match="no scan `absent`"):
        desk.scans.record("absent")
    with pytest.raises(NotFoundError):
        desk.scans.record("")
    with pytest.raises(UsageError, match="2 scans begin with `261120`"):
        desk.scans.record("261120")


def test_a_scan_is_found_by_what_sets_it_apart(desk: Desk) -> None:
    scan_id = desk.scans.count(ROADS).record.scan_id

    assert desk.scans.record(scan_id[:9]).scan_id == scan_id
    assert desk.scans.record(scan_id[7:]).scan_id == scan_id


def test_a_bucket_that_may_not_be_listed_leaves_no_scan(desk: Desk) -> None:
    desk.store.before = failing(AccessDeniedError("no"), "list")

    with pytest.raises(AccessDeniedError):
        desk.scans.count(ROADS)

    assert desk.scans.history() == []


def test_a_file_that_is_no_database_is_a_problem_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "scans.sqlite3").write_text("something else, and long enough to be looked at")
    desk = Desk(tmp_path)

    with pytest.raises(LocalDiskError, match="is damaged"):
        desk.scans.count(ROADS)


def test_a_stopped_scan_says_so_and_goes_on_where_it_was(desk: Desk) -> None:
    desk.fill(5500)

    stopped = desk.scans.count(ROADS, desk.stop_after(3)).record
    listed = desk.store.count("list")
    whole = desk.scans.count(ROADS).record

    assert (stopped.state, stopped.is_complete) == (ScanState.CANCELLED, False)
    assert 0 < stopped.objects < 5500
    assert stopped.reason == "stopped before its end"
    assert (whole.scan_id, whole.state, whole.objects) == (
        stopped.scan_id,
        ScanState.COMPLETE,
        5500,
    )
    assert whole.requests == desk.store.count("list") > listed
    assert whole.size_bytes == sum(n % 50 for n in range(5500))


def test_a_stopped_scan_does_not_wait_for_the_region(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent S3 would keep that request, and with it the program, for seconds."""
    desk.fill(2500)
    requests: list[str] = []
    monkeypatch.setattr(desk.store, "bucket_region", requests.append)

    desk.scans.count(ROADS, desk.stop_after(1))

    assert requests == []


def test_a_fresh_scan_does_not_resume_another(desk: Desk) -> None:
    desk.fill(2500)
    stopped = desk.scans.count(ROADS, desk.stop_after(1)).record

    whole = desk.scans.count(ROADS, fresh=True).record

    assert whole.scan_id != stopped.scan_id
    assert whole.objects == 2500


def test_an_old_beginning_is_not_resumed(desk: Desk) -> None:
    desk.fill(2500)
    stopped = desk.scans.count(ROADS, desk.stop_after(1)).record
    desk.later(hours=25)

    assert desk.scans.count(ROADS).record.scan_id != stopped.scan_id


def test_what_fails_in_the_middle_is_partial_and_resumed(desk: Desk, short_waits: None) -> None:
    desk.fill(3500)
    pages = itertools.count()

    def before(verb: str, _: str) -> None:
        if verb == "list" and next(pages) >= 2:
            raise UnavailableError("gone")

    desk.store.before = before
    counted = desk.scans.count(ROADS)
    desk.store.before = lambda verb, name: None

    assert isinstance(counted.problem, UnavailableError)
    assert (counted.record.state, counted.record.reason) == (
        ScanState.PARTIAL,
        "unavailable: gone",
    )
    assert desk.scans.count(ROADS).record.objects == 3500
    assert len(desk.scans.history()) == 1


def test_a_scan_is_seen_while_it_runs(desk: Desk) -> None:
    desk.fill(4000)
    seen: list[tuple[int, ScanState, bool, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, ScanProgress) and not event.complete:
            record = desk.scans.record(event.scan_id)
            children = desk.scans.children(event.scan_id, "logs/")
            inside = sum(child.objects for child in children)
            seen.append((record.objects, record.state, record.coverage.complete, inside))

    desk.scans.publish = look

    desk.scans.count(ROADS)

    objects, state, complete, inside = seen[0]
    assert 0 < objects <= 4000
    assert (state, complete) == (ScanState.RUNNING, False)
    assert inside <= objects + 1000


def test_a_running_scan_cannot_be_deleted_and_another_is_made_beside_it(desk: Desk) -> None:
    desk.fill(1500)
    inside, go_on = threading.Event(), threading.Event()

    def before(verb: str, _: str) -> None:
        if verb == "list" and threading.current_thread() is not threading.main_thread():
            inside.set()
            assert go_on.wait(50)

    desk.store.before = before
    thread = threading.Thread(target=desk.scans.count, args=(ROADS,))
    thread.start()
    assert inside.wait(50)
    (running,) = desk.scans.history()

    with pytest.raises(UsageError, match="is running"):
        desk.scans.delete(running.scan_id)

    other = desk.open()
    assert other.record(running.scan_id).state is ScanState.RUNNING
    go_on.set()
    thread.join(50)
    assert other.record(running.scan_id).state is ScanState.COMPLETE
    other.close()


def test_scans_of_another_endpoint_are_not_this_ones(desk: Desk) -> None:
    desk.scans.count(ROADS)
    other = desk.open("http://127.0.0.1:9")

    assert other.history() == []
    other.close()


def test_a_scan_of_another_s3_is_refused_by_its_id_with_the_way_there(desk: Desk) -> None:
    other = desk.open("http://127.0.0.1:9")
    scan_id = other.count(ROADS).record.scan_id
    other.close()

    for use in (desk.scans.record, desk.scans.delete):
        with pytest.raises(UsageError, match=r"is of http://127.0.0.1:9, not of AWS") as refused:
            use(scan_id)
        assert "--endpoint-url http://127.0.0.1:9" in refused.value.remedy


def test_an_interrupted_scan_is_not_gone_on_with_at_another_s3(desk: Desk) -> None:
    desk.fill(5000)
    begun = desk.scans.count(ROADS, desk.stop_after(2)).record
    other = desk.open("http://127.0.0.1:9")

    assert other.count(ROADS).record.scan_id != begun.scan_id
    assert desk.scans.count(ROADS).record.scan_id == begun.scan_id
    other.close()


def test_a_scan_whose_s3_an_earlier_release_did_not_record_is_not_gone_on_with(
    desk: Desk,
) -> None:
    desk.fill(5000)
    begun = desk.scans.count(ROADS, desk.stop_after(2)).record
    desk.scans.close()
    with sqlite3.connect(desk.directory / "scans.sqlite3") as database:
        database.execute("UPDATE scans SET connection = NULL")
    database.close()

    counted = desk.scans.count(ROADS).record

    assert counted.scan_id != begun.scan_id
    assert [each.scan_id for each in desk.scans.history(ROADS)] == [counted.scan_id, begun.scan_id]


def test_a_scan_keeps_how_its_s3_was_reached(desk: Desk) -> None:
    record = desk.open("http://127.0.0.1:9").count(ROADS).record

    assert record.connection == S3Connection(endpoint="http://127.0.0.1:9")


def test_a_limited_number_of_scans_is_kept_of_a_place_and_objects_of_fewer(desk: Desk) -> None:
    desk.fill(10)
    for _ in range(6):
        desk.scans.count(ROADS, fresh=True)
        desk.later(hours=1)

    kept = desk.scans.history(ROADS)

    assert [record.has_objects for record in kept] == [True, True, True, False]
    assert kept[-1].objects == 10
    assert [t.prefix for t in desk.scans.children(kept[-1].scan_id, "logs/")][:1] == ["logs/0/"]
    with pytest.raises(UsageError, match="has only totals"):
        desk.scans.pages(kept[-1].scan_id)


def test_a_deleted_scan_is_gone(desk: Desk) -> None:
    scan_id = desk.scans.count(ROADS).record.scan_id

    desk.scans.delete(scan_id)

    assert desk.scans.history() == []
    with pytest.raises(NotFoundError):
        desk.scans.record(scan_id)


def test_objects_come_back_in_order_and_below_a_prefix(desk: Desk) -> None:
    desk.fill(2500)
    desk.store.put("roads", "a", b"1")
    scan_id = desk.scans.count(ROADS).record.scan_id

    every = [key for page in desk.scans.pages(scan_id) for key in page.keys]
    some = [key for page in desk.scans.pages(scan_id, "logs/8/") for key in page.keys]

    assert every == sorted(every)
    assert len(every) == 2501
    wanted = [key for key in every if key.startswith("logs/8/")]
    assert [key for key in some if key.startswith("logs/8/")] == wanted


def test_a_prefix_is_counted_alone_even_when_it_ends_in_the_middle_of_a_name(desk: Desk) -> None:
    for key in ("logs/2025/a", "logs/2026/b", "logs/2026/c/d", "logs/x", "other"):
        desk.store.put("roads", key, b"12")

    record = desk.scans.count(S3Uri("roads", "logs/202")).record

    assert (record.objects, record.size_bytes) == (3, 6)
    names = [child.prefix for child in desk.scans.children(record.scan_id, "logs/")]
    assert names == ["logs/2025/", "logs/2026/"]


def test_two_scans_of_different_places_are_not_compared(desk: Desk) -> None:
    one = desk.scans.count(ROADS).record.scan_id
    other = desk.scans.count(S3Uri("roads", "logs/")).record.scan_id

    with pytest.raises(UsageError, match="is of s3://roads, "):
        desk.scans.compare(one, other)


def test_changes_between_two_scans_are_reported(desk: Desk) -> None:
    desk.fill(3000)
    before = desk.scans.count(ROADS).record
    desk.store.delete("roads", "logs/0/00000")
    desk.store.delete("roads", "logs/0/00009")
    desk.store.put("roads", "new/a", b"12345")
    desk.store.put("roads", "logs/1/00001", b"now it is longer")
    fact = desk.store.fact("roads", "logs/2/00002")
    assert fact is not None
    desk.store.put_fact("roads", replace(fact, storage_class="GLACIER"))
    desk.later(days=7)
    after = desk.scans.count(ROADS, fresh=True).record

    found = desk.scans.compare(before.scan_id, after.scan_id, depth=2)

    assert found.is_complete
    assert (found.whole.new_objects, found.whole.new_bytes) == (1, 5)
    assert (found.whole.removed_objects, found.whole.removed_bytes) == (2, 9)
    assert (found.whole.changed_objects, found.whole.changed_bytes) == (1, 15)
    assert found.whole.grown_bytes == after.size_bytes - before.size_bytes
    assert {p: c.grown_bytes for p, c in found.by_prefix.items()} == {
        "logs/0/": -9,
        "logs/1/": 15,
        "logs/2/": 0,
        "new/": 5,
    }
    ((names, moved),) = found.classes_moved.items()
    assert names == ("STANDARD", "GLACIER")
    assert (moved.objects, moved.size_bytes) == (1, 2)


def test_any_two_scans_differ_by_what_their_keys_say(desk: Desk) -> None:
    dice = random.Random(7)
    for _ in range(5):
        keys = [f"{dice.randrange(4)}/{dice.randrange(3000):04}" for _ in range(2600)]
        sides = []
        for _ in range(2):
            desk.store.empty_bucket("roads")
            for key in set(dice.sample(keys, 2400)):
                when = WHEN + timedelta(seconds=dice.randrange(2))
                desk.store.put(
                    "roads", key, b"x" * dice.randrange(2), fact=ObjectFact(
                        key=key, size_bytes=0, modified_at=when
                    )
                )  # fmt: skip
            sides.append(desk.store.facts("roads"))
            desk.later(hours=1)
            desk.scans.count(ROADS, fresh=True)
        after, before = desk.scans.history(ROADS)[:2]

        whole = desk.scans.compare(before.scan_id, after.scan_id).whole

        old, new = sides
        assert whole.new_objects == len(new.keys() - old.keys())
        assert whole.removed_objects == len(old.keys() - new.keys())
        assert whole.changed_objects == sum(
            (old[k].size_bytes, old[k].modified_at) != (new[k].size_bytes, new[k].modified_at)
            for k in old.keys() & new.keys()
        )
        assert whole.grown_bytes == after.size_bytes - before.size_bytes


def test_of_a_partial_scan_only_what_it_listed_is_compared(desk: Desk) -> None:
    desk.fill(4000)
    whole = desk.scans.count(ROADS).record
    desk.later(hours=1)
    desk.store.requests.clear()
    part = desk.scans.count(ROADS, desk.stop_after(2), fresh=True).record

    found = desk.scans.compare(whole.scan_id, part.scan_id)

    assert not found.is_complete
    assert found.whole.removed_objects == found.whole.new_objects == 0
