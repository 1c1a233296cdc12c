"""What the rows of the transfer journal say, as facts."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.persistence import Row
from s3nav.transfer.journal.items import DONE, FAILED, SKIPPED
from s3nav.transfer.journal.job_records import JobKind, JobRecord, JobReport, Verification


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
            ),
            requester_pays=bool(row["requester_pays"]),
            verify=Verification(row["verify"]),
            part_bytes=row["part_bytes"],
            run_files=row["run_files"],
            run_bytes=row["run_bytes"],
            run_s=row["run_s"],
            options=row["options"],
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
        landed_bytes = row["landed_bytes"]
        return cls(
            path=Path(row["target"]) / (row["local"] or f"{bucket}/{key}"),
            etag=row["etag"],
            size_bytes=row["size_bytes"] if landed_bytes is None else landed_bytes,
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
