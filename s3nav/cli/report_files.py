"""Write the files of ``download --report`` and ``--failed``: results and failed objects."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

import msgspec

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.persistence import create_temporary
from s3nav.transfer import ItemRecord, ItemState, manifest_line, report_line

ITEMS_PER_PAGE = 10_000


class ItemSource(Protocol):
    """A source of a job's items."""

    def items(
        self, job_id: str, *, state: ItemState | None = None, offset: int = 0, limit: int = 1000
    ) -> list[ItemRecord]:
        """Return a page of a job's items in the order of the plan."""
        ...


class ReportFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files to write; None for a file that is not wanted."""

    report: Path | None = None
    failed: Path | None = None

    def check(self, *, dry_run: bool) -> None:
        """Raise UsageError early for a file that could not be written at the end."""
        for option, path in (("--report", self.report), ("--failed", self.failed)):
            if path is None:
                continue
            if dry_run:
                raise UsageError(
                    f"{option} needs a download, and --dry-run makes none",
                    remedy="leave out one of them",
                )
            if path.is_dir() or not path.absolute().parent.is_dir():
                raise UsageError(
                    f"{option} cannot be written to `{path}`",
                    remedy="name a file in a directory that exists",
                )
        if self.report and self.failed and self.report.absolute() == self.failed.absolute():
            raise UsageError("--report and --failed are the same file", remedy="name two files")

    def write(self, transfers: ItemSource, job_id: str) -> None:
        """Write the job's items as the journal has them now. Raises LocalDiskError."""
        if self.report:
            _write(self.report, _items(transfers, job_id, None), report_line)
        if self.failed:
            _write(self.failed, _items(transfers, job_id, ItemState.FAILED), manifest_line)


def _items(transfers: ItemSource, job_id: str, state: ItemState | None) -> Iterator[ItemRecord]:
    offset = 0
    while page := transfers.items(job_id, state=state, offset=offset, limit=ITEMS_PER_PAGE):
        yield from page
        offset += len(page)


def _write(path: Path, items: Iterator[ItemRecord], as_line: Callable[[ItemRecord], str]) -> None:
    try:
        with _replacing(path) as file:
            for item in items:
                file.write(as_line(item) + "\n")
    except OSError as error:
        raise LocalDiskError(
            f"cannot write `{path}`: {error.strerror}", remedy="`jobs show` prints the same"
        ) from error


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that replaces `path` when it is complete; a pipe or device is opened itself."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as pipe:
            yield pipe
        return
    temporary, descriptor = create_temporary(path)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
