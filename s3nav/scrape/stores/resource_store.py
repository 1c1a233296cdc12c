"""The protocol of scrape stores; SQLite and MongoDB implement it."""

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
"""A store's own id of a resource."""


class Slot(NamedTuple):
    """A resource's id with the query it belongs to."""

    ref: Ref
    service: str
    region: str | None
    operation: str


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """The resources that differ between two scrapes, before absent ones are checked."""

    added: Sequence[Slot]
    removed: Sequence[Slot]
    changed: Sequence[tuple[Ref, Ref]]
    """Pairs of the older and the newer resource."""
    same: int


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """One line of statistics: documents and resources of one service, region or operation."""

    name: str | None
    """None: the region of global services."""
    documents: int
    resources: int


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one day, UTC."""

    day: date
    scrapes: int
    successful: int
    documents: int
    resources: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Totals over a whole store."""

    total_scrapes: int
    successful_scrapes: int
    failed_scrapes: int
    total_resources: int
    total_documents: int
    services_discovered: tuple[str, ...]
    regions_scanned: tuple[str, ...]
    """Without the pseudo region of global services."""
    last_scrape: datetime | None


class ResourceStore(Protocol):
    """Stores scrapes, documents, queries, resources and log lines; thread-safe.

    All methods raise UnavailableError when the store cannot be reached and LocalDiskError when its
    file cannot be written.
    """

    @property
    def place(self) -> str:
        """Description of where it is, without secrets."""
        ...

    @property
    def spooled(self) -> int:
        """Number of documents on this machine that wait for the store to answer."""
        ...

    def save_scrape(self, record: ScrapeRecord) -> None:
        """Save a record, replacing one with the same id."""
        ...

    def scrape(self, scrape_id: str) -> ScrapeRecord | None:
        """Return one record; None when the id is unknown."""
        ...

    def scrapes(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Return records, newest first."""
        ...

    def count_scrapes(self, *, success: bool | None = None) -> int:
        """Return the number of records."""
        ...

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those of the same queries; durable when it returns."""
        ...

    def documents(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Yield documents by scrape, service, region, operation; or newest first."""
        ...

    def count_documents(self, where: Where) -> int:
        """Return the number of documents."""
        ...

    def queries(self, where: Where) -> Iterator[QueryFact]:
        """Yield the outcome of each query, by scrape, service, region, operation."""
        ...

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """Yield resources in the order of their documents."""
        ...

    def count_resources(self, where: Where) -> int:
        """Return the number of resources."""
        ...

    def resources_at(self, refs: Sequence[Ref]) -> tuple[Resource, ...]:
        """Return resources by the store's own ids, in the order of `refs`."""
        ...

    def contents(self, resources: Iterable[Resource]) -> Iterator[object]:
        """Yield the JSON values of resources, in order; None where the document was deleted.

        It is fast when resources of one document follow each other.
        """
        ...

    def search(
        self, words: Sequence[str], *, scrape_id: str | None, limit: int
    ) -> tuple[Resource, ...]:
        """Return resources with these word prefixes in id, name, ARN, type, service or tags."""
        ...

    def differing(self, older: str, newer: str, where: Where) -> Differing:
        """Compare two scrapes; `where` must not name a scrape."""
        ...

    def delete(self, where: Where) -> int:
        """Delete documents, queries and resources, and the record if the whole scrape is selected.

        Returns the number of documents deleted.
        """
        ...

    def add_logs(self, lines: Sequence[LogLine]) -> None:
        """Add log lines."""
        ...

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """Return log lines, newest first."""
        ...

    def totals(self) -> Totals:
        """Return totals over the whole store."""
        ...

    def shares(self, group: Group, where: Where) -> tuple[Share, ...]:
        """Count documents and resources by group, largest first."""
        ...

    def timeline(self, since: datetime) -> tuple[DayCount, ...]:
        """Return counts by day, oldest first, without days that had no scrape."""
        ...

    def delete_before(self, moment: datetime) -> int:
        """Delete scrapes created before `moment`; return their number."""
        ...

    def keep_days(self, days: int | None) -> None:
        """Delete scrapes automatically after `days` days from now on; None turns it off."""
        ...

    def close(self) -> None:
        """Close the store; may be called twice."""
        ...
