"""What is known of a transfer job and its items, as the journal keeps it."""

import json
from datetime import datetime
from enum import IntEnum, StrEnum
from pathlib import Path

import msgspec

from s3nav.model.events import JobState
from s3nav.model.places import S3Uri


class JobKind(StrEnum):
    """What a job does; kept in the journal."""

    DOWNLOAD = "download"
    PUT = "put"
    COPY = "cp"


class Verification(IntEnum):
    """How far to verify what was fetched, by the names of the setting `verify` in upper case."""

    NONE = 0
    """Size and ETag alone."""
    AUTO = 1
    """The cheapest proof S3 allows."""
    FULL = 2
    """The same, over bytes read again from the disk."""


class ItemState(StrEnum):
    """Where one object of a job stands."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A job, as the queue shows it."""

    job_id: str
    title: str
    state: JobState
    target: Path
    created_at: datetime
    total_files: int
    total_bytes: int
    """Of all items, the skipped ones included."""
    reason: str = ""
    """Why the job failed or paused, when the user did not ask for it."""
    kind: JobKind = JobKind.DOWNLOAD
    to: S3Uri | None = None
    """Where an upload or a copy goes; None for a download, which goes to `target`."""
    words: tuple[str, ...] = ()
    """An equivalent headless command line, without connection and credentials."""


class ItemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a job."""

    source: str
    """The S3 URI; of an upload the local file."""
    local_path: Path
    """Of a copy, nothing."""
    size_bytes: int
    state: ItemState
    verified_by: str = ""
    """``crc64nvme``, ``md5``, ``multipart-etag``, ``none``…; empty until done."""
    reason: str = ""
    """Why it was skipped or failed."""
    etag: str = ""
    """Of the object when it was planned, or found changed and pinned anew."""
    version_id: str = ""
    """The version that was asked for; empty: whichever was current."""
    to: S3Uri | None = None
    """Where an upload or a copy goes; None for a download."""


class JobReport(msgspec.Struct, frozen=True, kw_only=True):
    """The summary of a job's last run, as the ``--output json`` of download prints it."""

    job: str
    total_files: int
    downloaded: int
    """Files fetched in this run."""
    skipped: int
    """Files that were there already, from an earlier run of this job or before it."""
    failed: int
    total_bytes: int
    downloaded_bytes: int
    duration_s: float
    average_bytes_per_s: float
    success_rate: float
    """(downloaded + skipped) / total, 0…1; 1 for an empty job."""


def report_line(item: ItemRecord) -> str:
    """What became of one object, as a line of JSON in ASCII."""
    return json.dumps(
        {
            "source": item.source,
            "local_path": str(item.local_path),
            "size_bytes": item.size_bytes,
            "state": item.state.value,
            "verified_by": item.verified_by,
            "reason": item.reason,
            "etag": item.etag,
            "version_id": item.version_id,
        }
    )


def manifest_line(item: ItemRecord) -> str:
    """An object as a line of a manifest: its URI, or JSON where the URI could be misread."""
    if item.version_id:
        return json.dumps({"source": item.source, "version_id": item.version_id})
    plain = item.source.isprintable() and item.source == item.source.strip()
    return item.source if plain else json.dumps({"source": item.source})
