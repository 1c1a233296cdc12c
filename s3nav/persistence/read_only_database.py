"""Read a database that cannot be written, on a full or read-only disk."""

import sqlite3
import threading
from pathlib import Path
from typing import Protocol

from s3nav.model.errors import LocalDiskError
from s3nav.persistence.database import Reader

UNWRITABLE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)
_PRIMARY = 0xFF
"""Mask of the primary result code in SQLite's extended codes (sqlite.org/rescode.html)."""


class Readable(Protocol):
    """A source of readers."""

    def reader(self) -> Reader:
        """Return this thread's reader."""
        ...


class ReadOnlyDatabase:
    """A SQLite file opened as immutable, so that SQLite needs no -wal and -shm files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []

    def reader(self) -> Reader:
        """Return this thread's reader. Raises LocalDiskError."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = _connect(self.path)
            with self._lock:
                self._connections.append(connection)
            reader = self._local.reader = Reader(connection)
        return reader

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()


def open_read_only(path: Path, version: int, refusal: LocalDiskError) -> ReadOnlyDatabase:
    """Open, for reading only, a database that could not be opened because of `refusal`.

    `version` is the number of migrations it must have. Raises `refusal` when its content could be
    incomplete: another process is writing it, or was killed and left changes in the -wal file.
    """
    error = refusal.__cause__
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    beside = path.with_name(f"{path.name}-wal")
    if code not in UNWRITABLE or (beside.exists() and beside.stat().st_size):
        raise refusal
    database = ReadOnlyDatabase(path)
    try:
        found = database.reader().one("PRAGMA user_version")
    except (LocalDiskError, sqlite3.Error):
        found = None
    if found is None or found[0] != version:
        database.close()
        raise refusal
    return database


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise LocalDiskError(f"cannot open `{path}`: {error}") from error
    connection.row_factory = sqlite3.Row
    return connection
