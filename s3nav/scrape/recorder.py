"""Write an engine's results to the store in batches, in a thread of its own."""

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from msgspec.structs import replace

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.model.waits import join, put
from s3nav.scrape.resources import (
    Entry,
    EntryBuilder,
    LogLine,
    QueryResult,
    ScrapeRecord,
    redact_text,
)
from s3nav.scrape.stores import ResourceStore

BATCH_ENTRIES = 250
BATCH_S = 0.2
QUEUE_BOUND = 1000
PUBLISH_EVERY_S = 0.1
SAVE_EVERY_S = 5.0
"""Interval between updates of the stored record while a scrape runs."""


class Recorder:
    """The `Sink` of one scrape; close it when the engine has ended."""

    def __init__(
        self,
        store: ResourceStore,
        record: ScrapeRecord,
        publish: Callable[[Event], None],
        *,
        redacts: bool = True,
    ) -> None:
        self.record = record
        self.failure: S3NavError | None = None
        """The store's error, after which nothing more is written."""
        self._store = store
        self._publish = publish
        self._entry_builder = EntryBuilder(record, redacts=redacts)
        self._queue: queue.Queue[Entry | LogLine | None] = queue.Queue(QUEUE_BOUND)
        self._expected = 0
        self._knows_all = False
        self._lock = threading.Lock()
        self._started_s = self._published_s = self._saved_s = time.monotonic()
        self._thread = threading.Thread(target=self._write, name="s3nav-scrape-writer", daemon=True)
        self._thread.start()

    def found(self, query_result: QueryResult) -> None:
        """Record the result of one query; blocks while the store is behind."""
        self._put(self._entry_builder.entry(query_result))

    def expect(self, queries: int) -> None:
        """Add to the number of known queries."""
        with self._lock:
            self._expected += queries

    def expect_no_more(self) -> None:
        """Note that all queries are known."""
        self._knows_all = True

    def note(self, component: str, message: str, *, error: str = "", file_path: str = "") -> None:
        """Add a warning to the scrape's log."""
        self._put(log_line(self.record, "WARNING", component, message, error, file_path))

    def close(self) -> ScrapeRecord:
        """Write the remaining items and return the record with its final counters."""
        # The writer thread reads until this None, so the join always ends.
        put(self._queue, None, self._thread)
        join(self._thread)
        self.record = self._entry_builder.summed(self.record)
        return self.record

    def publish_progress(self, state: ScrapeState) -> None:
        """Publish the current counters as `ScrapeProgress`."""
        counts = self._entry_builder.counts()
        self._publish(
            ScrapeProgress(
                scrape_id=self.record.scrape_id,
                state=state,
                queries_done=counts.queries,
                queries_known=max(self._expected, counts.queries),
                knows_all=self._knows_all or state.is_final,
                by_status=counts.by_status,
                by_service=counts.by_service,
                newest_service=counts.newest_service,
                documents=counts.documents,
                resources=counts.resources,
                spooled=self._store.spooled,
                elapsed_s=time.monotonic() - self._started_s,
            )
        )

    def _put(self, item: Entry | LogLine) -> None:
        if self.failure is not None:
            raise self.failure
        put(self._queue, item, self._thread)

    def _write(self) -> None:
        running = True
        while running:
            batch: list[Entry | LogLine] = []
            running = self._collect(batch)
            if batch and self.failure is None:
                try:
                    self._keep(batch)
                except S3NavError as error:
                    self.failure = error
            self._report()

    def _collect(self, batch: list[Entry | LogLine]) -> bool:
        """Collect the items that arrive within `BATCH_S`; False at the end."""
        deadline = time.monotonic() + BATCH_S
        while len(batch) < BATCH_ENTRIES:
            try:
                item = self._queue.get(timeout=max(deadline - time.monotonic(), 1e-3))
            except queue.Empty:
                return True
            if item is None:
                return False
            batch.append(item)
        return True

    def _keep(self, batch: list[Entry | LogLine]) -> None:
        entries = [item for item in batch if isinstance(item, Entry)]
        lines = [item for item in batch if isinstance(item, LogLine)]
        if entries:
            self._store.add(entries)
        if lines:
            self._store.add_logs(lines)

    def _report(self) -> None:
        moment = time.monotonic()
        if moment - self._published_s >= PUBLISH_EVERY_S:
            self._published_s = moment
            self.publish_progress(ScrapeState.RUNNING)
        if moment - self._saved_s >= SAVE_EVERY_S and self.failure is None:
            self._saved_s = moment
            with contextlib.suppress(S3NavError):  # optional: the final record is written later
                self._store.save_scrape(self._entry_builder.summed(self.record))


def log_line(
    record: ScrapeRecord,
    level: Literal["INFO", "WARNING", "ERROR"],
    component: str,
    message: str,
    error: str = "",
    file_path: str = "",
) -> LogLine:
    """Build a line of the scrape's log, with secrets redacted."""
    return LogLine(
        timestamp=datetime.now(UTC),
        level=level,
        component=component,
        scrape_id=record.scrape_id,
        message=redact_text(message),
        error=redact_text(error),
        file_path=file_path,
    )


def ended(record: ScrapeRecord, state: ScrapeState, problem: str = "") -> ScrapeRecord:
    """Return the record with its end state and end time set to now."""
    moment = datetime.now(UTC)
    return replace(
        record,
        state=state,
        success=state is ScrapeState.DONE,
        end_time=moment,
        updated_at=moment,
        duration_seconds=round((moment - record.start_time).total_seconds(), 6),
        problem=problem,
    )


def new_id() -> str:
    """A scrape's id: its start, and eight letters of chance."""
    return f"scrape_{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(4)}"
