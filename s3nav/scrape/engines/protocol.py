"""The protocol of scrape engines: the request they get, the sink they report to, the result."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.scrape.resources import QueryResult


class ResolvedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One scrape request with all names checked and regions resolved."""

    scrape_id: str
    services: tuple[str, ...]
    regions: tuple[str, ...]
    operations: tuple[str, ...] = ()
    """Operations to call; empty for all."""
    second_wave: bool = True
    """Also query the details of each bucket, role, cluster… found."""
    workers: int = 16
    profile: str | None = None


class FileFact(msgspec.Struct, frozen=True, kw_only=True):
    """An unreadable file written by an engine."""

    path: str
    problem: str
    kept_at: str
    """Where the file was moved; empty when that failed."""


class EngineEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine ended."""

    return_code: int = 0
    problem: S3NavError | None = None
    """Why the scrape is incomplete."""
    files: int = 0
    files_processed: int = 0
    files_rejected: int = 0
    temp_files_cleaned: bool = True
    longest_delay_s: float | None = None
    """Longest time between a file's last change and its document being stored."""
    temp_bytes: int = 0
    """Total size of the temporary files."""


class Sink(Protocol):
    """Receives what an engine finds; thread-safe. Calls block while the store is behind."""

    def found(self, query_result: QueryResult) -> None:
        """Record the result of one query."""
        ...

    def expect(self, queries: int) -> None:
        """Add to the number of known queries."""
        ...

    def expect_no_more(self) -> None:
        """Note that all queries are known; an engine that cannot tell does not call it."""
        ...

    def note(self, component: str, message: str, *, error: str = "", file_path: str = "") -> None:
        """Add a warning to the scrape's log."""
        ...


class Engine(Protocol):
    """Lists the resources of an account."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command line for the scrape's record, without secrets."""
        ...

    @property
    def temp_directory(self) -> Path | None:
        """Directory of the engine's files; None for an engine without files."""
        ...

    def run(
        self, request: ResolvedRequest, sink: Sink, is_cancelled: Callable[[], bool]
    ) -> EngineEnd:
        """Run all queries. Raises S3NavError when the whole scrape fails."""
        ...
