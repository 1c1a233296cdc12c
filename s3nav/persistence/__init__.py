"""The only room that knows SQLite, and where files of s3nav's own lie."""

from s3nav.persistence.atomic_files import sync_directory, write_atomically
from s3nav.persistence.database import Cell, Database, Reader, Row, Writer
from s3nav.persistence.directories import Directories, refuse_open, unusable
from s3nav.persistence.logs import LogStream, Redactor
from s3nav.persistence.process_lock import ProcessLock, holder_of
from s3nav.persistence.read_only_database import FrozenDatabase, Readable, frozen

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
