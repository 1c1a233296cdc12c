"""Rows of the transfer journal as facts: of jobs, of their requests, of download directories."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.events import JobState
from s3nav.model.places import S3Connection, S3Uri
from s3nav.model.request_counts import Usage, UsageBook, add_to
from s3nav.model.text.plain_messages import command
from s3nav.persistence import Cell, Database, Row, Writer
from s3nav.transfer.journal import journal_schema as sql
from s3nav.transfer.journal.records import (
    DONE,
    FAILED,
    SKIPPED,
    Item,
    JobKind,
    JobRecord,
    JobReport,
    Verification,
)

# `excess_bytes` is of earlier releases: S3 bills every byte alike now, and 0 is written.
_ADD = """
INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET
    lists = lists + excluded.lists, gets = gets + excluded.gets, heads = heads + excluded.heads,
    objects = objects + excluded.objects, size_bytes = size_bytes + excluded.size_bytes
"""
_OF_JOB = "SELECT * FROM usage WHERE job = ?"
ConnectionOf = Callable[[], S3Connection | None]
"""Which S3 the present requests go to; None when it is not known."""
RequestsOf = Callable[[str], UsageBook]
"""The requests that this process has made for a job, by its id."""


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the journal keeps it."""

    number: int
    record: JobRecord
    requester_pays: bool
    verify: Verification
    part_bytes: int
    run_files: int
    run_bytes: int
    run_s: float
    options: str
    """JSON, of uploads and copies."""
    target_id: str = ""
    """Device and inode of the directory it has written to; empty when not known."""

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of the jobs table."""
        kind = JobKind(row["kind"])
        return cls(
            number=row["number"],
            record=JobRecord(
                job_id=row["job_id"],
                title=row["title"],
                state=JobState(row["state"]),
                target=Path(row["target"]),
                created_at=datetime.fromtimestamp(row["created_at"], UTC),
                total_files=row["total_files"],
                total_bytes=row["total_bytes"],
                reason=row["reason"],
                kind=kind,
                words=tuple(json.loads(row["wish"] or "[]")),
                to=None if kind is JobKind.DOWNLOAD else S3Uri.parse(row["target"]),
                connection=_connection(row["connection"]),
            ),
            requester_pays=bool(row["requester_pays"]),
            verify=Verification(row["verify"]),
            part_bytes=row["part_bytes"],
            run_files=row["run_files"],
            run_bytes=row["run_bytes"],
            run_s=row["run_s"],
            options=row["options"],
            target_id=row["target_id"],
        )


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a job before its items are listed."""

    job_id: str
    fingerprint: str
    title: str
    target: Path
    requester_pays: bool
    verify: Verification
    part_bytes: int
    words: Sequence[str] = ()
    """An equivalent command line."""

    def cells(self, created_at: float, connection: S3Connection | None) -> tuple[Cell, ...]:
        """The row of a job planned at this time for this S3."""
        return (
            self.job_id,
            self.fingerprint,
            self.title,
            str(self.target),
            created_at,
            int(self.requester_pays),
            int(self.verify),
            self.part_bytes,
            json.dumps(self.words),
            *connection_cells(connection),
        )


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Files and bytes of a job by item state."""

    files: dict[int, int]
    bytes: dict[int, int]


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose own checksum the journal keeps."""

    path: Path
    etag: str
    """Of the object it came from."""
    size_bytes: int
    """Of the file, decompressed."""
    digest: str
    """Of the file, as ``algorithm:hex``."""
    codec: str

    @classmethod
    def of(cls, row: Row, bucket: str, key: str) -> Self:
        """A row of the journal about one object."""
        stored_bytes = row["landed_bytes"]
        return cls(
            path=Path(row["target"]) / (row["local"] or f"{bucket}/{key}"),
            etag=row["etag"],
            size_bytes=row["size_bytes"] if stored_bytes is None else stored_bytes,
            digest=row["digest"],
            codec=row["codec"],
        )


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A part whose bytes are durable."""

    item: int
    start: int
    stop: int
    digest: str
    """A checksum that combines, as ``algorithm:hex``; empty when none was computed."""


def connection_cells(connection: S3Connection | None) -> tuple[str | None, str | None]:
    """The name of an S3 and how it was reached, for the columns `s3` and `connection`."""
    if connection is None:
        return None, None
    return connection.s3, msgspec.json.encode(connection).decode()


def _connection(cell: str | None) -> S3Connection | None:
    return None if cell is None else msgspec.json.decode(cell, type=S3Connection)


def refuse_other_s3(row: JobRow, connection: S3Connection | None) -> None:
    """Raise UsageError when a job is known to be of another S3 than `connection`."""
    record = row.record
    known = record.connection
    if known is None or connection is None or connection.same_s3(known):
        return
    raise UsageError(
        f"job `{record.job_id}` is of {known.shown}, and this is {connection.shown}",
        remedy=f"`{command(*known.options, 'jobs', 'resume', record.job_id)}` resumes it there",
        slug="other-s3",
    )


def report_of(row: JobRow, counts: Counts) -> JobReport:
    """The report of a job's last run, from the journal alone."""
    done, failed = counts.files.get(DONE, 0), counts.files.get(FAILED, 0)
    total = row.record.total_files
    there = done - row.run_files + counts.files.get(SKIPPED, 0)
    return JobReport(
        job=row.record.job_id,
        total_files=total,
        downloaded=row.run_files,
        skipped=there,
        failed=failed,
        total_bytes=row.record.total_bytes,
        downloaded_bytes=row.run_bytes,
        duration_s=row.run_s,
        average_bytes_per_s=row.run_bytes / row.run_s if row.run_s > 0 else 0.0,
        success_rate=(row.run_files + there) / total if total else 1.0,
    )


