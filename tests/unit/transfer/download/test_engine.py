"""Downloads over a store in memory: the way it should be."""

import os
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.model.errors import (
    LocalDiskError,
    UnavailableError,
    UsageError,
)
from s3nav.model.events import JobState, JobStateChanged
from s3nav.transfer import Compare
from tests.unit.transfer.conftest import PART_BYTES, Bench
from tests.unit.transfer.hooks import LARGE, FailFirst, Gate


def test_every_file_has_its_bytes_and_its_time(bench: Bench) -> None:
    contents = {f"d{n % 3}/f{n}": bytes([n]) * n for n in range(50)} | {"large": LARGE}
    for key, content in contents.items():
        bench.store.put("bkt", key, content)
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.DONE
    assert {p: bench.local(p) for p in bench.files()} == {
        f"bkt/{key}": content for key, content in contents.items()
    }
    assert (bench.target / "bkt/large").stat().st_mtime == 1793534400.0
    report = transfers.report(record.job_id)
    assert (report.downloaded, report.skipped, report.failed) == (51, 0, 0)
    assert report.downloaded_bytes == report.total_bytes == sum(map(len, contents.values()))
    assert {i.verified_by for i in transfers.items(record.job_id)} == {"md5"}
    states = [e.state for e in bench.events if isinstance(e, JobStateChanged)]
    assert states == [JobState.RUNNING, JobState.DONE]


def test_small_objects_cost_one_get_and_no_head(bench: Bench) -> None:
    for number in range(20):
        bench.store.put("bkt", f"k{number}", b"x")
    transfers = bench.transfers()

    bench.download(transfers)

    assert (bench.store.count("get"), bench.store.count("head")) == (20, 0)


def test_an_empty_bucket_is_an_empty_job_that_is_done(bench: Bench) -> None:
    bench.store.make_bucket("bkt")
    transfers = bench.transfers()

    record = bench.download(transfers)

    assert record.state is JobState.DONE
    assert transfers.report(record.job_id).success_rate == 1.0


def test_a_second_download_skips_what_is_there(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.put("bkt", "large", LARGE)
    transfers = bench.transfers()
    bench.download(transfers)
    gets = bench.store.count("get")

    record = bench.download(transfers)

    assert bench.store.count("get") == gets
    report = transfers.report(record.job_id)
    assert (report.downloaded, report.skipped, report.success_rate) == (0, 2, 1.0)


def test_by_checksum_a_file_of_another_time_is_the_same_and_one_of_other_bytes_is_not(
    bench: Bench,
) -> None:
    bench.store.put("bkt", "touched", b"12345")
    bench.store.put("bkt", "spoilt", b"12345")
    bench.store.put("bkt", "large", LARGE)
    transfers = bench.transfers()
    bench.download(transfers)
    os.utime(bench.target / "bkt/touched", (1, 1))
    spoilt = bench.target / "bkt/spoilt"
    before = spoilt.stat()
    spoilt.write_bytes(b"1234!")
    os.utime(spoilt, ns=(before.st_mtime_ns, before.st_mtime_ns))
    gets = bench.store.count("get")

    selection = replace(bench.selection("bkt"), compare=Compare.CHECKSUM)
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)

    assert spoilt.read_bytes() == b"12345"
    assert bench.store.count("get") == gets + 1
    reasons = {item.source[-7:]: item.reason for item in transfers.items(job_id)}
    assert reasons == {
        "touched": "already there: same size and md5",
        "/spoilt": "",
        "t/large": "already there: same size and md5",
    }


def test_pause_acts_at_once_and_resume_ends_the_job(bench: Bench) -> None:
    for number in range(30):
        bench.store.put("bkt", f"k{number}", b"x")
    gate = Gate()
    bench.store.before = gate
    transfers = bench.transfers(parallel=2)
    job_id = transfers.plan(bench.selection("bkt")).job_id

    transfers.start(job_id)
    assert gate.reached.wait(50)
    transfers.pause(job_id)
    assert transfers.job(job_id).state is JobState.PAUSED
    transfers.resume(job_id)
    gate.opened.set()
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.DONE
    assert len(bench.files()) == 30


def test_cancel_removes_unfinished_files_and_keeps_finished_ones(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.put("bkt", "large", LARGE)
    stopped = threading.Event()

    def stop(verb: str, name: str) -> None:
        if verb == "get" and name == "large" and bench.store.count("get") > 3:
            transfers.cancel(job_id)
            stopped.set()

    bench.store.before = stop
    transfers = bench.transfers(parallel=1)
    job_id = transfers.plan(bench.selection("bkt")).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)

    assert stopped.is_set()
    assert transfers.job(job_id).state is JobState.CANCELLED
    assert bench.files() == ["bkt/a"]


