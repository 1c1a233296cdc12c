"""The models of requests and responses, from which the OpenAPI document is generated."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from s3nav.present.scrape_words import as_json
from s3nav.scrape import Document, Resource, ScrapeRecord

GroupName = Literal["service", "region"]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class Shape(BaseModel):
    """Base of the models; unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="urn:s3nav:problem: and the name of the error")
    title: str
    status: int
    detail: str
    instance: str = Field(description="the requested path")
    errors: list[dict[str, object]] = Field(default_factory=list)


class NewScrape(Shape):
    """What to scrape."""

    model_config = ConfigDict(extra="forbid", strict=True)

    services: Literal["all"] | Annotated[list[Name], Field(min_length=1, max_length=500)] = "all"
    regions: Annotated[list[Name], Field(max_length=100)] = Field(
        default_factory=list, description="empty for all enabled regions"
    )
    profile: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    engine: Literal["native", "aws-list-all"] = "native"
    max_rate: Annotated[float, Field(ge=0, le=10_000)] = 0.0


class Scrape(BaseModel):
    """One document of `scrapes`; it has more members than these."""

    model_config = ConfigDict(extra="allow")

    scrape_id: str
    state: str
    success: bool | None
    start_time: str
    end_time: str | None
    duration_seconds: float | None
    services: Literal["all"] | list[str]
    regions: list[str]
    profile: str | None
    total_resources_saved: int
    documents: int
    queries: dict[str, int]


class ScrapeList(Shape):
    """One page of scrapes."""

    scrapes: list[Scrape]
    total: int
    limit: int
    offset: int


class AwsResource(BaseModel):
    """One document of `aws_resources`."""

    model_config = ConfigDict(extra="allow")

    scrape_id: str
    scrape_timestamp: str
    service: str
    region: str | None
    profile: str | None
    operation: str
    source_filename: str
    response: dict[str, object]
    status: str


class ResourceList(Shape):
    """One page of documents."""

    resources: list[AwsResource]
    total: int
    limit: int
    offset: int


class FoundThing(BaseModel):
    """One thing in a document."""

    model_config = ConfigDict(extra="allow")

    scrape_id: str
    service: str
    region: str | None
    operation: str
    type: str
    id: str
    name: str
    arn: str
    tags: dict[str, str]
    created: str
    pointer: str


class FoundThings(Shape):
    """The results of a search."""

    found: list[FoundThing]


class FieldDifference(Shape):
    """One member that differs."""

    path: str
    before: object = None
    after: object = None


class Difference(FoundThing):
    """One thing that differs."""

    change: Literal["added", "removed", "changed", "unknown"]
    reason: str | None
    fields: list[FieldDifference]


class Step(Shape):
    """The comparison of two successive scrapes."""

    older: str
    newer: str
    added: int
    removed: int
    changed: int
    unknown: int
    same: int
    changes: list[Difference]


class Compared(Shape):
    """One operation across scrapes, newest first, with the changes between them."""

    service: str | None
    region: str | None
    operation: str | None
    resources: list[AwsResource]
    comparisons: list[Step]


class Deleted(Shape):
    """The number of documents deleted."""

    scrape_id: str
    documents_deleted: int


class Stats(Shape):
    """Totals over the whole store."""

    total_scrapes: int
    successful_scrapes: int
    failed_scrapes: int
    total_resources: int
    total_documents: int
    services_discovered: list[str]
    regions_scanned: list[str]
    last_scrape: str | None
    monitor: dict[str, float | int | None]


class ShareLine(Shape):
    """Documents and resources of one service or region."""

    name: str | None = Field(description="null: the region of global services")
    documents: int
    resources: int


class Shares(Shape):
    """All services or all regions, largest first."""

    shares: list[ShareLine]


class Day(Shape):
    """Counts of one day, UTC."""

    day: str
    scrapes: int
    successful: int
    documents: int
    resources: int


class Timeline(Shape):
    """Counts by day, oldest first, without days that had no scrape."""

    days: list[Day]


def scrape(record: ScrapeRecord) -> Scrape:
    """Convert a record."""
    return Scrape.model_validate(as_json(record))


def document(found: Document) -> AwsResource:
    """Convert a document with its response."""
    return AwsResource.model_validate(as_json(found))


def thing(resource: Resource) -> FoundThing:
    """Convert a resource, without the store's key and digest."""
    members = as_json(resource)
    for name in ("key", "digest"):
        del members[name]
    return FoundThing.model_validate(members)
