"""What a scrape asks of the place that keeps it; SQLite and MongoDB provide it alike."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from s3nav.scrape.resources import (
    Document,
    Entry,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Where,
)

Group = Literal["service", "region", "operation"]
Ref = int | str
"""What a store calls one resource."""


class Slot(NamedTuple):
    """A resource, by what is needed to judge it."""

    ref: Ref
    service: str
    region: str | None
    operation: str


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two scrapes, whatever that means."""

    added: Sequence[Slot]
    removed: Sequence[Slot]
    changed: Sequence[tuple[Ref, Ref]]
    """Older and newer."""
    same: int


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One line of statistics: documents and resources of one service, region or operation."""

    name: str | None
    """None: the region of global services."""
    documents: int
    resources: int


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """What was scraped on one day, UTC."""

    day: date
    scrapes: int
    successful: int
    documents: int
    resources: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The store as a whole."""

    total_scrapes: int
    successful_scrapes: int
    failed_scrapes: int
    total_resources: int
    total_documents: int
    services_discovered: tuple[str, ...]
    regions_scanned: tuple[str, ...]
    """Global services are not counted as a region."""
    last_scrape: datetime | None


class ResourceStore(Protocol):
    """Scrapes, documents, queries, resources and log lines.

    Any thread may call. Raises UnavailableError when the store cannot be reached, LocalDiskError
    when its file cannot be written.
    """

    @property
    def place(self) -> str:
        """Where it is, for a person; without secrets."""
        ...

    @property
    def spooled(self) -> int:
        """Documents that wait on this machine, because the store did not answer."""
        ...

    def save_scrape(self, record: ScrapeRecord) -> None:
        """Keep a record; one with the same id is replaced."""
        ...

    def scrape(self, scrape_id: str) -> ScrapeRecord | None:
        """One record; None when there is none of that id."""
        ...

    def scrapes(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Records, the newest first."""
        ...

    def count_scrapes(self, *, success: bool | None = None) -> int:
        """How many records there are."""
        ...

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep entries; durable when it returns. A query that is there already is replaced."""
        ...

    def documents(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Documents by scrape, service, region, operation; or by time, the newest first."""
        ...

    def count_documents(self, where: Where) -> int:
        """How many documents there are."""
        ...

    def queries(self, where: Where) -> Iterator[QueryFact]:
        """What became of each query, by service, region, operation."""
        ...

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """Resources in the order of their documents."""
        ...

    def count_resources(self, where: Where) -> int:
        """How many resources there are."""
        ...

    def resources_at(self, refs: Sequence[Ref]) -> tuple[Resource, ...]:
        """Resources by the store's own names, in the order asked for."""
        ...

    def contents(self, resources: Iterable[Resource]) -> Iterator[object]:
        """Resources in full, in this order; None for one whose document is gone.

        Resources of one document had better follow each other.
        """
        ...

    def search(
        self, words: Sequence[str], *, scrape_id: str | None, limit: int
    ) -> tuple[Resource, ...]:
        """Resources with all these beginnings of words in id, name, ARN, type or tags."""
        ...

    def differing(self, older: str, newer: str, where: Where) -> Differing:
        """What differs between two scrapes; `where` names no scrape."""
        ...

    def delete(self, where: Where) -> int:
        """Forget documents, queries and resources, and the scrape itself when all of it is meant.

        Returns how many documents are gone.
        """
        ...

    def add_logs(self, lines: Sequence[LogLine]) -> None:
        """Keep log lines."""
        ...

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """Log lines, the newest first."""
        ...

    def totals(self) -> Totals:
        """The store as a whole."""
        ...

    def shares(self, group: Group, where: Where) -> tuple[Share, ...]:
        """Documents and resources by group, the largest first."""
        ...

    def timeline(self, since: datetime) -> tuple[DayCount, ...]:
        """What was scraped day by day, the oldest first; days without scrapes are left out."""
        ...

    def delete_before(self, moment: datetime) -> int:
        """Forget scrapes that were created before; returns how many."""
        ...

    def keep_days(self, days: int | None) -> None:
        """From now on forget scrapes by themselves after so many days; None: never."""
        ...

    def close(self) -> None:
        """Close what is open. Calling it twice is fine."""
        ...
