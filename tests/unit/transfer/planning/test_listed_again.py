"""A job that is done is listed once more: what is new or changed is added to it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError
from s3nav.model.events import JobState
from s3nav.transfer import Preview
from s3nav.transfer.journal import JobReport
from s3nav.transfer.planning import download_planner
from tests.unit.transfer.conftest import Bench


@pytest.fixture
def stocked(bench: Bench) -> Bench:
    for key in ("a", "b", "c"):
        bench.store.put("bkt", key, key.encode())
    return bench


def test_what_is_new_and_what_has_changed_is_added_and_nothing_else(stocked: Bench) -> None:
    transfers = stocked.transfers()
    job = stocked.download(transfers)
    stocked.store.put("bkt", "b", b"changed")
    stocked.store.put("bkt", "d", b"new")
    gets = stocked.store.count("get")

    preview = transfers.plan_more(job.job_id, stocked.selection("bkt"))

    assert preview.fetch_files == 2
    assert transfers.job(job.job_id).state is JobState.PLANNED
    assert transfers.job(job.job_id).total_files == 5
    transfers.start(job.job_id)
    assert transfers.wait(job.job_id, 50)
    assert transfers.job(job.job_id).state is JobState.DONE
    assert [stocked.local(f"bkt/{key}") for key in "abcd"] == [b"a", b"changed", b"c", b"new"]
    assert stocked.store.count("get") == gets + 2


def test_without_anything_new_the_job_stays_done_also_where_files_are_overwritten(
    stocked: Bench,
) -> None:
    transfers = stocked.transfers()
    job = stocked.download(transfers)

    preview = transfers.plan_more(job.job_id, stocked.selection("bkt", overwrite=True))

    assert preview.fetch_files == 0
    assert transfers.job(job.job_id) == job


def test_objects_that_do_not_fit_on_the_disk_are_not_added(
    stocked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_preview: Preview, _target: Path) -> None:
        raise LocalDiskError("full")

    transfers = stocked.transfers()
    job = stocked.download(transfers)
    stocked.store.put("bkt", "d", b"new")

    with monkeypatch.context() as patched:
        patched.setattr(download_planner, "ITEMS_PER_COMMIT", 1)
        patched.setattr(download_planner, "check_room", refuse)
        with pytest.raises(LocalDiskError):
            transfers.plan_more(job.job_id, stocked.selection("bkt"))

    assert transfers.job(job.job_id) == job
    assert len(transfers.items(job.job_id)) == 3
    assert transfers.plan_more(job.job_id, stocked.selection("bkt")).fetch_files == 1
    assert len(transfers.items(job.job_id)) == 4


def test_two_runs_are_reported_as_one() -> None:
    first = JobReport(
        job="j",
        total_files=4,
        downloaded=3,
        skipped=1,
        failed=0,
        total_bytes=40,
        downloaded_bytes=30,
        duration_s=2.0,
        average_bytes_per_s=15.0,
        success_rate=1.0,
    )
    second = replace(
        first, total_files=5, total_bytes=50, downloaded=1, skipped=4, downloaded_bytes=10
    )

    both = second.after(first)

    assert (both.downloaded, both.skipped, both.downloaded_bytes) == (4, 1, 40)
    assert (both.duration_s, both.average_bytes_per_s) == (4.0, 10.0)
