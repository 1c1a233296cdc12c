"""SQLite databases, s3nav's own directories, atomic files, locks and logs.

This is the only package that uses sqlite3.
"""

from s3nav.persistence.atomic_files import create_temporary, sync_directory, write_atomically
from s3nav.persistence.damage import find_damage
from s3nav.persistence.database import Cell, Database, Reader, Row, Writer
from s3nav.persistence.directories import (
    OPEN_DIRECTORY,
    Directories,
    make_private_directory,
    refuse_open,
    unusable,
)
from s3nav.persistence.logs import LogStream, Redactor
from s3nav.persistence.process_lock import ProcessLock, holder_of
from s3nav.persistence.read_only_database import Readable, ReadOnlyDatabase, open_read_only

__all__ = [
    "OPEN_DIRECTORY",
    "Cell",
    "Database",
    "Directories",
    "LogStream",
    "ProcessLock",
    "ReadOnlyDatabase",
    "Readable",
    "Reader",
    "Redactor",
    "Row",
    "Writer",
    "create_temporary",
    "find_damage",
    "holder_of",
    "make_private_directory",
    "open_read_only",
    "refuse_open",
    "sync_directory",
    "unusable",
    "write_atomically",
]
