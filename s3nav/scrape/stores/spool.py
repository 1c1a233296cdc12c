"""Spool entries to a local file while MongoDB does not answer, and deliver them later.

Entries leave the spool only after the store has accepted them, so none are lost. Reads do not wait
for MongoDB to come back: they fail with UnavailableError.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from s3nav.model.errors import UnavailableError
from s3nav.persistence import ProcessLock, make_private_directory
from s3nav.retries import Backoff
from s3nav.scrape.resources import Entry, LogLine, ScrapeRecord, Where
from s3nav.scrape.stores.copying import copy_entries
from s3nav.scrape.stores.mongo_store import MongoStore
from s3nav.scrape.stores.sqlite_store import SqliteStore

logger = logging.getLogger(__name__)

MAX_RETRIES = 2
"""However many `retry_attempts` allows: each waits a few seconds itself for a server."""
BACKOFF = Backoff(first_s=0.5, longest_s=1.0)
DOWN_FOR_S = 15.0
"""After a failed write, MongoDB is not tried again for this long."""


class SpoolingStore(MongoStore):
    """A MongoStore with a local file for entries it could not write."""

    def __init__(
        self,
        connection_string: str,
        database_name: str,
        *,
        spool: Path,
        retry_attempts: int,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(connection_string, database_name)
        self._spool_path = spool
        self._retries, self._draw = min(MAX_RETRIES, retry_attempts), random.Random()
        self._sleep, self._clock = sleep, clock
        self._down_until = 0.0
        self._lock = threading.RLock()
        self._spool: SqliteStore | None = None
        if spool.exists():
            self.deliver()

    @property
    def spooled(self) -> int:
        """Number of documents in the spool, over all scrapes."""
        with self._lock:
            if self._spool is None and not self._spool_path.exists():
                return 0
            return self._opened().count_documents(Where())

    def save_scrape(self, record: ScrapeRecord) -> None:
        """Save a record; a final one first triggers delivery of the spool."""
        if record.state.is_final:
            self.deliver()
            waiting = self._waiting(record.scrape_id)
            record = replace(record, spooled=waiting)
        self._write(
            lambda: super(SpoolingStore, self).save_scrape(record),
            lambda spool: spool.save_scrape(record),
        )

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries, to MongoDB or else to the spool."""
        self._write(
            lambda: super(SpoolingStore, self).add(entries), lambda spool: spool.add(entries)
        )

    def add_logs(self, lines: Sequence[LogLine]) -> None:
        """Add log lines, to MongoDB or else to the spool."""
        self._write(
            lambda: super(SpoolingStore, self).add_logs(lines), lambda spool: spool.add_logs(lines)
        )

    def scrape(self, scrape_id: str) -> ScrapeRecord | None:
        """Return one record; a spooled one is newer than MongoDB's."""
        with self._lock:
            waiting = self._opened().scrape(scrape_id) if self._spool_path.exists() else None
        return waiting or super().scrape(scrape_id)

    def deliver(self) -> int:
        """Deliver the spool to MongoDB; return the number of documents still waiting."""
        if not self._spool_path.exists() or self._clock() < self._down_until:
            return self.spooled
        lock = ProcessLock.acquire(self._spool_path.with_suffix(".lock"))
        if lock is None:  # another s3nav is delivering
            return self.spooled
        try:
            with self._lock:
                self._deliver(self._opened())
        except UnavailableError as error:
            self._down_until = self._clock() + DOWN_FOR_S
            logger.warning("the spool waits for the store", extra={"reason": error.message})
        finally:
            lock.release()
        return self.spooled

    def close(self) -> None:
        """Close the connection and the spool."""
        super().close()
        with self._lock:
            if self._spool is not None:
                self._spool.close()
            self._spool = None

    def _deliver(self, spool: SqliteStore) -> None:
        found = {query.scrape_id for query in spool.queries(Where())}
        records = {record.scrape_id: record for record in spool.scrapes()}
        for scrape_id in sorted(found | records.keys()):
            where = Where(scrape_id=scrape_id)
            count = spool.count_documents(where)
            copy_entries(spool, super().add, scrape_id)
            super().add_logs(tuple(reversed(spool.logs(scrape_id=scrape_id, limit=100_000))))
            record = records.get(scrape_id) or super().scrape(scrape_id)
            if record is not None:
                super().save_scrape(replace(record, spooled=0))
            spool.delete(where)
            logger.info("delivered", extra={"scrape_id": scrape_id, "documents": count})

    def _write(
        self, write_remote: Callable[[], None], write_local: Callable[[SqliteStore], None]
    ) -> None:
        if self._clock() >= self._down_until and self._reached(write_remote):
            return
        with self._lock:
            write_local(self._opened())

    def _reached(self, write_remote: Callable[[], None]) -> bool:
        for attempt in range(self._retries + 1):
            if attempt:
                self._sleep(BACKOFF.delay_s(attempt, self._draw))
            try:
                write_remote()
            except UnavailableError as error:
                logger.warning("the store does not answer", extra={"reason": error.message})
            else:
                return True
        self._down_until = self._clock() + DOWN_FOR_S
        return False

    def _waiting(self, scrape_id: str) -> int:
        with self._lock:
            if not self._spool_path.exists():
                return 0
            return self._opened().count_documents(Where(scrape_id=scrape_id))

    def _opened(self) -> SqliteStore:
        if self._spool is None:
            with contextlib.suppress(OSError):
                make_private_directory(self._spool_path.parent)
            self._spool = SqliteStore(self._spool_path)
        return self._spool
