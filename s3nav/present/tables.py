"""Buckets, objects, profiles, jobs and reports as rows of tables."""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from s3nav.model.objects import BucketFact, ObjectFact
from s3nav.present.buckets import covers
from s3nav.present.formatting import MISSING, Column, Row, count, date, iso, minute, size
from s3nav.transfer import ItemRecord, JobRecord, JobReport

if TYPE_CHECKING:
    from s3nav.aws import Identity, ProfileFact
    from s3nav.browse import BucketStats
    from s3nav.present.formatting import Costs

_STOPPED = "stopped early"


class Styles(msgspec.Struct, frozen=True, kw_only=True):
    """The user's choice of formats for sizes and dates."""

    size: str = "auto"
    date: str = "month_first"
    with_time: bool = False


STATS_COLUMNS = (
    Column("name", "BUCKET"),
    Column("created_at", "CREATED"),
    Column("region", "REGION"),
    Column("objects", "OBJECTS", is_number=True),
    Column("size_bytes", "SIZE", is_number=True),
    Column("newest_object_at", "NEWEST"),
    Column("complete", "COVERS"),
    Column("scanned_at", "COUNTED"),
    Column("scan", "SCAN"),
    Column("error", "ERROR"),
)
BUCKET_COLUMNS = (
    Column("name", "BUCKET"),
    Column("created_at", "CREATED"),
    Column("region", "REGION"),
)
OBJECT_COLUMNS = (
    Column("type", "TYPE"),
    Column("modified_at", "MODIFIED"),
    Column("size_bytes", "SIZE", is_number=True),
    Column("storage_class", "CLASS"),
    Column("key", "KEY"),
)
PROFILE_COLUMNS = (
    Column("name", "PROFILE"),
    Column("source", "SOURCE"),
    Column("kind", "KIND"),
    Column("region", "REGION"),
    Column("problem", "PROBLEM"),
)
IDENTITY_COLUMNS = (
    Column("arn", "ARN"),
    Column("account", "ACCOUNT"),
    Column("source", "SOURCE"),
    Column("expires_at", "EXPIRES"),
    Column("buckets_listable", "LISTS BUCKETS"),
)
JOB_COLUMNS = (
    Column("job", "JOB"),
    Column("state", "STATE"),
    Column("created_at", "CREATED"),
    Column("total_files", "FILES", is_number=True),
    Column("total_bytes", "SIZE", is_number=True),
    Column("target", "TARGET"),
    Column("title", "TITLE"),
    Column("reason", "REASON"),
)
ITEM_COLUMNS = (
    Column("source", "SOURCE"),
    Column("state", "STATE"),
    Column("size_bytes", "SIZE", is_number=True),
    Column("verified_by", "VERIFIED BY"),
    Column("local_path", "FILE"),
    Column("reason", "REASON"),
    Column("version_id", "VERSION"),
)
REPORT_COLUMNS = (
    Column("job", "JOB"),
    Column("total_files", "FILES", is_number=True),
    Column("downloaded", "DOWNLOADED", is_number=True),
    Column("skipped", "SKIPPED", is_number=True),
    Column("failed", "FAILED", is_number=True),
    Column("total_bytes", "BYTES", is_number=True),
    Column("downloaded_bytes", "DOWNLOADED BYTES", is_number=True),
    Column("duration_s", "SECONDS", is_number=True),
    Column("average_bytes_per_s", "BYTES/S", is_number=True),
    Column("success_rate", "SUCCESS", is_number=True),
    Column("estimated_usd", "ESTIMATED", is_number=True),
    Column("metered_usd", "METERED", is_number=True),
)


def stats_row(stats: "BucketStats", styles: Styles, now: datetime) -> Row:
    """Return a counted bucket as a row; uncounted values are None and a dash, never 0."""
    counted = stats.complete
    newest = stats.newest_object_at if counted else None
    return Row(
        values=(
            stats.bucket,
            iso(stats.created_at),
            stats.region,
            stats.objects if counted else None,
            stats.size_bytes if counted else None,
            iso(newest),
            stats.complete,
            iso(stats.scanned_at),
            stats.scan_id or None,
            _why_not(stats) or None,
        ),
        cells=(
            stats.bucket,
            date(stats.created_at, styles.date),
            stats.region or MISSING,
            count(stats.objects) if counted else MISSING,
            size(stats.size_bytes, styles.size) if counted else MISSING,
            _newest(stats, styles) if counted else MISSING,
            covers(stats.coverage, now) if stats.coverage else MISSING,
            minute(stats.scanned_at),
            stats.scan_id or MISSING,
            _why_not(stats),
        ),
    )


