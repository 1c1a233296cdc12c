"""What is known of transfer jobs and of their items, before and after they are in the journal."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Self

import msgspec
from msgspec.structs import replace

from s3nav.model.events import JobState
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ObjectFact, ObjectHead
from s3nav.model.places import S3Connection, S3Uri

PENDING, SYNCED, DONE, SKIPPED, FAILED = range(5)
"""Item states as the journal keeps them.

SYNCED: the bytes are verified and durable under the temporary name; the file is not renamed yet.
"""
NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """The cheapest checksum that S3 offers."""
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
    connection: S3Connection | None = None
    """Which S3 it is of; None when an earlier release planned it."""


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

    def after(self, earlier: "JobReport") -> "JobReport":
        """This run and the one before it as one."""
        size_bytes = self.downloaded_bytes + earlier.downloaded_bytes
        duration_s = self.duration_s + earlier.duration_s
        return replace(
            self,
            downloaded=self.downloaded + earlier.downloaded,
            skipped=self.skipped - earlier.downloaded,
            downloaded_bytes=size_bytes,
            duration_s=duration_s,
            average_bytes_per_s=size_bytes / duration_s if duration_s > 0 else 0.0,
        )


class PlannedItem(msgspec.Struct, gc=False):
    """An object of a selection, with the decision of the plan."""

    bucket: str
    key: str
    local: str
    """Path below the target with ``/``; empty: bucket/key as it is."""
    size_bytes: int
    etag: str
    modified_ns: int | None
    """Nanoseconds since 1970, UTC."""
    algorithm: str
    """The checksum algorithm the listing names; may be empty."""
    checksum_type: str
    state: int = PENDING
    reason: str = ""
    codec: str = ""
    """How to decompress it, as in ``gz``; empty: it is kept as it is."""
    version_id: str = ""
    """The version that was asked for; empty: whichever is current."""
    storage_class: str = DEFAULT_STORAGE_CLASS
    """The last field: the plan is priced with it, the journal does not keep it."""

    @property
    def is_pending(self) -> bool:
        """True when the plan says to fetch it."""
        return self.state == PENDING

    @property
    def path(self) -> str:
        """Path below the target with ``/``."""
        return self.local or f"{self.bucket}/{self.key}"


class Item(msgspec.Struct, array_like=True, gc=False):
    """An object to fetch, as the journal hands it to the engine."""

    number: int
    bucket: str
    key: str
    local: str
    size_bytes: int
    etag: str
    modified_ns: int | None
    algorithm: str
    checksum_type: str
    codec: str = ""
    """How to decompress it; empty: it is kept as it is."""
    stored_bytes: int | None = None
    """Size of the decompressed file, once there is one."""
    digest: str = ""
    """Of the file itself, as ``algorithm:hex``, where S3 has nothing to compare with."""
    version_id: str = ""
    """The version that was asked for; empty: whichever is current."""
    attempts: int = 0
    """Failed tries in this run."""
    restarts: int = 0
    """How often the object was found changed in this run."""

    @property
    def path(self) -> str:
        """Path below the target with ``/``."""
        return self.local or f"{self.bucket}/{self.key}"

    @property
    def source(self) -> S3Uri:
        """Where it comes from."""
        return S3Uri(self.bucket, self.key)

    def renewed(self, head: ObjectHead) -> Self:
        """The same item, pinned to what S3 holds now."""
        return type(self)(
            self.number,
            self.bucket,
            self.key,
            self.local,
            head.size_bytes,
            head.etag,
            nanoseconds(head.modified_at),
            next(iter(head.checksums), ""),
            head.checksum_type,
            self.codec,
            version_id=self.version_id,
            attempts=self.attempts,
            restarts=self.restarts + 1,
        )


def planned(bucket: str, fact: ObjectFact, local: str) -> PlannedItem:
    """An item of the plan, to be fetched unless the plan finds a reason against it."""
    return PlannedItem(
        bucket,
        fact.key,
        local,
        fact.size_bytes,
        fact.etag,
        nanoseconds(fact.modified_at),
        fact.checksum_algorithm,
        fact.checksum_type,
        version_id=fact.version_id,
        storage_class=fact.storage_class,
    )


def planned_plainly(
    bucket: str, keys: Sequence[str], facts: Sequence[ObjectFact]
) -> list[PlannedItem]:
    """The same for many objects that keep their names."""
    return [
        PlannedItem(
            bucket,
            key,
            "",
            fact.size_bytes,
            fact.etag,
            nanoseconds(fact.modified_at),
            fact.checksum_algorithm,
            fact.checksum_type,
            version_id=fact.version_id,
            storage_class=fact.storage_class,
        )
        for key, fact in zip(keys, facts, strict=True)
    ]


def nanoseconds(moment: datetime | None) -> int | None:
    """Nanoseconds since 1970; None stays None."""
    if moment is None:
        return None
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * NS_PER_S + span.microseconds * 1_000


def moment(modified_ns: int | None) -> datetime | None:
    """The aware UTC time of nanoseconds since 1970, to the microsecond; None stays None."""
    return None if modified_ns is None else _EPOCH + timedelta(microseconds=modified_ns // 1000)


def report_line(item: ItemRecord) -> str:
    """The result for one object, as a line of JSON in ASCII."""
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
