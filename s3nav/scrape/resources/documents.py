"""What a scrape leaves behind: its own record, documents, queries, resources and log lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from s3nav.model.scrape_queries import QueryStatus, ScrapeState

Json = dict[str, object]
"""A JSON object: text, numbers, booleans, None, lists and objects alone."""

EngineName = Literal["native", "aws-list-all", "import"]


class ScrapeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document of ``scrapes``. Times are aware, UTC."""

    scrape_id: str
    """``scrape_20250809_173531_f4a5f77d``: its start and some letters of chance."""
    start_time: datetime
    end_time: datetime | None = None
    duration_seconds: float | None = None
    success: bool | None = None
    """None until the scrape has ended; true also when single queries failed."""
    return_code: int | None = None
    """Of aws-list-all, negative for a signal; 0 or 1 of the native engine."""
    command: tuple[str, ...] = ()
    services: Literal["all"] | tuple[str, ...] = "all"
    regions: tuple[str, ...] = ()
    profile: str | None = None
    scraped_files_count: int = 0
    total_resources_saved: int = 0
    temp_directory: str | None = None
    files_processed_to_mongo: int = 0
    temp_files_cleaned: bool = True
    created_at: datetime
    updated_at: datetime

    state: ScrapeState = ScrapeState.QUEUED
    engine: EngineName = "native"
    account: str = ""
    caller_arn: str = ""
    queries: Mapping[str, int] = msgspec.field(default_factory=dict)
    """How many queries had each status."""
    documents: int = 0
    spooled: int = 0
    """Documents that wait on a local disk for the store to come back."""
    problem: str = ""
    """Why it did not end well, in words for a person."""
    host: str = ""
    process: int = 0
    files_rejected: int = 0
    processing_delay_seconds: float | None = None
    """The longest time between a file's last change and its document."""
    temp_bytes: int = 0
    """Size of all temporary files together."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of ``aws_resources``: what one operation answered in one region."""

    scrape_id: str
    scrape_timestamp: datetime
    service: str
    region: str | None
    """None for a global service."""
    profile: str | None
    operation: str
    source_filename: str
    response: Json
    temp_file_path: str | None = None
    processed_at: datetime
    created_at: datetime
    updated_at: datetime
    status: QueryStatus = QueryStatus.OK
    resources_count: int = 0


class QueryFact(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one operation in one region, documents or not."""

    scrape_id: str
    service: str
    region: str | None
    operation: str
    status: QueryStatus
    code: str = ""
    message: str = ""
    resources: int = 0
    pages: int = 0
    seconds: float = 0.0
    at: datetime


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a document, with what every thing has."""

    scrape_id: str
    service: str
    region: str | None
    operation: str
    type: str
    id: str
    name: str = ""
    arn: str = ""
    tags: Mapping[str, str] = msgspec.field(default_factory=dict)
    created: str = ""
    """As AWS wrote it; seconds since 1970 become ISO 8601."""
    pointer: str
    """Where it stands in the document's response, as a JSON pointer."""
    key: int
    """Same for the same thing in another scrape; 63 bits."""
    digest: int
    """Same when the thing has not changed; 63 bits."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one query adds to a store, all of it or nothing."""

    query: QueryFact
    document: Document | None = None
    resources: Sequence[Resource] = ()


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One document of ``scrape_logs``."""

    timestamp: datetime
    level: Literal["INFO", "WARNING", "ERROR"]
    component: str
    scrape_id: str
    message: str
    error: str = ""
    file_path: str = ""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents, queries or resources are meant; None: all."""

    scrape_id: str | None = None
    service: str | None = None
    region: str | None = None
    """``global`` for those of global services."""
    operation: str | None = None

    @property
    def is_whole_scrape(self) -> bool:
        """True when nothing but the scrape is named."""
        return self.scrape_id is not None and not (self.service or self.region or self.operation)


GLOBAL = "global"
"""What a person writes for the region of a global service."""


def stored_region(region: str | None) -> str | None:
    """The region as documents keep it, of the region as a person writes it."""
    return None if region == GLOBAL else region
