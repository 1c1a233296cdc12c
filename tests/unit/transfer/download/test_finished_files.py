"""Finished files that are gone: moved, removed, on a disk that is not mounted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError, S3NavError
from s3nav.model.events import JobProgress, JobState
from s3nav.persistence import Database
from s3nav.transfer import Transfers
from s3nav.transfer.download import engine, running_job
from s3nav.transfer.journal import MIGRATIONS
from s3nav.transfer.local_files import TARGET_LOST
from tests.unit.transfer.conftest import Bench

KEYS = [f"{folder}/{number:02}" for folder in ("a", "b", "c") for number in range(8)]
PATHS = [f"bkt/{key}" for key in KEYS]


class PauseAt:
    """Pauses a job when a key is fetched, once."""

    def __init__(self, key: str, act: Callable[[], object]) -> None:
        self.key, self.act, self.is_due = key, act, True

    def __call__(self, verb: str, name: str) -> None:
        if verb == "get" and name == self.key and self.is_due:
            self.is_due = False
            self.act()


@pytest.fixture
def stocked(bench: Bench) -> Bench:
    for key in KEYS:
        bench.store.put("bkt", key, key.encode())
    return bench


def paused(bench: Bench) -> tuple[Transfers, str]:
    """A job that was paused when the last directory began; what came before it is done."""
    transfers = bench.transfers(parallel=1)
    job_id = transfers.plan(bench.selection("bkt")).job_id
    bench.store.before = PauseAt("c/00", lambda: transfers.pause(job_id))
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.PAUSED
    assert bench.files()[:16] == PATHS[:16]
    return transfers, job_id


def go_on(transfers: Transfers, job_id: str) -> JobState:
    transfers.resume(job_id)
    assert transfers.wait(job_id, 50)
    return transfers.job(job_id).state


def lost_files(bench: Bench, job_id: str) -> int:
    shown = [e for e in bench.events if isinstance(e, JobProgress) and e.job_id == job_id]
    return shown[-1].lost_files


def test_a_directory_that_was_moved_away_meanwhile_is_fetched_again_and_said(
    stocked: Bench,
) -> None:
    transfers, job_id = paused(stocked)
    (stocked.target / "bkt" / "b").rename(stocked.root / "elsewhere")

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert lost_files(stocked, job_id) == 8
    assert transfers.report(job_id).downloaded == 16
    assert transfers.progress(job_id).done_files == len(KEYS)


def test_an_emptied_target_is_filled_again(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    shutil.rmtree(stocked.target / "bkt")

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert lost_files(stocked, job_id) == 16


def test_a_file_of_another_size_is_fetched_again_and_the_others_are_not(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    (stocked.target / "bkt" / "a" / "03").write_bytes(b"cut")
    asked = len([verb for verb, _ in stocked.store.requests if verb == "get"])

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.local("bkt/a/03") == b"a/03"
    assert lost_files(stocked, job_id) == 1
    assert len([verb for verb, _ in stocked.store.requests if verb == "get"]) == asked + 9


def test_all_windows_of_finished_files_are_looked_for(
    stocked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_job, "CHECK_WINDOW", 3)
    transfers, job_id = paused(stocked)
    (stocked.target / "bkt" / "b" / "07").unlink()

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert lost_files(stocked, job_id) == 1


def test_a_skipped_file_that_is_gone_when_the_job_goes_on_is_fetched(stocked: Bench) -> None:
    stocked.download(stocked.transfers(), "bkt/a/")
    transfers, job_id = paused(stocked)
    (stocked.target / "bkt" / "a" / "00").unlink()

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert transfers.progress(job_id).skipped_files == 7


def test_another_directory_in_place_of_the_target_is_refused(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    stocked.target.rename(stocked.root / "unmounted")
    stocked.target.mkdir()

    with pytest.raises(LocalDiskError, match="not the directory that the job wrote to") as refused:
        transfers.resume(job_id)

    assert refused.value.reference == TARGET_LOST
    assert f"jobs cancel {job_id}" in (refused.value.remedy or "")
    assert transfers.job(job_id).state is JobState.PAUSED
    assert stocked.files() == []
    stocked.target.rmdir()
    (stocked.root / "unmounted").rename(stocked.target)
    assert go_on(transfers, job_id) is JobState.DONE
    assert stocked.files() == PATHS


def test_a_copy_of_the_target_will_do(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    stocked.target.rename(stocked.root / "old")
    shutil.copytree(stocked.root / "old", stocked.target)

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert lost_files(stocked, job_id) == 0


def test_a_target_that_is_gone_with_its_disk_is_not_made_on_another(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    shutil.rmtree(stocked.target)
    set_target_id(stocked.root / "journal.sqlite3", "1:2")

    with pytest.raises(LocalDiskError, match="not mounted"):
        transfers.resume(job_id)

    assert not stocked.target.exists()


def test_a_target_that_was_removed_is_filled_again(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    shutil.rmtree(stocked.target)

    assert go_on(transfers, job_id) is JobState.DONE

    assert stocked.files() == PATHS
    assert lost_files(stocked, job_id) == 16


def test_the_same_disk_under_another_number_is_the_same(stocked: Bench) -> None:
    transfers, job_id = paused(stocked)
    set_target_id(stocked.root / "journal.sqlite3", f"1:{stocked.target.stat().st_ino}")

    assert go_on(transfers, job_id) is JobState.DONE


def set_target_id(journal_file: Path, target_id: str) -> None:
    database = Database(journal_file, MIGRATIONS)
    database.write(lambda writer: writer.execute("UPDATE jobs SET target_id = ?", (target_id,)))
    database.close()


def test_a_directory_that_is_moved_while_its_files_come_pauses_the_job(stocked: Bench) -> None:
    transfers = stocked.transfers(parallel=1)
    job_id = transfers.plan(stocked.selection("bkt")).job_id
    moved = stocked.target / "bkt" / "b"
    stocked.store.before = PauseAt("c/00", lambda: moved.rename(stocked.root / "elsewhere"))

    transfers.start(job_id)
    assert transfers.wait(job_id, 50)

    assert transfers.job(job_id).state is JobState.PAUSED
    problem = transfers.problem(job_id)
    assert problem is not None
    assert problem.reference == TARGET_LOST
    assert go_on(transfers, job_id) is JobState.DONE
    assert stocked.files() == PATHS


def test_a_directory_that_nothing_writes_to_any_more_is_missed_at_the_end(
    stocked: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def find(*arguments: object) -> S3NavError | None:
        (stocked.target / "bkt" / "a").rename(stocked.root / "elsewhere")
        found.append(running_job.find_lost_at_end(*arguments))  # type: ignore[arg-type]
        return found[0]

    monkeypatch.setattr(engine, "find_lost_at_end", find)
    transfers = stocked.transfers()
    job = stocked.download(transfers)

    assert job.state is JobState.PAUSED
    assert "8 finished files are gone" in job.reason
    monkeypatch.undo()
    assert go_on(transfers, job.job_id) is JobState.DONE
    assert stocked.files() == PATHS
