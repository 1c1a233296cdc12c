"""The only room that knows SQLite, and where files of s3nav's own lie."""

from s3nav.store.database import Cell, Database, Reader, Row, Writer
from s3nav.store.directories import Directories, refuse_open, unusable
from s3nav.store.files import sync_directory, write_atomically
from s3nav.store.frozen import FrozenDatabase, Readable, frozen
from s3nav.store.logs import LogStream, Redactor
from s3nav.store.process_lock import ProcessLock, holder_of

__all__ = [
    "Cell",
    "Database",
    "Directories",
    "FrozenDatabase",
    "LogStream",
    "ProcessLock",
    "Readable",
    "Reader",
    "Redactor",
    "Row",
    "Writer",
    "frozen",
    "holder_of",
    "refuse_open",
    "sync_directory",
    "unusable",
    "write_atomically",
]
