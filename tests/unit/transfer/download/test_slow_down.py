"""Fewer workers while S3 asks to slow down, more again after quiet times."""

from pathlib import Path

from s3nav.model.events import JobState
from s3nav.transfer import JobRecord, Verification
from s3nav.transfer.download.running_job import JobRun
from s3nav.transfer.download.scheduler import Scheduler
from s3nav.transfer.journal.journal_rows import JobRow
from s3nav.transfer.local_files import Target
from tests.support.memory_store import WHEN


def running(directory: Path) -> JobRun:
    record = JobRecord(
        job_id="j",
        title="j",
        state=JobState.RUNNING,
        target=directory,
        created_at=WHEN,
        total_files=1,
        total_bytes=1,
    )
    row = JobRow(
        number=1,
        record=record,
        requester_pays=False,
        verify=Verification.AUTO,
        part_bytes=1,
        run_files=0,
        run_bytes=0,
        run_s=0.0,
        options="",
    )
    return JobRun(row=row, target=Target(directory, "j"), worker_count=8)


def test_each_slow_down_halves_the_workers_and_leaves_one(tmp_path: Path) -> None:
    scheduler, run = Scheduler(8), running(tmp_path)

    workers = []
    for _ in range(4):
        scheduler.slow_down(run)
        workers.append(scheduler.active_workers)

    assert workers == [4, 2, 1, 1]
    assert run.slow_downs == 4


def test_each_quiet_time_adds_a_worker_up_to_the_number_there_was(tmp_path: Path) -> None:
    scheduler = Scheduler(4)
    scheduler.slow_down(running(tmp_path))

    workers = []
    for _ in range(3):
        scheduler.speed_up()
        workers.append(scheduler.active_workers)

    assert workers == [3, 4, 4]


def test_a_new_number_of_workers_is_the_bound_from_then_on(tmp_path: Path) -> None:
    scheduler = Scheduler(4)
    scheduler.slow_down(running(tmp_path))

    scheduler.set_workers(16)
    before = scheduler.active_workers
    scheduler.slow_down(running(tmp_path))

    assert (before, scheduler.active_workers) == (16, 8)
