"""A SQLite file with one writer thread, which commits in batches, and a reader per thread."""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from s3nav.model.errors import LocalDiskError
from s3nav.model.waits import check_alive, join, put, result_from, take
from s3nav.persistence.directories import create_private, make_private_directory, unusable

Row = sqlite3.Row
Cell = str | int | float | bytes | None
T = TypeVar("T")

BUSY_TIMEOUT_S = 10.0
BUSY_STEP_S = 0.01
BATCH_S = 0.1
"""Longest time an enqueued change waits to be committed with others."""
BATCH_CHANGES = 5_000
QUEUE_BOUND = 20_000
_NEWER = "made by a newer s3nav"
_PRIMARY = 0xFF
"""Mask of the primary result code in SQLite's extended codes (sqlite.org/rescode.html)."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""SQLITE_ERROR is a statement that does not fit the file, as when a table is missing: the
statements are ours, and each is tested."""


def is_damage(error: sqlite3.Error) -> bool:
    """True when an error says that the file has other contents than s3nav wrote."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Python's own, for text that is not UTF-8.
        return isinstance(error, sqlite3.OperationalError) and "decode" in str(error).lower()
    return code & _PRIMARY in _DAMAGED


def damaged(path: Path, error: sqlite3.Error | str) -> LocalDiskError:
    """Build the error of a damaged file, with what to do."""
    return LocalDiskError(
        f"`{path}` is damaged: {error}",
        remedy="move it away with the -wal and -shm files beside it, and run the command again:"
        " s3nav begins a new one without what this one kept; downloaded files stay as they are",
        slug="damaged-database",
    )


def _file_of(connection: sqlite3.Connection) -> Path:
    try:
        return Path(connection.execute("PRAGMA database_list").fetchone()[2])
    except sqlite3.Error:
        return Path("database")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Keep the file in WAL mode.

    SQLite's busy timeout does not cover this switch: when two processes create the same file, one
    fails immediately with SQLITE_BUSY. So it is retried here.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_STEP_S)
        else:
            return


class Reader:
    """Reads with one connection; use it only in the thread that got it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Cell] = ()) -> Iterator[Row]:
        """Yield rows without loading all into memory. Raises LocalDiskError if damaged."""
        with self.naming_damage():
            found = self._connection.execute(sql, parameters)
        return self._each(found)

    def one(self, sql: str, parameters: Sequence[Cell] = ()) -> Row | None:
        """Return the first row, or None. Raises LocalDiskError if damaged."""
        with self.naming_damage():
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def _each(self, found: sqlite3.Cursor) -> Iterator[Row]:
        with self.naming_damage():
            # Not `yield from`: that would close the cursor, also of a database closed before.
            for row in found:  # noqa: UP028  # see above
                yield row

    @contextmanager
    def naming_damage(self) -> Iterator[None]:
        """Raise LocalDiskError in place of what SQLite raises for a damaged file."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            raise damaged(_file_of(self._connection), error) from error


class Writer(Reader):
    """Reads and writes inside a transaction; the writer thread passes it to each change."""

    def execute(self, sql: str, parameters: Sequence[Cell] = ()) -> int:
        """Run one statement; return the number of rows changed."""
        with self.naming_damage():
            return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Run one statement for each row."""
        with self.naming_damage():
            self._connection.executemany(sql, rows)


class _Change(msgspec.Struct, frozen=True):
    work: Callable[[Writer], object]
    done: Future[object]
    urgent: bool
    """True when a caller waits: commit without collecting more changes."""


