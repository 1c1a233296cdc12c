"""Results of a scrape are written behind the engine, and a store that fails stops it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.model.events import Event, ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.scrape import SqliteStore, Where
from s3nav.scrape.recorder import Recorder, ended, log_line, new_id
from s3nav.scrape.resources.documents import Entry
from s3nav.scrape.resources.redact import REDACTED
from tests.support.scrape_entries import buckets, instance, instances, record
from tests.support.waiting import eventually


class FullStore(SqliteStore):
    """Accepts no entry."""

    def add(self, entries: Sequence[Entry]) -> None:
        raise LocalDiskError("the disk is full")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def test_after_the_store_failed_the_engine_gets_its_error(tmp_path: Path) -> None:
    full = FullStore(tmp_path / "full.sqlite3")
    recorder = Recorder(full, record(), lambda _: None)

    recorder.found(buckets("a"))
    eventually(lambda: recorder.failure is not None)

    with pytest.raises(LocalDiskError, match="disk is full"):
        recorder.found(buckets("b"))
    recorder.close()
    full.close()


def test_results_and_warnings_are_written_before_the_recorder_is_closed(
    store: SqliteStore,
) -> None:
    of = record()
    recorder = Recorder(store, of, lambda _: None)

    recorder.found(instances(instance(1), instance(2)))
    recorder.found(buckets("a"))
    recorder.note("engine", "one region is off")
    summed = recorder.close()

    assert (summed.documents, summed.total_resources_saved) == (2, 3)
    assert store.count_resources(Where(scrape_id=of.scrape_id)) == 3
    assert [line.message for line in store.logs(scrape_id=of.scrape_id)] == ["one region is off"]


def test_progress_counts_more_queries_than_are_known_as_known(store: SqliteStore) -> None:
    events: list[Event] = []
    recorder = Recorder(store, record(), events.append)
    recorder.found(buckets("a"))

    recorder.publish_progress(ScrapeState.RUNNING)
    recorder.expect(5)
    recorder.publish_progress(ScrapeState.RUNNING)
    recorder.expect_no_more()
    recorder.publish_progress(ScrapeState.RUNNING)
    recorder.close()

    seen = [event for event in events if isinstance(event, ScrapeProgress)]
    known = [(each.queries_done, each.queries_known, each.knows_all) for each in seen]
    assert [one for at, one in enumerate(known) if one not in known[:at]] == [
        (1, 1, False),
        (1, 5, False),
        (1, 5, True),
    ]


def test_a_line_of_the_log_has_no_secret() -> None:
    line = log_line(record(), "ERROR", "engine", "failed: password=hunter22", "token=abcdef123456")

    assert "hunter22" not in line.message
    assert REDACTED in line.message
    assert "abcdef123456" not in line.error


def test_only_a_scrape_that_is_done_was_a_success() -> None:
    done = ended(record(), ScrapeState.DONE)
    failed = ended(record(), ScrapeState.FAILED, "no credentials")

    assert (done.success, done.problem) == (True, "")
    assert (failed.success, failed.problem) == (False, "no credentials")
    assert failed.end_time is not None


def test_two_scrapes_of_the_same_second_have_different_ids() -> None:
    assert len({new_id() for _ in range(50)}) == 50