def stats_lines(stats: "BucketStats", styles: Styles) -> list[str]:
    """Describe a counted bucket in lines, in the format of s3explore."""
    created = date(stats.created_at, styles.date)
    lines = [f'Bucket "{stats.bucket}", created {created}']
    if not stats.complete:
        return [*lines, f" Not counted: {_why_not(stats)}"]
    return [
        *lines,
        f" Contains {stats.objects} files",
        f" Most recently updated {_newest(stats, styles)}",
        f" Total size: {size(stats.size_bytes, styles.size)}",
    ]


def bucket_row(bucket: BucketFact, styles: Styles) -> Row:
    """Return a bucket, without counts, as a row."""
    return Row(
        values=(bucket.name, iso(bucket.created_at), bucket.region),
        cells=(bucket.name, date(bucket.created_at, styles.date), bucket.region or MISSING),
    )


def object_row(fact: ObjectFact, styles: Styles, *, shown_key: str) -> Row:
    """Return a listed object as a row; `shown_key` is the part of its key to show."""
    return Row(
        values=("object", iso(fact.modified_at), fact.size_bytes, fact.storage_class, fact.key),
        cells=(
            "object",
            minute(fact.modified_at),
            size(fact.size_bytes, styles.size),
            fact.storage_class,
            shown_key,
        ),
    )


def prefix_row(prefix: str, *, shown_key: str) -> Row:
    """Return a common prefix of a listing as a row."""
    return Row(
        values=("prefix", None, None, None, prefix),
        cells=("prefix", MISSING, MISSING, MISSING, shown_key),
    )


def profile_row(profile: "ProfileFact") -> Row:
    """Return a credential profile as a row."""
    values = (profile.name, profile.source, profile.kind, profile.region, profile.problem)
    return Row(values=values, cells=tuple(value or MISSING for value in values))


def identity_row(identity: "Identity") -> Row:
    """Return the caller's identity as a row."""
    listable = identity.buckets_listable
    return Row(
        values=(
            identity.arn,
            identity.account,
            identity.source,
            iso(identity.expires_at),
            listable,
        ),
        cells=(
            identity.arn or MISSING,
            identity.account or MISSING,
            identity.source or MISSING,
            minute(identity.expires_at),
            {True: "yes", False: "no", None: MISSING}[listable],
        ),
    )


def job_row(job: JobRecord, styles: Styles) -> Row:
    """Return a job as a row."""
    return Row(
        values=(
            job.job_id,
            job.state.value,
            iso(job.created_at),
            job.total_files,
            job.total_bytes,
            str(job.to or job.target),
            job.title,
            job.reason,
        ),
        cells=(
            job.job_id,
            job.state.value,
            minute(job.created_at),
            count(job.total_files),
            size(job.total_bytes, styles.size),
            str(job.to or job.target),
            job.title,
            job.reason,
        ),
    )


def item_row(item: ItemRecord, styles: Styles) -> Row:
    """Return one object of a job as a row."""
    shared = (item.source, item.state.value)
    rest = (item.verified_by, str(_goes_to(item)), item.reason, item.version_id)
    return Row(
        values=(*shared, item.size_bytes, *rest),
        cells=(*shared, size(item.size_bytes, styles.size), *rest),
    )


def report_row(report: JobReport, costs: "Costs | None" = None) -> Row:
    """Return a job's summary as a row; numbers are rounded, dollars are exact."""
    values = (
        report.job,
        report.total_files,
        report.downloaded,
        report.skipped,
        report.failed,
        report.total_bytes,
        report.downloaded_bytes,
        round(report.duration_s, 3),
        round(report.average_bytes_per_s, 1),
        round(report.success_rate, 6),
        *(costs.digits() if costs else (None, None)),
    )
    return Row(values=values, cells=[MISSING if v is None else str(v) for v in values])


def _goes_to(item: ItemRecord) -> object:
    return item.to or item.local_path


def _newest(stats: "BucketStats", styles: Styles) -> str:
    if stats.newest_object_at is None:
        return "never"
    return date(stats.newest_object_at, styles.date, with_time=styles.with_time)


def _why_not(stats: "BucketStats") -> str:
    """Say why a bucket was not counted, slug first; empty if it was."""
    if stats.complete:
        return ""
    problem = stats.problem
    return f"{problem.reference}: {problem.message}" if problem else _STOPPED
