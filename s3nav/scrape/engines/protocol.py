"""What an engine is asked to do, and what it says when it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.scrape.resources import QueryResult


class ResolvedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One scrape, every name checked and resolved."""

    scrape_id: str
    services: tuple[str, ...]
    regions: tuple[str, ...]
    operations: tuple[str, ...] = ()
    """Only these; empty: all."""
    second_wave: bool = True
    """Ask about each bucket, role, cluster… that was found."""
    workers: int = 16
    profile: str | None = None


class FileFact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an engine left could not be read."""

    path: str
    problem: str
    kept_at: str
    """Where it lies now; empty when it could not be kept."""


class EngineEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine ended."""

    return_code: int = 0
    problem: S3NavError | None = None
    """Why it did not do all it was asked."""
    files: int = 0
    files_processed: int = 0
    files_rejected: int = 0
    temp_files_cleaned: bool = True
    longest_delay_s: float | None = None
    """Between a file's last change and its document."""
    temp_bytes: int = 0
    """Size of all temporary files together."""


class Sink(Protocol):
    """Takes what an engine finds. Any thread may call; it may make the caller wait."""

    def found(self, finding: QueryResult) -> None:
        """One query is answered."""
        ...

    def expect(self, queries: int) -> None:
        """So many more queries are known."""
        ...

    def expect_no_more(self) -> None:
        """All queries are known. An engine that never knows does not call it."""
        ...

    def note(self, component: str, message: str, *, error: str = "", file_path: str = "") -> None:
        """Something went wrong that is worth a line in the scrape's log."""
        ...


class Engine(Protocol):
    """Finds out what runs in an account."""

    @property
    def command(self) -> tuple[str, ...]:
        """What is run, for the record; without secrets."""
        ...

    @property
    def temp_directory(self) -> Path | None:
        """Where files come in; None for an engine without files."""
        ...

    def run(
        self, order: ResolvedRequest, sink: Sink, is_cancelled: Callable[[], bool]
    ) -> EngineEnd:
        """Ask everything. Raises S3NavError when the scrape as a whole is lost."""
        ...
