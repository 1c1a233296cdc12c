"""A comparison calls a resource removed only when the newer scrape could have found it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape import Comparison, ScrapeRecord, SqliteStore, Where
from s3nav.scrape.compare_scrapes import FieldChange, changed_fields, compare
from s3nav.scrape.resources.ingest import QueryResult
from tests.support.scrape_entries import answer, buckets, entries, instance, instances, record

BEFORE, AFTER = record("scrape_1", days_ago=1), record("scrape_2")
DENIED = answer("s3", None, "ListBuckets", None, status=QueryStatus.DENIED, code="AccessDenied")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "scrapes.sqlite3")) as opened:
        yield opened


def compared(
    store: SqliteStore,
    older: list[QueryResult],
    newer: list[QueryResult],
    *,
    before: ScrapeRecord = BEFORE,
    after: ScrapeRecord = AFTER,
    limit: int = 10,
) -> Comparison:
    for of, results in ((before, older), (after, newer)):
        store.save_scrape(of)
        store.add(entries(of, *results))
    return compare(store, before, after, Where(), limit=limit)


def counts(found: Comparison) -> tuple[int, int, int, int, int]:
    return (found.added, found.removed, found.changed, found.unknown, found.same)


def test_added_removed_changed_and_same_resources_are_counted(store: SqliteStore) -> None:
    found = compared(
        store,
        [instances(instance(1), instance(2), instance(3))],
        [instances(instance(1), instance(2, InstanceType="m7g.large"), instance(4))],
    )

    assert counts(found) == (1, 1, 1, 0, 1)
    assert {(c.verdict, c.resource.id) for c in found.changes} == {
        ("added", "i-00000004"),
        ("removed", "i-00000003"),
        ("changed", "i-00000002"),
    }
    (changed,) = (c for c in found.changes if c.verdict == "changed")
    assert changed.fields == [
        FieldChange(path="InstanceType", before="t3.micro", after="m7g.large")
    ]


def test_a_resource_whose_query_was_denied_is_unknown(store: SqliteStore) -> None:
    found = compared(store, [buckets("logs")], [DENIED])

    assert counts(found) == (0, 0, 0, 1, 0)
    assert [(c.verdict, c.reason) for c in found.changes] == [("unknown", "denied (AccessDenied)")]


def test_a_resource_whose_query_did_not_run_is_unknown(store: SqliteStore) -> None:
    found = compared(store, [buckets("logs")], [])

    assert [(c.verdict, c.reason) for c in found.changes] == [("unknown", "not asked")]


def test_a_new_resource_is_unknown_when_the_older_query_failed(store: SqliteStore) -> None:
    assert counts(compared(store, [DENIED], [buckets("logs")])) == (0, 0, 0, 1, 0)


def test_an_empty_answer_removes_what_was_there(store: SqliteStore) -> None:
    empty = answer("s3", None, "ListBuckets", None, status=QueryStatus.EMPTY)

    assert counts(compared(store, [buckets("logs")], [empty])) == (0, 1, 0, 0, 0)


def test_an_empty_answer_of_aws_list_all_may_hide_defaults(store: SqliteStore) -> None:
    empty = answer("s3", None, "ListBuckets", None, status=QueryStatus.EMPTY)
    after = replace(AFTER, engine="aws-list-all")

    found = compared(store, [buckets("logs")], [empty], after=after)

    assert [(c.verdict, c.reason) for c in found.changes] == [
        ("unknown", "left out by another engine")
    ]


def test_changes_are_limited_and_counts_are_not(store: SqliteStore) -> None:
    found = compared(store, [buckets()], [buckets("a", "b", "c")], limit=2)

    assert (found.added, len(found.changes)) == (3, 2)


def test_differences_ignore_order_and_volatile_members() -> None:
    before = {"Tags": [1, 2], "LastUsedDate": "x", "Gone": 1}
    after = {"Tags": [2, 1], "LastUsedDate": "y", "New": 2}

    assert list(changed_fields(before, after)) == [
        FieldChange(path="Gone", before=1, after=None),
        FieldChange(path="New", before=None, after=2),
    ]


def test_differences_inside_lists_of_objects_have_their_index() -> None:
    before, after = {"Rules": [{"Port": 80}]}, {"Rules": [{"Port": 443}]}

    assert list(changed_fields(before, after)) == [
        FieldChange(path="Rules[0].Port", before=80, after=443)
    ]


def test_long_values_are_cut() -> None:
    (change,) = changed_fields({"a": "x" * 9_000}, {"a": ""})

    assert isinstance(change.before, str)
    assert len(change.before) < 600