def test_recorded_parts_are_not_fetched_again_after_a_pause(bench: Bench) -> None:
    bench.store.put("bkt", "large", LARGE)

    def stop(verb: str, _: str) -> None:
        if verb == "get" and bench.store.count("get") == 4:
            transfers.pause(job_id)

    bench.store.before = stop
    transfers = bench.transfers(parallel=1)
    job_id = transfers.plan(bench.selection("bkt")).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.progress(job_id).done_bytes == 4 * PART_BYTES

    bench.store.before = lambda *_: None
    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)

    assert bench.local("bkt/large") == LARGE
    assert bench.store.count("get") == -(-len(LARGE) // PART_BYTES)


def test_two_jobs_run_side_by_side(bench: Bench) -> None:
    for number in range(20):
        bench.store.put("one", f"k{number}", b"1")
        bench.store.put("two", f"k{number}", b"2")
    transfers = bench.transfers()
    first = transfers.plan(bench.selection("one")).job_id
    second = transfers.plan(bench.selection("two")).job_id

    transfers.start(first)
    transfers.start(second)

    assert transfers.wait(first, 50)
    assert transfers.wait(second, 50)
    assert len(bench.files()) == 40


def test_another_process_cannot_run_the_same_job(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    gate = Gate()
    bench.store.before = gate
    transfers, other = bench.transfers(), bench.transfers()
    job_id = transfers.plan(bench.selection("bkt")).job_id
    transfers.start(job_id)
    assert gate.reached.wait(50)

    with pytest.raises(UsageError, match=f"process {os.getpid()}"):
        other.start(job_id)

    gate.opened.set()
    assert transfers.wait(job_id, 50)


def test_closing_in_the_middle_leaves_a_job_that_can_be_resumed(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.before = FailFirst(UnavailableError("reset"), key="a", times=2)
    transfers = bench.transfers()
    selection = bench.selection("bkt")
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    transfers.close()

    again = bench.transfers()
    found = again.find_resumable(selection)
    assert found is not None
    again.start(found.job_id)
    assert again.wait(found.job_id, 50)

    assert found.job_id == job_id
    assert bench.local("bkt/a") == b"x"


def test_no_thread_is_left_behind(bench: Bench) -> None:
    before = {*threading.enumerate()}
    bench.store.put("bkt", "a", b"x")
    transfers = bench.transfers()
    bench.download(transfers)

    transfers.close()

    left = {*threading.enumerate()} - before
    assert not [thread for thread in left if thread.name.startswith("s3nav-")]


def test_an_error_of_the_endpoint_while_listing_leaves_no_job(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")

    def fail(verb: str, _: str) -> None:
        if verb == "list":
            raise UnavailableError("down")

    bench.store.before = fail
    transfers = bench.transfers()

    with pytest.raises(UnavailableError):
        transfers.plan(bench.selection("bkt"))

    assert transfers.jobs() == []


def test_a_target_that_is_a_file_is_refused(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    Path(bench.target).write_bytes(b"")
    transfers = bench.transfers()

    with pytest.raises(UsageError, match="is not a directory"):
        transfers.plan(bench.selection("bkt"))


def test_too_little_room_is_seen_before_the_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.store.put("bkt", "a", b"xx")
    monkeypatch.setattr("s3nav.transfer.planning.download_plan.free_bytes", lambda _: 1)
    transfers = bench.transfers()

    with pytest.raises(LocalDiskError, match="2 bytes to fetch, but 1 bytes free"):
        transfers.plan(bench.selection("bkt"))

    assert transfers.jobs() == []


def test_a_preview_counts_without_a_get_or_a_file(bench: Bench) -> None:
    bench.store.put("bkt", "a", b"x")
    bench.store.put("bkt", "dir/", b"")
    bench.store.put("bkt", "large", LARGE)
    bench.store.put("bkt", "up/../x", b"x")

    preview = bench.preview(bench.selection("bkt"))

    assert (preview.fetch_files, preview.skip_files) == (3, 1)
    assert preview.get_requests == 2 + -(-len(LARGE) // PART_BYTES)
    assert [r.local for r in preview.renamed] == ["bkt/up/.s3nav-dotdot/x"]
    assert bench.store.count("get") == 0
    assert not bench.target.exists()