def uncounted(_job_id: str) -> UsageBook:
    """For transfers whose requests are not counted."""
    return {}


class JobUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Both by bucket and storage class, over all runs of a job."""

    planned: UsageBook
    made: UsageBook
    """Requests and bytes, without those of runs that were killed."""
    requester_pays: bool
    part_bytes: int


class RequestUsage:
    """The requests of each job, kept in the journal; any thread may call."""

    def __init__(self, database: Database, requests_of: RequestsOf) -> None:
        self._database = database
        self._requests_of = requests_of
        self._lock = threading.Lock()
        self._kept: dict[str, UsageBook] = {}
        """The part of them that is in the journal."""

    def plan(self, number: int, book: UsageBook) -> None:
        """Keep what requests a job is planned to make. Raises LocalDiskError."""
        self._add(number, book, is_plan=True)

    def keep(self, number: int, job_id: str) -> None:
        """Keep the requests that a job has made since the last call. Raises LocalDiskError."""
        with self._lock:
            now = self._requests_of(job_id)
            new = _copy(now)
            add_to(new, self._kept.get(job_id, {}), -1)
            self._add(number, new, is_plan=False)
            self._kept[job_id] = _copy(now)

    def of(self, row: JobRow) -> JobUsage:
        """The requests that a job was planned to make and has made until now."""
        number, job_id = row.number, row.record.job_id
        books: tuple[UsageBook, UsageBook] = ({}, {})
        with self._lock:
            for kept in self._database.reader().rows(_OF_JOB, (number,)):
                books[kept["is_plan"]][kept["bucket"], kept["storage_class"]] = _usage(kept)
            add_to(books[0], self._requests_of(job_id))
            add_to(books[0], self._kept.get(job_id, {}), -1)
        return JobUsage(
            planned=books[1],
            made=books[0],
            requester_pays=row.requester_pays,
            part_bytes=row.part_bytes,
        )

    def _add(self, number: int, book: UsageBook, *, is_plan: bool) -> None:
        rows = [
            (
                number,
                int(is_plan),
                bucket,
                storage_class,
                usage.lists,
                usage.gets,
                usage.heads,
                usage.objects,
                usage.size_bytes,
            )
            for (bucket, storage_class), usage in book.items()
        ]

        def write(writer: Writer) -> None:
            writer.execute_many(_ADD, rows)

        if rows:
            self._database.write(write)


def _usage(row: Row) -> Usage:
    return Usage(
        lists=row["lists"],
        gets=row["gets"],
        heads=row["heads"],
        objects=row["objects"],
        size_bytes=row["size_bytes"],
    )


def _copy(book: UsageBook) -> UsageBook:
    return {key: usage.copy() for key, usage in book.items()}


class TargetRecords:
    """Who filled download directories, and what should be in them; any thread may call.

    That a directory has files of an S3 is true for longer than a job of it is kept: it has a table
    of its own, which `jobs clear` leaves alone.
    """

    def __init__(
        self,
        database: Database,
        s3: Callable[[], str | None],
        items: Callable[[str, int, int, int], list[Item]],
    ) -> None:
        """`s3` is the name of the present S3, None when it is not known; `items` reads a window."""
        self._database = database
        self._s3 = s3
        self._items = items

    def is_shared(self, target: Path) -> bool:
        """Whether a download from another S3 wrote to this directory, to one in it or above it."""
        row = (_real(target), _identity(target), self._s3())
        return self._database.reader().one(sql.OTHER_S3, row) is not None

    def is_known(self, target: Path) -> bool:
        """Whether a download wrote to this directory, to one in it or above it."""
        row = (_real(target), _identity(target))
        return self._database.reader().one(sql.KNOWN_TARGET, row) is not None

    def record(self, number: int, target: Path, identity: str, *, is_fresh: bool) -> None:
        """Note that a job writes to a directory; if it is fresh, what another held is forgotten."""
        path = _real(target)

        def write(writer: Writer) -> None:
            if is_fresh:
                writer.execute(sql.FORGET_TARGET, (path,))
            writer.execute(sql.SET_TARGET_ID, (identity, number))
            writer.execute(sql.ADD_TARGET, (path, identity, number))

        self._database.write(write)

    def finished(self, number: int, *, after: int, limit: int) -> list[Item]:
        """The next items of a job whose files should be in its target."""
        return self._items(sql.FINISHED_WINDOW, number, after, limit)

    def reopen(self, items: Sequence[int]) -> None:
        """Fetch these again: their files are gone."""
        numbers = msgspec.json.encode(items).decode()
        self._database.write(lambda writer: writer.execute(sql.REOPEN_ITEMS, (numbers,)))

    def reopen_all(self, number: int) -> int:
        """Fetch every item again because the target is gone; returns how many."""
        return self._database.write(lambda writer: writer.execute(sql.REOPEN_LOST, (number,)))


def _real(target: Path) -> str:
    return os.path.realpath(target)


def _identity(target: Path) -> str:
    """Device and inode of a directory; empty when there is none."""
    try:
        found = target.stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"
