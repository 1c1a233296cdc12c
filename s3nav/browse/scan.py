"""Count buckets: objects, bytes and the newest object, page by page."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import BucketFact, ListingPage, ListRequest
from s3nav.model.places import S3Uri
from s3nav.model.ports import ObjectStore

SAY_EVERY_S = 0.1
"""Shortest time between two progress events of one bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketStats:
    """What one count of a bucket found; what is missing is said, never shown as 0."""

    bucket: str
    created_at: datetime | None = None
    region: str | None = None
    objects: int = 0
    size_bytes: int = 0
    newest_object_at: datetime | None = None
    bytes_by_class: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False
    """False when it was cancelled or failed: the numbers cover what was listed until then."""
    problem: S3NavError | None = None
    """Why it is not complete; None when it is, or when the user cancelled."""
    requests: int = 0
    scanned_at: datetime


def scan_bucket(
    store: ObjectStore,
    place: S3Uri,
    *,
    publish: Callable[[Event], None],
    is_cancelled: Callable[[], bool],
    requester_pays: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> BucketStats:
    """Count what is below `place` with serial pages.

    Never raises S3NavError: the stats carry it, beside what was counted before it happened.
    """
    count = _Count(place.bucket, publish, now)
    problem: S3NavError | None = None
    region: str | None = None
    request = ListRequest(bucket=place.bucket, prefix=place.key, requester_pays=requester_pays)
    complete = False
    try:
        region = store.bucket_region(place.bucket)
        while not complete and not is_cancelled():
            page = store.list_page(request)
            complete = page.next_token is None
            count.add(page, complete=complete)
            request = replace(request, token=page.next_token)
    except S3NavError as error:
        problem = error
    return count.stats(region=region, complete=complete, problem=problem)


def scan_buckets(
    store: ObjectStore,
    buckets: Sequence[BucketFact],
    *,
    workers: int,
    publish: Callable[[Event], None],
    is_cancelled: Callable[[], bool],
) -> Iterator[BucketStats]:
    """Count several buckets at once; yields each as it is finished, in no order.

    Closing the iterator stops the counting after the pages under way.
    """
    stopped = threading.Event()

    def scan(bucket: BucketFact) -> BucketStats:
        stats = scan_bucket(
            store,
            S3Uri(bucket.name),
            publish=publish,
            is_cancelled=lambda: stopped.is_set() or is_cancelled(),
        )
        return replace(stats, created_at=bucket.created_at, region=stats.region or bucket.region)

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="s3nav-scan") as pool:
        running = [pool.submit(scan, bucket) for bucket in buckets]
        try:
            for finished in as_completed(running):
                yield finished.result()
        finally:
            stopped.set()


class _Count:
    """Totals of one bucket while it is being listed."""

    def __init__(
        self, bucket: str, publish: Callable[[Event], None], now: Callable[[], datetime]
    ) -> None:
        self._bucket = bucket
        self._publish = publish
        self._now = now
        self._started_at = now()
        self._said_at: datetime | None = None
        self._objects = self._size_bytes = self._requests = 0
        self._newest: datetime | None = None
        self._by_class: Counter[str] = Counter()

    def add(self, page: ListingPage, *, complete: bool) -> None:
        """Take one page in, and say so now and then."""
        self._requests += 1
        self._objects += len(page.objects)
        for fact in page.objects:
            self._size_bytes += fact.size_bytes
            self._by_class[fact.storage_class] += fact.size_bytes
            if fact.modified_at and (self._newest is None or fact.modified_at > self._newest):
                self._newest = fact.modified_at
        self._say(complete=complete)

    def stats(
        self, *, region: str | None, complete: bool, problem: S3NavError | None
    ) -> BucketStats:
        """The totals so far, as a fact."""
        return BucketStats(
            bucket=self._bucket,
            region=region,
            objects=self._objects,
            size_bytes=self._size_bytes,
            newest_object_at=self._newest,
            bytes_by_class=dict(self._by_class),
            complete=complete,
            problem=problem,
            requests=self._requests,
            scanned_at=self._now(),
        )

    def _say(self, *, complete: bool) -> None:
        moment = self._now()
        too_soon = (
            self._said_at is not None
            and (moment - self._said_at).total_seconds() < SAY_EVERY_S
            and not complete
        )
        if too_soon:
            return
        self._said_at = moment
        self._publish(
            ScanProgress(
                bucket=self._bucket,
                objects=self._objects,
                size_bytes=self._size_bytes,
                requests=self._requests,
                complete=complete,
                elapsed_s=(moment - self._started_at).total_seconds(),
            )
        )
