"""Run scrapes and look at their results, with the store and the engine that the settings name."""

import contextlib
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.extras import require
from s3nav.model.errors import NotFoundError, S3NavError, UnavailableError, UsageError
from s3nav.model.events import Event
from s3nav.model.ports.stores import OperationCaller
from s3nav.persistence import Directories
from s3nav.scrape import import_export as transport
from s3nav.scrape.compare_scrapes import Comparison, compare
from s3nav.scrape.engines import Engine, ListAllProgram, NativeEngine, ScrapeRequest
from s3nav.scrape.resources import Document, LogLine, QueryFact, Resource, ScrapeRecord, Where
from s3nav.scrape.scrape_runs import CallerOpener, EngineOpener, Runs, ScrapeTuning
from s3nav.scrape.stores import DayCount, Group, ResourceStore, Share, SqliteStore, Totals
from s3nav.settings import Settings

_WORD = re.compile(r"\S+")
CHANGES_SHOWN = 1000


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """Health figures over all stored scrapes."""

    success_rate: float | None
    """Share of ended scrapes that succeeded, 0 to 1; None when none has ended."""
    running: int
    interrupted: int
    average_seconds: float | None
    longest_processing_delay_seconds: float | None
    files_rejected: int
    temp_files_left: int
    """Scrapes whose temporary files still exist."""
    spooled_documents: int
    store_seconds: float
    """Time the store took to return the records."""


