"""The façade: run scrapes, and look at what they found."""

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import NotFoundError, S3NavError, UnavailableError, UsageError
from s3nav.model.events import Event
from s3nav.scrape import import_export as transport
from s3nav.scrape.compare_scrapes import Comparison, compare
from s3nav.scrape.engines import ScrapeRequest
from s3nav.scrape.resources import Document, LogLine, QueryFact, Resource, ScrapeRecord, Where
from s3nav.scrape.scrape_runs import CallerOpener, EngineOpener, Runs, ScrapeTuning
from s3nav.scrape.stores import DayCount, Group, ResourceStore, Share, Totals

_WORD = re.compile(r"\S+")
CHANGES_SHOWN = 1000


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """What to keep an eye on, over all scrapes kept."""

    success_rate: float | None
    """Of scrapes that have ended; None when none has."""
    running: int
    interrupted: int
    average_seconds: float | None
    longest_processing_delay_seconds: float | None
    files_rejected: int
    temp_files_left: int
    """Scrapes whose temporary files are still there."""
    spooled_documents: int
    store_seconds: float
    """How long the store took to answer the questions above."""


class Scrapes:
    """Scrapes of an account: run, list, show, query, search, compare, delete, hand on.

    Any thread may call. The store is opened when it is first needed; interrupted scrapes of this
    machine are marked then. Progress is published as `ScrapeProgress`.
    """

    def __init__(
        self,
        *,
        open_store: Callable[[], ResourceStore],
        open_caller: CallerOpener,
        open_engine: EngineOpener,
        publish: Callable[[Event], None],
        tuning: ScrapeTuning,
    ) -> None:
        self._open_store = open_store
        self._open_caller = open_caller
        self._tuning = tuning
        self._lock = threading.RLock()
        self._store: ResourceStore | None = None
        self._runs = Runs(
            store=lambda: self.store,
            open_caller=open_caller,
            open_engine=open_engine,
            publish=publish,
            tuning=tuning,
        )

    @property
    def store(self) -> ResourceStore:
        """Where everything is kept. Raises UnavailableError and LocalDiskError."""
        with self._lock:
            if self._store is None:
                self._store = self._open_store()
                # A store that does not answer now is asked at the next start.
                with contextlib.suppress(UnavailableError):
                    self._runs.mark_interrupted()
            return self._store

    def start(self, request: ScrapeRequest) -> str:
        """Check names and caller, then scrape in the background; the scrape's id.

        Raises UsageError, CredentialsError and UnavailableError before anything is kept.
        """
        return self._runs.start(request)

    def wait(self, scrape_id: str, timeout_s: float | None = None) -> bool:
        """Wait for the end of a scrape that was started here; False when the time is up."""
        return self._runs.wait(scrape_id, timeout_s)

    def cancel(self, scrape_id: str) -> bool:
        """Ask a scrape that was started here to stop; False when none runs."""
        return self._runs.cancel(scrape_id)

    def result(self, scrape_id: str) -> ScrapeRecord:
        """The record of a scrape that was started here, also when the store has not got it."""
        return self._runs.record(scrape_id) or self.show(scrape_id)

    def problem(self, scrape_id: str) -> S3NavError | None:
        """What ended a scrape that was started here; None when nothing did."""
        return self._runs.problem(scrape_id)

    def run(self, request: ScrapeRequest) -> ScrapeRecord:
        """Scrape, and wait for the end."""
        scrape_id = self.start(request)
        self.wait(scrape_id)
        return self.result(scrape_id)

    def services(self) -> tuple[str, ...]:
        """Every service that can be scraped; asks nobody. Raises CredentialsError."""
        caller = self._open_caller(0.0, None)
        try:
            return caller.services()
        finally:
            caller.close()

    def list(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Scrapes, the newest first."""
        return self.store.scrapes(limit=limit, offset=offset, success=success)

    def count(self, *, success: bool | None = None) -> int:
        """How many scrapes there are."""
        return self.store.count_scrapes(success=success)

    def show(self, scrape_id: str) -> ScrapeRecord:
        """One scrape; ``latest`` is the newest. Raises NotFoundError."""
        if scrape_id == "latest":
            newest = self.store.scrapes(limit=1)
            if newest:
                return newest[0]
        record = self.store.scrape(scrape_id)
        if record is None:
            raise NotFoundError(
                f"no scrape `{scrape_id}`",
                remedy="`s3nav --headless scrape list` lists them",
                slug="no-such-scrape",
            )
        return record

    def queries(self, where: Where) -> Iterator[QueryFact]:
        """What became of each query."""
        return self.store.queries(where)

    def query(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Documents."""
        return self.store.documents(where, limit=limit, offset=offset, newest_first=newest_first)

    def count_documents(self, where: Where) -> int:
        """How many documents there are."""
        return self.store.count_documents(where)

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """The things found, flattened."""
        return self.store.resources(where, limit=limit, offset=offset)

    def count_resources(self, where: Where) -> int:
        """How many things were found."""
        return self.store.count_resources(where)

    def content(self, resource: Resource) -> object:
        """A resource in full, as JSON; None when its document is gone."""
        return next(self.store.contents([resource]), None)

    def search(
        self, text: str, *, scrape_id: str | None = None, limit: int = 100
    ) -> tuple[Resource, ...]:
        """Resources with all words of `text` in id, name, ARN, type, service or tags."""
        return self.store.search(_WORD.findall(text), scrape_id=scrape_id, limit=limit)

    def compare(
        self, older: str, newer: str, where: Where | None = None, *, limit: int = CHANGES_SHOWN
    ) -> Comparison:
        """Two scrapes side by side. Raises NotFoundError, and UsageError for the same one twice."""
        first, second = self.show(older), self.show(newer)
        if first.scrape_id == second.scrape_id:
            raise UsageError("a scrape cannot be compared with itself", remedy="name two")
        return compare(self.store, first, second, where or Where(), limit=limit)

    def steps(self, where: Where, *, limit: int, changes: int) -> tuple[Comparison, ...]:
        """The newest scrapes that asked for it, each compared with the one before it."""
        ids = []
        for record in self.store.scrapes():
            narrowed = replace(where, scrape_id=record.scrape_id)
            if next(iter(self.store.queries(narrowed)), None) is not None:
                ids.append(record.scrape_id)
            if len(ids) == limit:
                break
        pairs = zip(ids[1:], ids, strict=False)
        return tuple(self.compare(old, new, where, limit=changes) for old, new in pairs)

    def delete(self, where: Where) -> int:
        """Forget documents, or a whole scrape; how many documents are gone.

        Raises NotFoundError, and UsageError for a running scrape or when no scrape is named.
        """
        if where.scrape_id is None:
            raise UsageError("name the scrape to delete from", remedy="`--scrape-id`")
        record = self.show(where.scrape_id)
        self._refuse_running(record.scrape_id)
        return self.store.delete(replace(where, scrape_id=record.scrape_id))

    def delete_documents(self, where: Where) -> int:
        """The same, but the scrape itself stays, with nothing found when no more is named."""
        if where.scrape_id is None or not where.is_whole_scrape:
            return self.delete(where)
        record = self.show(where.scrape_id)
        self._refuse_running(record.scrape_id)
        shares = self.store.shares("service", replace(where, scrape_id=record.scrape_id))
        return sum(self.delete(replace(where, service=share.name)) for share in shares)

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """What went wrong, the newest first."""
        return self.store.logs(scrape_id=scrape_id, limit=limit)

    def totals(self) -> Totals:
        """The store as a whole."""
        return self.store.totals()

    def shares(self, group: Group, where: Where | None = None) -> tuple[Share, ...]:
        """Documents and resources by service, region or operation."""
        return self.store.shares(group, where or Where())

    def timeline(self, *, days: int = 30, now: datetime | None = None) -> tuple[DayCount, ...]:
        """What was scraped day by day."""
        return self.store.timeline((now or datetime.now(UTC)) - timedelta(days=days))

    def monitor(self) -> Monitor:
        """What to keep an eye on."""
        started = datetime.now(UTC)
        records = self.store.scrapes()
        seconds = (datetime.now(UTC) - started).total_seconds()
        return _monitor(records, seconds)

    def forget_older(self, days: int) -> int:
        """Forget scrapes created more than so many days ago; how many."""
        return self.store.delete_before(datetime.now(UTC) - timedelta(days=days))

    def keep_days(self, days: int | None) -> None:
        """From now on forget scrapes by themselves after so many days; None: never."""
        self.store.keep_days(days)

    def import_from(self, source: Path, *, redacts: bool = True) -> "transport.Imported":
        """Take in a directory of aws-list-all, or a file of `export_to`."""
        return transport.import_from(
            self.store, source, aside=self._tuning.work_directory / "rejected", redacts=redacts
        )

    def export_to(self, target: Path, scrape_ids: Iterable[str]) -> "transport.Exported":
        """Write scrapes to one file: SQLite, or JSON lines by its ending."""
        records = [self.show(scrape_id) for scrape_id in scrape_ids]
        return transport.export_to(self.store, target, records)

    def _refuse_running(self, scrape_id: str) -> None:
        if self._runs.is_running(scrape_id):
            raise UsageError(
                f"`{scrape_id}` is running", remedy="wait for its end", slug="scrape-running"
            )

    def close(self) -> None:
        """Stop what runs, and close the store; twice is fine."""
        self._runs.close()
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store = None


def _monitor(records: tuple[ScrapeRecord, ...], seconds: float) -> Monitor:
    final = [r for r in records if r.state.is_final]
    durations = [r.duration_seconds for r in final if r.duration_seconds is not None]
    delays = [r.processing_delay_seconds for r in final if r.processing_delay_seconds is not None]
    return Monitor(
        success_rate=sum(bool(r.success) for r in final) / len(final) if final else None,
        running=len(records) - len(final),
        interrupted=sum(r.state.value == "interrupted" for r in records),
        average_seconds=sum(durations) / len(durations) if durations else None,
        longest_processing_delay_seconds=max(delays, default=None),
        files_rejected=sum(r.files_rejected for r in records),
        temp_files_left=sum(not r.temp_files_cleaned for r in final),
        spooled_documents=sum(r.spooled for r in records),
        store_seconds=seconds,
    )
