"""Scrapes leave a store in one file and come back whole; what cannot be read is named."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.scrape import SqliteStore, Where
from s3nav.scrape.import_export import export_to, import_from
from tests.support.scrape_entries import (
    NEWER,
    OLDER,
    answer,
    entries,
    instance,
    instances,
    record,
    two_days,
)

SAMPLES = Path(__file__).parents[2] / "data" / "scrape" / "aws-list-all"
BROKEN = "ec2_DescribeVpcs_us-east-1_None.json"
FORMATS = pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz", "all.sqlite3"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "other.sqlite3")
    yield opened
    opened.close()


def content(store: SqliteStore) -> list[object]:
    return [*store.scrapes(), *store.queries(Where()), *sorted_resources(store)]


def sorted_resources(store: SqliteStore) -> list[tuple[str, str | None, str, str]]:
    found = [(r.service, r.region, r.type, r.id) for r in store.resources(Where())]
    return sorted(found, key=str)


def test_an_existing_file_is_not_replaced(store: SqliteStore, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    target.write_text("mine")

    with pytest.raises(UsageError, match="exists") as caught:
        export_to(store, target, [])

    assert caught.value.reference == "exists"
    assert target.read_text() == "mine"


def test_a_name_of_no_known_format_is_refused_with_those_that_are(
    store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no known file format") as caught:
        export_to(store, tmp_path / "all.xml", [])

    assert ".jsonl" in (caught.value.remedy or "")
    assert not (tmp_path / "all.xml").exists()


def test_an_export_that_cannot_be_written_leaves_no_file(
    store: SqliteStore, tmp_path: Path
) -> None:
    two_days(store)

    with pytest.raises(LocalDiskError, match="cannot write"):
        export_to(store, tmp_path / "missing" / "all.jsonl", store.scrapes())


def test_a_file_that_is_not_there_is_named(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read") as caught:
        import_from(store, tmp_path / "gone.jsonl", aside=tmp_path, redacts=True)

    assert "gone.jsonl" in caught.value.message
    assert "scrape export" in (caught.value.remedy or "")


def test_a_directory_without_listings_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError, match="no files of aws-list-all"):
        import_from(store, tmp_path / "empty", aside=tmp_path, redacts=True)


@FORMATS
def test_an_export_comes_back_as_it_was(
    store: SqliteStore, other: SqliteStore, tmp_path: Path, name: str
) -> None:
    two_days(store)

    exported = export_to(store, tmp_path / name, store.scrapes())
    imported = import_from(other, tmp_path / name, aside=tmp_path, redacts=True)

    assert (exported.scrapes, exported.documents) == (2, 4)
    assert sorted(each.scrape_id for each in imported.records) == [OLDER, NEWER]
    assert imported.skipped == []
    assert content(other) == content(store)


@FORMATS
def test_scrapes_that_the_store_has_are_skipped(
    store: SqliteStore, other: SqliteStore, tmp_path: Path, name: str
) -> None:
    two_days(store)
    other.save_scrape(record(OLDER, days_ago=1))
    export_to(store, tmp_path / name, store.scrapes())

    imported = import_from(other, tmp_path / name, aside=tmp_path, redacts=True)

    assert [each.scrape_id for each in imported.records] == [NEWER]
    assert imported.skipped == [OLDER]
    assert other.count_documents(Where(scrape_id=OLDER)) == 0


def test_queries_without_a_document_are_exported_too(
    store: SqliteStore, other: SqliteStore, tmp_path: Path
) -> None:
    of = record()
    store.save_scrape(of)
    store.add(entries(of, instances(instance(1)), answer("s3", None, "ListBuckets", None)))

    export_to(store, tmp_path / "all.jsonl", [of])
    import_from(other, tmp_path / "all.jsonl", aside=tmp_path, redacts=True)

    assert [query.operation for query in other.queries(Where())] == [
        query.operation for query in store.queries(Where())
    ]


def test_an_unreadable_listing_is_kept_aside_and_the_others_are_imported(
    store: SqliteStore, tmp_path: Path
) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    shutil.copy(SAMPLES / "ec2_DescribeSubnets_us-east-1_None.json", listings)
    (listings / BROKEN).write_text("{")

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    (rejected,) = imported.rejected
    (scrape,) = imported.records
    assert Path(rejected.kept_at).read_text() == "{"
    assert (listings / BROKEN).exists()
    assert (scrape.documents, scrape.files_rejected, scrape.scraped_files_count) == (1, 1, 2)
    (line,) = store.logs(scrape_id=scrape.scrape_id)
    assert (line.level, line.component) == ("ERROR", "Import")


def test_a_directory_that_has_only_unreadable_files_is_one_empty_scrape(
    store: SqliteStore, tmp_path: Path
) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    (listings / BROKEN).write_text(json.dumps({"odd": 1}))

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    assert [each.documents for each in imported.records] == [0]
    assert len(imported.rejected) == 1