class Scrapes:
    """Scrapes of an account: run, list, show, query, search, compare, delete, export.

    Thread-safe. The store is opened on first use, which also marks interrupted scrapes of this
    machine. Progress is published as `ScrapeProgress`.
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
        """The store, opened on first use. Raises UnavailableError and LocalDiskError."""
        with self._lock:
            if self._store is None:
                self._store = self._open_store()
                # If the store does not answer, the next start marks them.
                with contextlib.suppress(UnavailableError):
                    self._runs.mark_interrupted()
            return self._store

    def start(self, request: ScrapeRequest) -> str:
        """Check names and caller, then scrape in the background; return the scrape's id.

        Raises UsageError, CredentialsError and UnavailableError before anything is stored.
        """
        return self._runs.start(request)

    def wait(self, scrape_id: str, timeout_s: float | None = None) -> bool:
        """Wait for a scrape of this process to end; False on timeout."""
        return self._runs.wait(scrape_id, timeout_s)

    def cancel(self, scrape_id: str) -> bool:
        """Ask a scrape of this process to stop; False if none runs."""
        return self._runs.cancel(scrape_id)

    def result(self, scrape_id: str) -> ScrapeRecord:
        """Return a scrape's record, even if the store could not save it. Raises NotFoundError."""
        return self._runs.record(scrape_id) or self.show(scrape_id)

    def problem(self, scrape_id: str) -> S3NavError | None:
        """Return the error that ended a scrape of this process; None without one."""
        return self._runs.problem(scrape_id)

    def run(self, request: ScrapeRequest) -> ScrapeRecord:
        """Scrape and wait for the end. Raises as `start` does."""
        scrape_id = self.start(request)
        self.wait(scrape_id)
        return self.result(scrape_id)

    def services(self) -> tuple[str, ...]:
        """Return every service that can be scraped, without a request. Raises CredentialsError."""
        caller = self._open_caller(0.0, None)
        try:
            return caller.services()
        finally:
            caller.close()

    def list(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Return scrapes, newest first."""
        return self.store.scrapes(limit=limit, offset=offset, success=success)

    def count(self, *, success: bool | None = None) -> int:
        """Return the number of scrapes."""
        return self.store.count_scrapes(success=success)

    def show(self, scrape_id: str) -> ScrapeRecord:
        """Return one scrape; ``latest`` is the newest. Raises NotFoundError."""
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
        """Yield the outcome of each query."""
        return self.store.queries(where)

    def query(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Yield documents, by query or newest first."""
        return self.store.documents(where, limit=limit, offset=offset, newest_first=newest_first)

    def count_documents(self, where: Where) -> int:
        """Return the number of documents."""
        return self.store.count_documents(where)

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """Yield resources, in the order of their documents."""
        return self.store.resources(where, limit=limit, offset=offset)

    def count_resources(self, where: Where) -> int:
        """Return the number of resources."""
        return self.store.count_resources(where)

    def content(self, resource: Resource) -> object:
        """Return a resource's JSON value; None when its document was deleted."""
        return next(self.store.contents([resource]), None)

    def search(
        self, text: str, *, scrape_id: str | None = None, limit: int = 100
    ) -> tuple[Resource, ...]:
        """Return resources with all words of `text` in id, name, ARN, type, service or tags."""
        return self.store.search(_WORD.findall(text), scrape_id=scrape_id, limit=limit)

    def compare(
        self, older: str, newer: str, where: Where | None = None, *, limit: int = CHANGES_SHOWN
    ) -> Comparison:
        """Compare two scrapes. Raises NotFoundError, and UsageError for a scrape with itself."""
        first, second = self.show(older), self.show(newer)
        if first.scrape_id == second.scrape_id:
            raise UsageError(
                "a scrape cannot be compared with itself", remedy="name two different scrapes"
            )
        return compare(self.store, first, second, where or Where(), limit=limit)

    def steps(self, where: Where, *, limit: int, changes: int) -> tuple[Comparison, ...]:
        """Compare each of the newest scrapes that ran the selected queries with the one before."""
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
        """Delete documents or a whole scrape; return the number of documents deleted.

        Raises NotFoundError, and UsageError for a running scrape or when no scrape is named.
        """
        if where.scrape_id is None:
            raise UsageError("name the scrape to delete from", remedy="`--scrape-id`")
        record = self.show(where.scrape_id)
        self._refuse_running(record.scrape_id)
        return self.store.delete(replace(where, scrape_id=record.scrape_id))

    def delete_documents(self, where: Where) -> int:
        """Delete documents but keep the scrape's record; return the number deleted."""
        if where.scrape_id is None or not where.is_whole_scrape:
            return self.delete(where)
        record = self.show(where.scrape_id)
        self._refuse_running(record.scrape_id)
        shares = self.store.shares("service", replace(where, scrape_id=record.scrape_id))
        return sum(self.delete(replace(where, service=share.name)) for share in shares)

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """Return log lines, newest first."""
        return self.store.logs(scrape_id=scrape_id, limit=limit)

    def totals(self) -> Totals:
        """Return totals over the whole store."""
        return self.store.totals()

    def shares(self, group: Group, where: Where | None = None) -> tuple[Share, ...]:
        """Count documents and resources by service, region or operation, largest first."""
        return self.store.shares(group, where or Where())

    def timeline(self, *, days: int = 30, now: datetime | None = None) -> tuple[DayCount, ...]:
        """Return counts for each of the last `days` days, oldest first."""
        return self.store.timeline((now or datetime.now(UTC)) - timedelta(days=days))

    def monitor(self) -> Monitor:
        """Return health figures over all stored scrapes."""
        started = datetime.now(UTC)
        records = self.store.scrapes()
        seconds = (datetime.now(UTC) - started).total_seconds()
        return _monitor(records, seconds)

    def forget_older(self, days: int) -> int:
        """Delete scrapes created more than `days` days ago; return their number."""
        return self.store.delete_before(datetime.now(UTC) - timedelta(days=days))

    def keep_days(self, days: int | None) -> None:
        """Delete scrapes automatically after `days` days from now on; None turns it off."""
        self.store.keep_days(days)

    def import_from(self, source: Path, *, redacts: bool = True) -> "transport.Imported":
        """Import an aws-list-all directory or a file written by `export_to`. Raises UsageError."""
        return transport.import_from(
            self.store, source, aside=self._tuning.work_directory / "rejected", redacts=redacts
        )

    def export_to(self, target: Path, scrape_ids: Iterable[str]) -> "transport.Exported":
        """Write scrapes to one file, SQLite or JSON lines by its suffix. Raises UsageError."""
        records = [self.show(scrape_id) for scrape_id in scrape_ids]
        return transport.export_to(self.store, target, records)

    def _refuse_running(self, scrape_id: str) -> None:
        if self._runs.is_running(scrape_id):
            raise UsageError(
                f"`{scrape_id}` is running", remedy="wait until it ends", slug="scrape-running"
            )

    def close(self) -> None:
        """Stop running scrapes and close the store; may be called twice."""
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


def open_resource_store(settings: Settings, directories: Directories) -> ResourceStore:
    """Open the configured MongoDB, or a SQLite file in the data directory without one.

    Raises UsageError when the extra is missing or the connection string is invalid.
    """
    if not settings.mongodb_connection_string:
        return SqliteStore(directories.scrapes_file)
    require("mongo", "MONGODB_CONNECTION_STRING", instead="unset the variable to use SQLite")
    from s3nav.scrape.stores import SpoolingStore  # noqa: PLC0415  # pymongo is an extra

    return SpoolingStore(
        settings.mongodb_connection_string,
        settings.mongodb_database_name,
        spool=directories.scrapes_work / "spool.sqlite3",
        retry_attempts=settings.retry_attempts,
    )


def open_engine(settings: Settings, directories: Directories) -> EngineOpener:
    """Return a function that opens the engine of a scrape; UsageError if it is not installed."""

    def open_it(request: ScrapeRequest, caller: OperationCaller, scrape_id: str) -> Engine:
        if request.engine == "native":
            return NativeEngine(caller, retry_attempts=settings.retry_attempts)
        require("scrape", "the engine aws-list-all", instead="use the native engine")
        from s3nav.scrape.engines import ListAllEngine  # noqa: PLC0415  # an extra

        return ListAllEngine(
            caller,
            list_all_program(settings, directories),
            scrape_id=scrape_id,
            temp_base=Path(settings.temp_directory_base or tempfile.gettempdir()).expanduser(),
            aside=directories.scrapes_work / "rejected" / scrape_id,
            watcher_timeout_s=settings.file_watcher_timeout,
        )

    return open_it


def list_all_program(settings: Settings, directories: Directories) -> ListAllProgram:
    """Return aws-list-all at the configured path, or where `scrape engine install` puts it."""
    named = settings.aws_list_all
    where = Path(named).expanduser() if named else directories.scrapes_work / "aws-list-all"
    return ListAllProgram(environment=where)
