"""What is written to the journal comes back, whatever the keys are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.model.errors import LocalDiskError, NotFoundError
from s3nav.model.events import JobState
from s3nav.persistence import Database
from s3nav.transfer.journal.journal import Journal
from s3nav.transfer.journal.journal_rows import NewJob, PartRow
from s3nav.transfer.journal.journal_schema import MIGRATIONS
from s3nav.transfer.journal.records import DONE, LANDING, PlannedItem, Verification


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    database = Database(tmp_path / "journal.sqlite3", MIGRATIONS)
    yield Journal(database)
    database.close()


def _new(job_id: str) -> NewJob:
    return NewJob(
        job_id=job_id,
        fingerprint="f",
        title="t",
        target=Path("/target"),
        requester_pays=False,
        verify=Verification.AUTO,
        part_bytes=100,
    )


def _item(key: str) -> PlannedItem:
    return PlannedItem("b", key, "", 5, "e", 7, "CRC32", "FULL_OBJECT")


def _job(journal: Journal, keys: list[str], job_id: str = "j") -> int:
    number = journal.add_job(_new(job_id))
    journal.add_items(number, [_item(key) for key in keys])
    journal.finish_plan(number, total_files=len(keys), total_bytes=5 * len(keys))
    return number


def test_an_unknown_job_is_not_found(journal: Journal) -> None:
    with pytest.raises(NotFoundError):
        journal.job("nope")


def test_a_file_that_is_no_database_is_a_disk_problem(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_bytes(b"not a database" * 100)

    with pytest.raises(LocalDiskError):
        Database(tmp_path / "journal.sqlite3", MIGRATIONS)


@given(st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_key_comes_back_as_it_was(journal: Journal, keys: list[str]) -> None:
    number = _job(journal, keys, "j1")
    try:
        assert [i.key for i in journal.window(number, after=0, limit=100)] == keys
        records = journal.items(journal.job("j1"), state=None, offset=0, limit=100)
        assert [r.source for r in records] == [f"s3://b/{key}" for key in keys]
    finally:
        journal.forget(number)


def test_a_window_starts_after_an_item_and_holds_pending_ones(journal: Journal) -> None:
    number = _job(journal, list("abcdef"))
    items = journal.window(number, after=0, limit=10)
    journal.seal(landing=[(items[3].number, "md5", None, "")], done=[items[4].number])

    later = journal.window(number, after=items[1].number, limit=2)

    assert [i.key for i in later] == ["c", "f"]
    assert journal.counts(number).files == {0: 4, LANDING: 1, DONE: 1}


def test_jobs_do_not_see_each_others_items(journal: Journal) -> None:
    one, two = _job(journal, ["a"], "one"), _job(journal, ["b", "c"], "two")

    assert [i.key for i in journal.window(two, after=0, limit=10)] == ["b", "c"]
    journal.forget(one)
    assert journal.counts(two).files == {0: 2}


def test_a_job_forgotten_while_another_is_planned_hides_none_of_its_items(
    journal: Journal,
) -> None:
    doomed = _job(journal, ["a", "b", "c"], "doomed")
    number = journal.add_job(_new("new"))

    journal.forget(doomed)
    for key in ("x", "y"):
        journal.add_items(number, [_item(key)])
    journal.finish_plan(number, total_files=2, total_bytes=2)

    assert [item.key for item in journal.window(number, after=0, limit=9)] == ["x", "y"]


def test_parts_are_kept_until_their_item_is_done_or_pinned_anew(journal: Journal) -> None:
    number = _job(journal, ["a", "b"])
    first, second = journal.window(number, after=0, limit=2)
    for item in (first, second):
        journal.seal(parts=[PartRow(item=item.number, start=0, stop=3, digest="x")])
    assert journal.recorded_bytes(number) == 6

    journal.seal(done=[first.number])
    second.etag = "new"
    journal.repin(second)

    assert journal.parts(first.number) == journal.parts(second.number) == []
    assert journal.window(number, after=0, limit=2)[0].etag == "new"


def test_only_unfinished_jobs_are_resumable(journal: Journal) -> None:
    number = _job(journal, ["a"])
    assert journal.resumable("f") is not None

    journal.set_state(number, JobState.DONE)

    assert journal.resumable("f") is None
    assert [row.number for row in journal.finished()] == [number]
