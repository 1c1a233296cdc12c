"""The queue refuses to go on with a job at another S3, and leaves what another S3 keeps alone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import UsageError
from s3nav.model.events import JobState
from s3nav.model.places import S3Connection, S3Uri
from s3nav.persistence import Database
from s3nav.transfer import EngineTuning, Selection, Source, Transfers, UploadAccess, UploadFiles
from s3nav.transfer.journal import MIGRATIONS, Journal
from s3nav.transfer.upload import BegunUploads
from s3nav.transfer.upload.unfinished_uploads import BegunUpload
from tests.support.memory_sender import MemorySender
from tests.support.memory_store import MemoryStore

HERE = S3Connection(endpoint="http://here.example:9000", profile="lab", region="eu-x-1")
THERE = S3Connection(endpoint="http://there.example:9000")
Open = Callable[[S3Connection | None], Transfers]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.put("bkt", "key", b"content")
    return store


@pytest.fixture
def at(tmp_path: Path, store: MemoryStore) -> Open:
    """Opens the queue, connected to an S3; the test closes it."""

    def connect(connection: S3Connection | None) -> Transfers:
        return Transfers(
            store=store,
            journal_file=tmp_path / "journal.sqlite3",
            publish=lambda _: None,
            tuning=EngineTuning(),
            upload_access=lambda: UploadAccess(
                store=store, open_writer=lambda: MemorySender(store), allow_write=True
            ),
            connection=lambda: connection,
        )

    return connect


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    return Selection(sources=(Source(place=S3Uri("bkt")),), target=tmp_path / "out")


def test_a_job_of_another_s3_is_refused_with_the_command_that_resumes_it(
    at: Open, selection: Selection
) -> None:
    queue = at(HERE)
    job_id = queue.plan(selection).job_id
    queue.close()
    other = at(THERE)

    with pytest.raises(UsageError, match="is of http://here") as refused:
        other.resume(job_id)

    assert refused.value.remedy == (
        f"`s3nav --headless --profile lab --endpoint-url {HERE.endpoint} --region eu-x-1 "
        f"jobs resume {job_id}` resumes it there"
    )
    assert other.job(job_id).state is JobState.PLANNED
    assert other.find_resumable(selection) is None
    other.close()


def test_a_job_records_how_its_s3_was_reached(at: Open, selection: Selection) -> None:
    queue = at(HERE)

    assert queue.plan(selection).connection == HERE
    queue.close()


def test_a_job_is_found_with_another_profile_or_region_of_the_same_s3(
    at: Open, selection: Selection
) -> None:
    queue = at(HERE)
    job_id = queue.plan(selection).job_id
    queue.close()
    same = at(S3Connection(endpoint=HERE.endpoint, region="other"))

    found = same.find_resumable(selection)

    assert found is not None
    assert found.job_id == job_id
    same.resume(job_id)
    assert same.wait(job_id, 50)
    same.close()


def test_an_upload_is_not_resumed_or_cancelled_at_another_s3(at: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"up")
    request = UploadFiles(paths=(str(tmp_path / "file"),), to=S3Uri("bkt", "up/"))
    queue = at(HERE)
    job_id = queue.uploads.plan(request).record.job_id
    queue.close()
    other = at(THERE)

    assert other.uploads.find_resumable(request) is None
    for use in (other.resume, other.cancel):
        with pytest.raises(UsageError, match="is of http://here"):
            use(job_id)
    other.close()


def test_parts_that_another_s3_keeps_are_not_forgotten(at: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"up")
    request = UploadFiles(paths=(str(tmp_path / "file"),), to=S3Uri("bkt", "up/"))
    queue = at(HERE)
    queue.cancel(queue.uploads.plan(request).record.job_id)
    queue.close()
    database = Database(tmp_path / "journal.sqlite3", MIGRATIONS)
    begun = BegunUpload(place=S3Uri("bkt", "up/file"), upload_id="id")
    BegunUploads(database).begin(1, begun)

    there, here = at(THERE), at(HERE)

    assert there.remove_leftovers() == 0
    assert there.clear_done() == 0
    assert BegunUploads(database).of(1) == [begun]
    assert here.remove_leftovers() == 1
    for opened in (there, here, database):
        opened.close()


def fetch(transfers: Transfers, selection: Selection) -> None:
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE


@pytest.mark.parametrize("cleared", [False, True])
def test_the_same_size_and_time_at_another_s3_is_not_the_same_file_after_jobs_are_cleared(
    at: Open, store: MemoryStore, selection: Selection, *, cleared: bool
) -> None:
    queue = at(HERE)
    fetch(queue, selection)
    if cleared:
        assert queue.clear_done() == 1
    queue.close()
    store.put("bkt", "key", b"another")
    other = at(THERE)

    fetch(other, selection)

    assert (selection.target / "bkt" / "key").read_bytes() == b"another"
    other.close()


@pytest.mark.parametrize("below", ["", "bkt"])
def test_a_directory_that_was_renamed_or_is_part_of_another_is_still_shared(
    at: Open, selection: Selection, tmp_path: Path, below: str
) -> None:
    queue = at(HERE)
    fetch(queue, selection)
    queue.clear_done()
    queue.close()
    other = at(THERE)

    assert other.targets.is_shared(selection.target / below)
    assert other.targets.is_shared(tmp_path)
    assert not other.targets.is_shared(tmp_path / "out-of-it")
    selection.target.rename(tmp_path / "renamed")
    assert other.targets.is_shared(tmp_path / "renamed")
    other.close()


def test_a_target_that_is_made_anew_has_no_files_of_another_s3(
    at: Open, selection: Selection
) -> None:
    queue = at(HERE)
    fetch(queue, selection)
    queue.close()
    shutil.rmtree(selection.target)
    other = at(THERE)

    fetch(other, selection)

    assert not other.targets.is_shared(selection.target)
    other.close()


def test_targets_of_jobs_of_the_present_release_are_known(tmp_path: Path) -> None:
    before = [one for one in MIGRATIONS if "target_id" not in one]
    older = Database(tmp_path / "journal.sqlite3", before)
    older.write(
        lambda writer: writer.execute(
            "INSERT INTO jobs (job_id, fingerprint, title, target, created_at, state, verify, "
            "requester_pays, part_bytes, is_planned, s3) "
            "VALUES ('j', 'f', 't', '/data/out', 0, 'done', 1, 0, 1, 1, 'there')"
        )
    )
    older.close()
    database = Database(tmp_path / "journal.sqlite3", MIGRATIONS)
    journal = Journal(database, connection=lambda: HERE)

    journal.forget(journal.job("j").number)

    assert journal.targets.is_shared(Path("/data/out"))
    database.close()
