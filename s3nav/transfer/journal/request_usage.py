"""What jobs were planned to ask of S3, and what they have asked: kept in the journal."""

import threading
from collections.abc import Callable

import msgspec

from s3nav.model.request_counts import Usage, UsageBook, add_to
from s3nav.persistence import Database, Row, Writer
from s3nav.transfer.journal.journal_rows import JobRow

MIGRATION = """
CREATE TABLE usage (
    job INTEGER NOT NULL,
    is_plan INTEGER NOT NULL,
    bucket TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    lists INTEGER NOT NULL,
    gets INTEGER NOT NULL,
    heads INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    excess_bytes INTEGER NOT NULL,
    PRIMARY KEY (job, is_plan, bucket, storage_class)
) WITHOUT ROWID;
"""
# `excess_bytes` is of earlier releases: S3 bills every byte alike now, and 0 is written.
FORGET = "DELETE FROM usage WHERE job = ?1"
_ADD = """
INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET
    lists = lists + excluded.lists, gets = gets + excluded.gets, heads = heads + excluded.heads,
    objects = objects + excluded.objects, size_bytes = size_bytes + excluded.size_bytes
"""
_OF_JOB = "SELECT * FROM usage WHERE job = ?"
Asked = Callable[[str], UsageBook]
"""What this process has asked of S3 for a job, by its id."""


def nobody_counts(_job_id: str) -> UsageBook:
    """For transfers whose requests are not counted."""
    return {}


class JobUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Both by bucket and storage class, over all runs of a job."""

    planned: UsageBook
    asked: UsageBook
    """Requests and bytes really made, those of a run that broke down without notice excepted."""
    requester_pays: bool
    part_bytes: int


class RequestUsage:
    """Any thread may ask and tell."""

    def __init__(self, database: Database, asked: Asked) -> None:
        self._database = database
        self._asked = asked
        self._lock = threading.Lock()
        self._kept: dict[str, UsageBook] = {}
        """Of what was asked, what the journal has."""

    def plan(self, number: int, book: UsageBook) -> None:
        """Keep what a job is planned to ask. Raises LocalDiskError."""
        self._add(number, book, is_plan=True)

    def keep(self, number: int, job_id: str) -> None:
        """Keep what a job has asked since it was kept last. Raises LocalDiskError."""
        with self._lock:
            now = self._asked(job_id)
            new = _copy(now)
            add_to(new, self._kept.get(job_id, {}), -1)
            self._add(number, new, is_plan=False)
            self._kept[job_id] = _copy(now)

    def of(self, row: JobRow) -> JobUsage:
        """What a job was planned to ask and has asked, up to now."""
        number, job_id = row.number, row.record.job_id
        books: tuple[UsageBook, UsageBook] = ({}, {})
        with self._lock:
            for kept in self._database.reader().rows(_OF_JOB, (number,)):
                books[kept["is_plan"]][kept["bucket"], kept["storage_class"]] = _usage(kept)
            add_to(books[0], self._asked(job_id))
            add_to(books[0], self._kept.get(job_id, {}), -1)
        return JobUsage(
            planned=books[1],
            asked=books[0],
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