class Database:
    """A SQLite file shared by threads and processes.

    Changes go through one thread and are durable (synchronous=FULL) once their batch is committed.
    Raises LocalDiskError when the file cannot be opened or written.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._queue: queue.Queue[_Change | None] = queue.Queue(QUEUE_BOUND)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._failure: BaseException | None = None
        try:
            make_private_directory(path.parent)
            # SQLite would create it readable by others, and copies its mode to the -wal file.
            create_private(path)
            for suffix in ("-wal", "-shm"):
                if (beside := path.with_name(path.name + suffix)).exists():
                    create_private(beside)
            self._connection = self._open(migrations)
        except OSError as error:
            raise unusable(
                path.parent, error, what=f"cannot open `{path}` in", instead="--data-dir DIR"
            ) from error
        except sqlite3.Error as error:
            if is_damage(error):
                raise damaged(path, error) from error
            remedy = "check the directory and its free space"
            if str(error) == _NEWER:
                remedy = "update s3nav, or name another directory: --data-dir DIR"
            raise LocalDiskError(f"cannot open `{path}`: {error}", remedy=remedy) from error
        self._thread = threading.Thread(
            target=self._run, name=f"s3nav-writer-{path.stem}", daemon=True
        )
        self._thread.start()

    def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in the writer thread, wait until it is durable and return its result.

        When `work` raises, its changes are rolled back and the error is raised here.
        """
        done: Future[object] = Future()
        self._put(_Change(work, done, urgent=True))
        # Without a deadline: loading a price list is one change and takes minutes.
        return result_from(self._thread, done)  # type: ignore[return-value]  # work's own result

    def enqueue(self, work: Callable[[Writer], object]) -> Future[object]:
        """Queue a change to be committed within `BATCH_S`; blocks while the queue is full.

        The future completes when the change is durable.
        """
        done: Future[object] = Future()
        self._put(_Change(work, done, urgent=False))
        return done

    def flush(self) -> None:
        """Wait until all changes queued before are durable."""
        self.write(lambda _: None)

    def check_writer(self) -> None:
        """Raise S3NavError when the writer thread has ended, so no change can become durable."""
        check_alive(self._thread)

    def reader(self) -> Reader:
        """Return this thread's reader, which sees all committed changes."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = self._connect()
            with self._lock:
                self._readers.append(connection)
            reader = self._local.reader = Reader(connection)
        return reader

    def close(self) -> None:
        """Commit the queued changes and close all connections; may be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._thread.is_alive():
            put(self._queue, None, self._thread)
            join(self._thread)
        self._connection.close()
        for connection in self._readers:
            connection.close()

    def _put(self, change: _Change) -> None:
        if self._closed or self._failure is not None:
            raise LocalDiskError(f"`{self.path}` is closed: {self._failure or 'shut down'}")
        put(self._queue, change, self._thread)

    def _open(self, migrations: Sequence[str]) -> sqlite3.Connection:
        connection = self._connect()
        try:
            _migrate(connection, migrations)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            _use_wal(connection)
            for pragma in ("synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _run(self) -> None:
        running = True
        while running:
            batch: list[_Change] = []
            running = self._collect(batch)
            if batch:
                self._commit(batch)

    def _collect(self, batch: list[_Change]) -> bool:
        """Wait for a change, then collect more for up to `BATCH_S`; False at the end."""
        change = take(self._queue)
        deadline = time.monotonic() + BATCH_S
        while change is not None:
            batch.append(change)
            if change.urgent:
                deadline = 0.0
            try:
                change = self._queue.get(timeout=max(deadline - time.monotonic(), 1e-4))
            except queue.Empty:
                return True
            if len(batch) >= BATCH_CHANGES and change is not None:
                batch.append(change)
                return True
        return False

    def _commit(self, batch: list[_Change]) -> None:
        writer = Writer(self._connection)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [(change, *self._apply(change, writer)) for change in batch]
            self._connection.execute("COMMIT")
        except (sqlite3.Error, LocalDiskError) as error:
            self._abandon(batch, error)
            return
        for change, result, failure in outcomes:
            if failure is None:
                change.done.set_result(result)
            else:
                change.done.set_exception(failure)

    def _apply(self, change: _Change, writer: Writer) -> tuple[object, BaseException | None]:
        self._connection.execute("SAVEPOINT change")
        try:
            result = change.work(writer)
        except Exception as error:  # raised again in the caller that waits
            if not self._connection.in_transaction:
                raise  # SQLite has rolled all back: the whole batch is lost
            self._connection.execute("ROLLBACK TO change")
            self._connection.execute("RELEASE change")
            return None, error
        self._connection.execute("RELEASE change")
        return result, None

    def _abandon(self, batch: list[_Change], error: sqlite3.Error | LocalDiskError) -> None:
        """Roll back a failed batch and pass the error to its callers."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        problem = LocalDiskError(
            f"cannot write `{self.path}`: {error}",
            remedy="free some space, or stop the other s3nav that locks it",
        )
        if isinstance(error, LocalDiskError):
            problem = error
        elif is_damage(error):
            problem = damaged(self.path, error)
        problem.__cause__ = problem.__cause__ or error
        for change in batch:
            if not change.done.done():
                change.done.set_exception(problem)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Run the scripts that this file has not had yet, each in its own transaction.

    The number of scripts run is stored in user_version. Safe when several processes start at once.
    Raises sqlite3.Error, and sqlite3.DatabaseError for a file from a newer s3nav.
    """
    while (version := _version(connection)) != len(migrations):
        if version > len(migrations):
            raise sqlite3.DatabaseError(_NEWER)
        connection.execute("BEGIN EXCLUSIVE")
        if _version(connection) == version:
            for statement in _statements(migrations[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={version + 1}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
