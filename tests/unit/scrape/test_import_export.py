"""Scrapes leave a store in one file and come back whole; what cannot be read is named."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
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

    with pytest.raises(UsageError) as caught:
        export_to(store, target, [])

    assert (caught.value.reference, caught.value.message) == ("exists", f"`{target}` exists")
    assert caught.value.remedy == "name a file that does not"
    assert target.read_text() == "mine"


def test_a_name_of_no_known_format_is_refused_with_those_that_are(
    store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"^`all\.xml` has no known file format$") as caught:
        export_to(store, tmp_path / "all.xml", [])

    assert caught.value.remedy == (
        "use a name ending in .sqlite3, .sqlite, .db, .jsonl, .jsonl.gz, .ndjson"
    )
    assert not (tmp_path / "all.xml").exists()


def test_an_export_that_cannot_be_written_leaves_no_file(
    store: SqliteStore, tmp_path: Path
) -> None:
    two_days(store)

    target = tmp_path / "missing" / "all.jsonl"

    with pytest.raises(LocalDiskError) as caught:
        export_to(store, target, store.scrapes())

    assert caught.value.message == f"cannot write `{target}`: No such file or directory"


def test_a_file_that_is_not_there_is_named(store: SqliteStore, tmp_path: Path) -> None:
    source = tmp_path / "gone.jsonl"

    with pytest.raises(UsageError) as caught:
        import_from(store, source, aside=tmp_path, redacts=True)

    assert caught.value.message == f"cannot read `{source}`: No such file or directory"
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
    assert line.message.startswith("Failed to process file: ")
    assert line.message.endswith(BROKEN)


def test_an_imported_scrape_says_what_it_was_made_of(store: SqliteStore, tmp_path: Path) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    listing = listings / "ec2_DescribeSubnets_us-east-1_None.json"
    shutil.copy(SAMPLES / listing.name, listing)
    os.utime(listing, (0, 0))

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    (scrape,) = imported.records
    assert (scrape.engine, scrape.profile, scrape.success) == ("import", None, True)
    assert scrape.command == ("s3nav", "scrape", "import", str(listings))
    assert (scrape.services, scrape.regions) == (("ec2",), ("us-east-1",))
    assert scrape.start_time == scrape.end_time == datetime.fromtimestamp(0, UTC)


def test_each_profile_of_a_directory_is_a_scrape_of_its_own(
    store: SqliteStore, tmp_path: Path
) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    for name in (
        "ec2_DescribeInstances_eu-west-1_dev.json",
        "ec2_DescribeInstances_us-east-1_None.json",
    ):
        shutil.copy(SAMPLES / name, listings)

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    assert {each.profile for each in imported.records} == {"dev", None}


def test_a_profile_with_a_space_is_one_scrape(store: SqliteStore, tmp_path: Path) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    content = json.loads((SAMPLES / "ec2_DescribeInstances_eu-west-1_dev.json").read_text())
    (listings / "one.json").write_text(json.dumps({**content, "profile": "my profile"}))
    (listings / "stdout.txt").write_text(
        "Executing queries...\n+++ ec2 eu-west-1 DescribeInstances my profile Reservations\n"
        "--- ec2 eu-west-1 DescribeVpcs my profile\n"
        ">:| ec2 eu-west-1 DescribeSubnets my profile ClientError('(UnauthorizedOperation)')\n"
    )

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    assert [each.profile for each in imported.records] == ["my profile"]


def test_a_directory_that_has_only_unreadable_files_is_one_empty_scrape(
    store: SqliteStore, tmp_path: Path
) -> None:
    listings = tmp_path / "listings"
    listings.mkdir()
    (listings / BROKEN).write_text(json.dumps({"odd": 1}))

    imported = import_from(store, listings, aside=tmp_path / "aside", redacts=True)

    assert [each.documents for each in imported.records] == [0]
    assert len(imported.rejected) == 1
