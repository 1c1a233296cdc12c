"""Count several buckets at a time: objects, bytes and the newest object of each."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec
from msgspec.structs import replace

from s3nav.browse.scans.scan_records import Coverage, ScanRecord, ScanState
from s3nav.browse.scans.scan_run import ScanRequest
from s3nav.browse.scans.scans import Scans
from s3nav.model.errors import AccessDeniedError, NotFoundError, S3NavError
from s3nav.model.objects import BucketFact
from s3nav.model.places import S3Uri
from s3nav.model.waits import as_they_end

REQUESTS_AT_ONCE = 32
"""Requests at a time, divided among the buckets counted at the same time."""
LEAST_WORKERS = 4


class BucketStats(msgspec.Struct, frozen=True, kw_only=True):
    """The result of counting a bucket; unknown values are None, never 0."""

    bucket: str
    created_at: datetime | None = None
    region: str | None = None
    objects: int = 0
    size_bytes: int = 0
    newest_object_at: datetime | None = None
    bytes_by_class: Mapping[str, int] = msgspec.field(default_factory=dict)
    complete: bool = False
    """False when it was stopped or failed: the numbers cover only what was listed."""
    problem: S3NavError | None = None
    """Why it is not complete; None if it is or the user stopped it."""
    requests: int = 0
    scanned_at: datetime
    """When its oldest part was listed."""
    scan_id: str = ""
    """The id of its scan; empty when none was stored."""
    coverage: Coverage | None = None
    is_reused: bool = False
    """An earlier scan was used instead of a listing."""
    grown_bytes: int | None = None
    """Since the last complete scan; None without one, or if this one is not complete."""
    grown_since: datetime | None = None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether access is denied or the bucket is gone, so a retry is useless."""
        return isinstance(self.problem, AccessDeniedError | NotFoundError)


def count_buckets(
    scans: Scans,
    buckets: Sequence[BucketFact],
    *,
    at_once: int,
    fresh: bool = False,
    when_stopped: ScanState = ScanState.CANCELLED,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[BucketStats]:
    """Count several buckets at a time; yields each when it is finished, in any order.

    Closing the iterator stops the counting after the pages under way.
    """
    if not buckets:
        return
    stopped = threading.Event()
    at_once = min(at_once, len(buckets))
    request = ScanRequest(
        is_cancelled=lambda: stopped.is_set() or is_cancelled(),
        when_stopped=when_stopped,
        workers=max(LEAST_WORKERS, REQUESTS_AT_ONCE // at_once) if at_once > 1 else None,
    )

    def count(bucket: BucketFact) -> BucketStats:
        try:
            counted = scans.count(S3Uri(bucket.name), request, fresh=fresh)
        except S3NavError as error:
            return BucketStats(
                bucket=bucket.name,
                created_at=bucket.created_at,
                region=bucket.region,
                problem=error,
                scanned_at=scans.now(),
            )
        stats = bucket_stats(scans, bucket, counted.record)
        return replace(stats, problem=counted.problem, is_reused=counted.is_reused)

    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="s3nav-scan") as pool:
        running = [pool.submit(count, bucket) for bucket in buckets]
        try:
            for finished in as_they_end(running):
                yield finished.result(0)
        finally:
            stopped.set()


def known_buckets(scans: Scans, buckets: Sequence[BucketFact]) -> list[BucketStats]:
    """The stats of buckets from stored scans: the newest complete one, else the newest."""
    found: dict[str, ScanRecord] = {}
    for record in scans.history():
        known = found.get(record.place.bucket)
        if record.place.key or record.state is ScanState.RUNNING:
            continue
        if known is None or (record.is_complete and not known.is_complete):
            found[record.place.bucket] = record
    return [
        bucket_stats(scans, bucket, found[bucket.name])
        for bucket in buckets
        if bucket.name in found
    ]


def bucket_stats(scans: Scans, bucket: BucketFact, record: ScanRecord) -> BucketStats:
    """A scan of a bucket as its stats, compared with the complete one before it."""
    earlier = scans.complete_before(record) if record.is_complete else None
    return BucketStats(
        bucket=bucket.name,
        created_at=bucket.created_at,
        region=record.region or bucket.region,
        objects=record.objects,
        size_bytes=record.size_bytes,
        newest_object_at=record.newest_at,
        bytes_by_class={name: total.size_bytes for name, total in record.by_class.items()},
        complete=record.is_complete,
        requests=record.requests,
        scanned_at=record.coverage.as_of,
        scan_id=record.scan_id,
        coverage=record.coverage,
        grown_bytes=record.size_bytes - earlier.size_bytes if earlier else None,
        grown_since=earlier.started_at if earlier else None,
    )
