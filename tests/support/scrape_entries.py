"""Entries for stores under test, made as an engine's are."""

from datetime import UTC, datetime, timedelta

from s3nav.model.scrape_queries import QueryStatus, ScrapeState
from s3nav.scrape import ResourceStore, ScrapeRecord
from s3nav.scrape.resources.documents import Entry
from s3nav.scrape.resources.ingest import EntryBuilder, QueryResult

OLDER, NEWER = "scrape_20261119_080000_00000001", "scrape_20261120_080000_00000002"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def record(name: str = "scrape_20261120_080000_00000001", *, days_ago: int = 0) -> ScrapeRecord:
    moment = START - timedelta(days=days_ago)
    return ScrapeRecord(
        scrape_id=name,
        start_time=moment,
        end_time=moment + timedelta(seconds=2),
        duration_seconds=2.0,
        success=True,
        services=("ec2", "s3"),
        regions=("eu-west-1", "us-east-1"),
        created_at=moment,
        updated_at=moment,
        state=ScrapeState.DONE,
        documents=2,
        total_resources_saved=3,
    )


def instance(number: int, **members: object) -> dict[str, object]:
    return {
        "InstanceId": f"i-{number:08x}",
        "InstanceType": "t3.micro",
        "Tags": [{"Key": "Name", "Value": f"web-{number}"}, {"Key": "env", "Value": "prod"}],
        **members,
    }


def instances(*found: dict[str, object], region: str = "us-east-1") -> QueryResult:
    return answer("ec2", region, "DescribeInstances", {"Reservations": [{"Instances": [*found]}]})


def buckets(*names: str) -> QueryResult:
    return answer("s3", None, "ListBuckets", {"Buckets": [{"Name": name} for name in names]})


def answer(
    service: str,
    region: str | None,
    operation: str,
    response: dict[str, object] | None,
    *,
    status: QueryStatus = QueryStatus.OK,
    code: str = "",
) -> QueryResult:
    return QueryResult(
        service=service,
        region=region,
        operation=operation,
        status=status,
        response=response,
        code=code,
    )


def entries(of: ScrapeRecord, *query_results: QueryResult) -> list[Entry]:
    entry_builder = EntryBuilder(of, now=lambda: of.start_time)
    return [entry_builder.entry(query_result) for query_result in query_results]


def two_days(store: ResourceStore) -> None:
    """Two scrapes a day apart: things came, went, changed and stayed."""
    before, after = record(OLDER, days_ago=1), record(NEWER)
    store.save_scrape(before)
    store.save_scrape(after)
    store.add(
        entries(before, instances(instance(1), instance(2), instance(3)), buckets("logs", "old"))
    )
    store.add(
        entries(
            after,
            instances(instance(1), instance(2, InstanceType="m7g.large"), instance(4)),
            buckets("logs", "[bold]new[/bold]"),
        )
    )
