"""A scrape is copied in batches, with the queries that brought no document."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape import SqliteStore, Where
from s3nav.scrape.resources.documents import Entry
from s3nav.scrape.stores.copying import BATCH, batches, copy_scrape, entries_of
from tests.support.scrape_entries import answer, buckets, entries, instance, instances, record

OF = record()
QUERIES = (
    answer("ec2", "us-east-1", "DescribeVpcs", None, status=QueryStatus.DENIED, code="No"),
    instances(instance(1), instance(2)),
    instances(instance(3), region="eu-west-1"),
    answer("s3", None, "ListBuckets", None, status=QueryStatus.EMPTY),
    buckets("a"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    opened.save_scrape(OF)
    opened.add(entries(OF, *QUERIES))
    yield opened
    opened.close()


def test_a_query_without_a_document_is_an_entry_of_its_own(store: SqliteStore) -> None:
    found = list(entries_of(store, OF.scrape_id))

    without = [entry.query.operation for entry in found if entry.document is None]
    assert "DescribeVpcs" in without
    assert all(
        entry.document.operation == entry.query.operation
        for entry in found
        if entry.document is not None
    )


def test_each_document_keeps_its_own_resources(store: SqliteStore) -> None:
    by_region = {
        entry.query.region: len(entry.resources)
        for entry in entries_of(store, OF.scrape_id)
        if entry.query.operation == "DescribeInstances"
    }

    assert by_region == {"us-east-1": 2, "eu-west-1": 1}


def test_a_copy_has_the_same_content(store: SqliteStore, tmp_path: Path) -> None:
    other = SqliteStore(tmp_path / "other.sqlite3")

    copy_scrape(store, other, OF)

    where = Where(scrape_id=OF.scrape_id)
    assert list(other.queries(where)) == list(store.queries(where))
    assert other.count_documents(where) == store.count_documents(where)
    assert other.scrape(OF.scrape_id) == store.scrape(OF.scrape_id)
    other.close()


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, [1]), (BATCH, [BATCH]), (BATCH + 1, [BATCH, 1])]
)
def test_batches_have_no_empty_one(number: int, sizes: list[int]) -> None:
    (one,) = entries(OF, buckets("a"))
    many: Iterator[Entry] = iter([one] * number)

    assert [len(batch) for batch in batches(many)] == sizes
