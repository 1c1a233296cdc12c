"""What a scrape stores: its record, documents, queries, resources and log lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from s3nav.model.scrape_queries import QueryStatus, ScrapeState

Json = dict[str, object]
"""A JSON object: its values are text, numbers, booleans, None, lists and objects."""

EngineName = Literal["native", "aws-list-all", "import"]


class ScrapeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document of ``scrapes``. Times are aware UTC."""

    scrape_id: str
    """``scrape_20250809_173531_f4a5f77d``: start time and eight random digits."""
    start_time: datetime
    end_time: datetime | None = None
    duration_seconds: float | None = None
    success: bool | None = None
    """None until the scrape has ended; true even when some queries failed."""
    return_code: int | None = None
    """aws-list-all's exit code, negative for a signal; 0 or 1 for the native engine."""
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
    """Number of queries by status."""
    documents: int = 0
    spooled: int = 0
    """Documents on the local disk, waiting for the store to be reachable."""
    problem: str = ""
    """Why the scrape failed or was interrupted, as a message for the user."""
    host: str = ""
    process: int = 0
    files_rejected: int = 0
    processing_delay_seconds: float | None = None
    """Longest time between a file's last change and its document being stored."""
    temp_bytes: int = 0
    """Total size of the temporary files."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of ``aws_resources``: the response of one operation in one region."""

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
    """The outcome of one query: one operation in one region, with or without a document."""

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
    """One thing in a document, with the members that all things have."""

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
    """Creation time as AWS wrote it; Unix times become ISO 8601."""
    pointer: str
    """JSON pointer to the thing in the document's response."""
    key: int
    """Identifies the same thing across scrapes; 63 bits."""
    digest: int
    """Equal while the thing has not changed; 63 bits."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one query adds to a store, completely or not at all."""

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
    """Selects documents, queries or resources; None selects all."""

    scrape_id: str | None = None
    service: str | None = None
    region: str | None = None
    """``global`` for global services."""
    operation: str | None = None

    @property
    def is_whole_scrape(self) -> bool:
        """True when only the scrape is given."""
        return self.scrape_id is not None and not (self.service or self.region or self.operation)


GLOBAL = "global"
"""What users write for the region of a global service."""


def stored_region(region: str | None) -> str | None:
    """Convert a region as the user writes it to the stored form: None for global."""
    return None if region == GLOBAL else region
