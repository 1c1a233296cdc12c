"""What every store of scrapes promises: SQLite and MongoDB."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from pymongo import MongoClient

from s3nav.model.scrape_queries import QueryStatus, ScrapeState
from s3nav.scrape import LogLine, ResourceStore, SqliteStore, Where
from s3nav.scrape.compare_scrapes import compare
from s3nav.scrape.stores.copying import copy_scrape
from s3nav.scrape.stores.mongo_store import MongoStore
from tests.support.mongo_server import mongo_server
from tests.support.scrape_entries import (
    START,
    answer,
    buckets,
    entries,
    instance,
    instances,
    record,
)
from tests.support.waiting import eventually

OLDER = "scrape_20261119_080000_00000001"
NEWER = "scrape_20261120_080000_00000002"


@pytest.fixture(scope="module")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MongoDB when S3NAV_TEST_MONGODB names one, else a server that speaks its protocol."""
    with mongo_server(tmp_path_factory.mktemp("mongodb")) as uri:
        yield uri


@pytest.fixture(params=["sqlite", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ResourceStore]:
    opened: ResourceStore
    if request.param == "sqlite":
        opened = SqliteStore(tmp_path / "scrapes.sqlite3")
    else:
        opened = MongoStore(request.getfixturevalue("mongodb"), f"s3nav_{secrets.token_hex(4)}")
    yield opened
    opened.close()


def test_an_unknown_scrape_is_none(store: ResourceStore) -> None:
    assert store.scrape("scrape_x") is None
    assert store.scrapes() == ()
    assert store.count_scrapes() == 0


def test_a_record_comes_back_as_it_was(store: ResourceStore) -> None:
    kept = record()
    store.save_scrape(kept)

    assert store.scrape(kept.scrape_id) == kept


def test_a_record_is_replaced_by_its_newer_self(store: ResourceStore) -> None:
    store.save_scrape(replace(record(), state=ScrapeState.RUNNING, success=None))
    store.save_scrape(record())

    assert [r.state for r in store.scrapes()] == [ScrapeState.DONE]


def test_scrapes_come_newest_first_and_by_pages(store: ResourceStore) -> None:
    for day in range(3):
        store.save_scrape(replace(record(f"scrape_{day}", days_ago=day), success=day != 1))

    assert [r.scrape_id for r in store.scrapes()] == ["scrape_0", "scrape_1", "scrape_2"]
    assert [r.scrape_id for r in store.scrapes(limit=1, offset=1)] == ["scrape_1"]
    assert [r.scrape_id for r in store.scrapes(success=True)] == ["scrape_0", "scrape_2"]
    assert store.count_scrapes(success=False) == 1


def test_documents_come_back_with_their_response_and_moments(store: ResourceStore) -> None:
    kept = record()
    made = entries(kept, instances(instance(1)), buckets("ä ü", "data"))
    store.add(made)

    found = list(store.documents(Where(scrape_id=kept.scrape_id)))

    assert found == [entry.document for entry in made]
    assert found[1].region is None
    assert found[0].source_filename == "ec2_DescribeInstances_us-east-1_None.json"


def test_documents_are_narrowed_by_service_region_and_operation(store: ResourceStore) -> None:
    kept = record()
    store.add(
        entries(
            kept, instances(instance(1)), instances(instance(2), region="eu-west-1"), buckets("a")
        )
    )

    def places(where: Where) -> list[tuple[str, str | None]]:
        return [(d.service, d.region) for d in store.documents(where)]

    assert places(Where(service="ec2")) == [("ec2", "eu-west-1"), ("ec2", "us-east-1")]
    assert places(Where(region="eu-west-1")) == [("ec2", "eu-west-1")]
    assert places(Where(region="global")) == [("s3", None)]
    assert places(Where(operation="ListBuckets")) == [("s3", None)]
    assert places(Where(scrape_id="another")) == []
    assert store.count_documents(Where(service="ec2")) == 2


def test_the_same_query_again_replaces_what_it_found(store: ResourceStore) -> None:
    kept = record()
    store.add(entries(kept, buckets("a", "b")))
    store.add(entries(kept, buckets("b")))

    assert store.count_documents(Where(scrape_id=kept.scrape_id)) == 1
    assert [r.id for r in store.resources(Where(scrape_id=kept.scrape_id))] == ["b"]


def test_a_query_without_a_document_is_kept_too(store: ResourceStore) -> None:
    kept = record()
    denied = answer("ec2", "us-east-1", "DescribeVpcs", None, status=QueryStatus.DENIED, code="No")
    store.add(entries(kept, denied, buckets("a")))

    queries = list(store.queries(Where(scrape_id=kept.scrape_id)))

    assert [(q.operation, q.status, q.code) for q in queries] == [
        ("DescribeVpcs", QueryStatus.DENIED, "No"),
        ("ListBuckets", QueryStatus.OK, ""),
    ]
    assert store.count_documents(Where()) == 1


def test_resources_are_found_by_words_of_id_name_tag_and_type(store: ResourceStore) -> None:
    kept = record()
    store.save_scrape(kept)
    store.add(entries(kept, instances(instance(1), instance(2)), buckets("road-imagery-prod")))

    def found(text: str) -> list[str]:
        return [r.id for r in store.search(text.split(), scrape_id=kept.scrape_id, limit=10)]

    assert found("i-00000001") == ["i-00000001"]
    assert found("web-2") == ["i-00000002"]
    assert sorted(found("env")) == ["i-00000001", "i-00000002"]
    assert found("road-imag") == ["road-imagery-prod"]
    assert found("Bucket imagery") == ["road-imagery-prod"]
    assert found("nothing") == []
    assert found('"') == []
    assert store.search(["road"], scrape_id="another", limit=10) == ()


def test_what_differs_is_found_by_key_and_digest(store: ResourceStore) -> None:
    old, new = record(OLDER, days_ago=1), record(NEWER)
    store.add(entries(old, instances(instance(1), instance(2), instance(3))))
    store.add(
        entries(new, instances(instance(4), instance(3, InstanceType="t3.large"), instance(2)))
    )

    found = compare(store, old, new, Where(), limit=10)

    verdicts = {(change.verdict, change.resource.id) for change in found.changes}
    assert verdicts == {
        ("added", "i-00000004"),
        ("removed", "i-00000001"),
        ("changed", "i-00000003"),
    }
    assert (found.added, found.removed, found.changed, found.same) == (1, 1, 1, 1)
    changed = next(change for change in found.changes if change.verdict == "changed")
    assert [(f.path, f.before, f.after) for f in changed.fields] == [
        ("InstanceType", "t3.micro", "t3.large")
    ]


def test_what_a_failed_query_did_not_find_is_unknown_never_removed(store: ResourceStore) -> None:
    old, new = record(OLDER, days_ago=1), record(NEWER)
    failed = answer(
        "ec2", "us-east-1", "DescribeInstances", None, status=QueryStatus.THROTTLED, code="Slow"
    )
    store.add(entries(old, instances(instance(1)), buckets("a")))
    store.add(entries(new, failed))

    found = compare(store, old, new, Where(), limit=10)

    assert found.removed == 0
    assert {(c.verdict, c.resource.id, c.reason) for c in found.changes} == {
        ("unknown", "i-00000001", "throttled (Slow)"),
        ("unknown", "a", "not asked"),
    }


def test_a_part_of_a_scrape_is_deleted_and_the_rest_stays(store: ResourceStore) -> None:
    kept = record()
    store.save_scrape(kept)
    store.add(entries(kept, instances(instance(1)), buckets("a")))

    assert store.delete(Where(scrape_id=kept.scrape_id, region="us-east-1")) == 1

    assert [d.service for d in store.documents(Where())] == ["s3"]
    assert [r.id for r in store.resources(Where())] == ["a"]
    assert store.search(["web"], scrape_id=kept.scrape_id, limit=10) == ()
    assert store.scrape(kept.scrape_id) == kept


def test_a_whole_scrape_is_deleted_with_its_log(store: ResourceStore) -> None:
    kept, other = record(OLDER), record(NEWER)
    for each in (kept, other):
        store.save_scrape(each)
        store.add(entries(each, buckets("a")))
        store.add_logs([_line(each.scrape_id, "hm")])

    assert store.delete(Where(scrape_id=kept.scrape_id)) == 1

    assert [r.scrape_id for r in store.scrapes()] == [NEWER]
    assert [line.scrape_id for line in store.logs()] == [NEWER]
    assert store.count_resources(Where()) == 1


def test_log_lines_come_newest_first(store: ResourceStore) -> None:
    store.add_logs([_line("a", "first"), _line("a", "second"), _line("b", "third")])

    assert [line.message for line in store.logs()] == ["third", "second", "first"]
    assert [line.message for line in store.logs(scrape_id="a", limit=1)] == ["second"]


def test_totals_shares_and_timeline_count_what_is_kept(store: ResourceStore) -> None:
    old, new = record(OLDER, days_ago=1), replace(record(NEWER), success=False)
    for each in (old, new):
        store.save_scrape(each)
        store.add(entries(each, instances(instance(1), instance(2)), buckets("a")))

    totals = store.totals()

    assert (totals.total_scrapes, totals.successful_scrapes, totals.failed_scrapes) == (2, 1, 1)
    assert (totals.total_documents, totals.total_resources) == (4, 6)
    assert totals.services_discovered == ("ec2", "s3")
    assert totals.regions_scanned == ("us-east-1",)
    assert totals.last_scrape == START
    shares = store.shares("service", Where(scrape_id=NEWER))
    assert [(s.name, s.documents, s.resources) for s in shares] == [("ec2", 1, 2), ("s3", 1, 1)]
    assert [s.name for s in store.shares("region", Where())] == ["us-east-1", None]
    days = store.timeline(START - timedelta(days=3))
    assert [(d.day.day, d.scrapes, d.successful, d.resources) for d in days] == [
        (19, 1, 1, 3),
        (20, 1, 0, 3),
    ]
    assert len(store.timeline(START - timedelta(hours=1))) == 1


def test_old_scrapes_are_forgotten_with_all_they_found(store: ResourceStore) -> None:
    for name, age in ((OLDER, 40), (NEWER, 1)):
        each = record(name, days_ago=age)
        store.save_scrape(each)
        store.add(entries(each, buckets("a")))

    assert store.delete_before(START - timedelta(days=30)) == 1

    assert [r.scrape_id for r in store.scrapes()] == [NEWER]
    assert store.count_documents(Where()) == 1


def test_resources_come_by_pages(store: ResourceStore) -> None:
    kept = record()
    store.add(entries(kept, buckets(*(f"b{number:03d}" for number in range(50)))))

    page = [r.id for r in store.resources(Where(scrape_id=kept.scrape_id), limit=3, offset=20)]

    assert page == ["b020", "b021", "b022"]
    assert store.count_resources(Where(service="s3")) == 50


def _line(scrape_id: str, message: str) -> LogLine:
    return LogLine(
        timestamp=START, level="ERROR", component="Test", scrape_id=scrape_id, message=message
    )


def test_what_is_older_than_it_is_kept_for_goes_by_itself(store: ResourceStore) -> None:
    store.save_scrape(record(OLDER, days_ago=3000))
    store.add(entries(record(OLDER, days_ago=3000), buckets("a")))
    fresh = replace(record(NEWER), created_at=datetime.now(UTC))
    store.save_scrape(fresh)

    store.keep_days(30)

    eventually(
        lambda: store.count_documents(Where()) == 0 and store.count_scrapes() == 1,
        what="nothing is swept",
    )
    assert [r.scrape_id for r in store.scrapes()] == [NEWER]
    store.keep_days(None)


def test_a_response_larger_than_a_document_may_be_comes_back_whole(store: ResourceStore) -> None:
    kept = record()
    large: dict[str, object] = {
        "Items": [{"Id": str(n), "Text": "x" * 100_000} for n in range(170)]
    }
    odd: dict[str, object] = {
        "Items": [{"Id": "1", "Number": 2**70, "Text": "\ud800", "a.b": {"$x": 1}}]
    }
    store.add(
        entries(
            kept, answer("logs", None, "ListLarge", large), answer("logs", None, "ListOdd", odd)
        )
    )

    found = {d.operation: d.response for d in store.documents(Where(scrape_id=kept.scrape_id))}

    assert found["ListLarge"] == large
    assert found["ListOdd"] == {
        "Items": [{"Id": "1", "Number": 2**70, "Text": "\\ud800", "a.b": {"$x": 1}}]
    }
    store.delete(Where(scrape_id=kept.scrape_id))
    assert store.count_documents(Where()) == 0


def test_mongodb_has_every_index_of_the_design(mongodb: str) -> None:
    store = MongoStore(mongodb, f"s3nav_{secrets.token_hex(4)}")
    store.save_scrape(record())
    with MongoClient[dict[str, object]](mongodb) as client:
        database = client[store.place.rpartition(" ")[2]]
        found = {
            name: {tuple(index["key"].items()) for index in database[name].list_indexes()}
            for name in ("scrapes", "aws_resources")
        }
        unique = [i["name"] for i in database["aws_resources"].list_indexes() if i.get("unique")]
    store.close()

    assert found["scrapes"] >= {
        (("scrape_id", 1),),
        (("start_time", -1),),
        (("success", 1),),
        (("services", 1), ("regions", 1)),
        (("success", 1), ("start_time", -1)),
    }
    assert found["aws_resources"] >= {
        (("scrape_id", 1), ("service", 1), ("region", 1), ("operation", 1)),
        (("service", 1), ("region", 1), ("operation", 1), ("scrape_timestamp", -1)),
        (("scrape_id", 1),),
        (("service", 1), ("region", 1)),
        (("scrape_timestamp", -1),),
        (("source_filename", 1),),
    }
    assert unique == ["scrape_id_1_service_1_region_1_operation_1"]


def test_scrapes_go_from_store_to_store_and_back_without_loss(
    store: ResourceStore, tmp_path: Path
) -> None:
    kept = record()
    denied = answer("ec2", None, "DescribeVpcs", None, status=QueryStatus.DENIED, code="No")
    store.save_scrape(kept)
    store.add(entries(kept, instances(instance(1), instance(2)), buckets("a"), denied))
    other = SqliteStore(tmp_path / "other.sqlite3")

    copy_scrape(store, other, kept)

    where = Where(scrape_id=kept.scrape_id)
    assert list(other.documents(where)) == list(store.documents(where))
    assert list(other.queries(where)) == list(store.queries(where))
    assert list(other.resources(where)) == list(store.resources(where))
    other.close()
