"""A stopped part goes on at the byte it had reached; a slow one is recorded while it comes."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from s3nav.model.events import JobState
from s3nav.model.objects import GetRequest
from s3nav.model.text.quantities import KIB, MIB
from s3nav.transfer import EngineTuning, Transfers
from s3nav.transfer.download.object_fetch import SLOW_BYTES_PER_S
from tests.support.memory_store import MemoryBody, MemoryStore
from tests.unit.transfer.conftest import Bench
from tests.unit.transfer.hooks import LARGE

SLICE_BYTES = 64 * KIB


@dataclass
class SlicedBody(MemoryBody):
    """Gives few bytes at once, and tells how many before it does."""

    slice_bytes: int = 0
    giving: Callable[[int], None] = lambda _: None

    def readinto(self, buffer: memoryview) -> int:
        self.giving(min(len(buffer), self.slice_bytes, len(self.content) - self.position))
        return super().readinto(buffer[: self.slice_bytes])


@dataclass
class SlicingStore(MemoryStore):
    """Counts what was asked for and what was given."""

    slice_bytes: int = 100
    asked_bytes: int = 0
    given_bytes: int = 0
    on_given: Callable[[GetRequest, int], None] = lambda *_: None
    counting: threading.Lock = field(default_factory=threading.Lock)

    def get(self, request: GetRequest) -> MemoryBody:
        body = super().get(request)

        def giving(count: int) -> None:
            with self.counting:
                self.given_bytes += count
            self.on_given(request, count)

        with self.counting:
            self.asked_bytes += body.length_bytes
        return SlicedBody(body.head, body.content, slice_bytes=self.slice_bytes, giving=giving)


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("enough_bytes", [1, 1_000, 2_350, 4_999, 5_120])
def test_no_byte_that_arrived_before_a_stop_is_fetched_again(
    bench: Bench, enough_bytes: int, parallel: int
) -> None:
    store = bench.store = SlicingStore()
    store.put("bkt", "key", LARGE)
    transfers = bench.transfers(parallel=parallel)
    job_id = transfers.plan(bench.selection("bkt")).job_id

    def stop(_: GetRequest, __: int) -> None:
        if store.given_bytes >= enough_bytes:
            transfers.pause(job_id)

    store.on_given = stop
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.PAUSED
    given_bytes = store.given_bytes
    store.on_given = lambda *_: None
    store.asked_bytes = 0

    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.DONE
    assert bench.local("bkt/key") == LARGE
    assert store.asked_bytes == len(LARGE) - given_bytes


def test_bytes_that_arrived_before_a_silence_are_kept_when_it_is_stopped(bench: Bench) -> None:
    store = bench.store = SlicingStore()
    store.put("bkt", "key", LARGE)
    transfers = bench.transfers(parallel=1)
    job_id = transfers.plan(bench.selection("bkt")).job_id

    def fall_silent(request: GetRequest, count: int) -> None:
        if store.given_bytes > 2_350:
            store.given_bytes -= count
            transfers.pause(job_id)
            assert request.waiting is not None
            request.waiting()

    store.on_given = fall_silent
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    store.on_given = lambda *_: None
    store.asked_bytes = 0
    assert store.given_bytes == 2_300

    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)

    assert bench.local("bkt/key") == LARGE
    assert store.asked_bytes == len(LARGE) - 2_300


def test_of_a_slow_part_less_than_a_mebibyte_is_not_recorded_at_any_time(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite3"
    given: dict[int, int] = {}
    behind: list[int] = []

    def count(request: GetRequest, count: int) -> None:
        # The server's pace, which the program may fall behind: no more than this in any time.
        time.sleep(SLICE_BYTES / SLOW_BYTES_PER_S * 1.2)
        assert request.span is not None
        start = request.span.start
        given[start] = given.get(start, 0) + count
        with closing(sqlite3.connect(journal)) as database:
            found = database.execute("SELECT stop FROM parts WHERE start = ?", (start,)).fetchone()
        behind.append(given[start] - (found[0] - start if found else 0))

    store = SlicingStore(slice_bytes=SLICE_BYTES, on_given=count)
    content = bytes(range(256)) * (4 * MIB // 256)
    store.put("bkt", "key", content)
    bench = Bench(tmp_path, store)
    transfers = Transfers(
        store=store,
        journal_file=journal,
        publish=bench.events.append,
        tuning=EngineTuning(parallel=2, part_bytes=2 * MIB),
    )
    try:
        record = bench.download(transfers)
    finally:
        transfers.close()

    assert record.state is JobState.DONE
    assert bench.local("bkt/key") == content
    assert max(behind) < MIB
