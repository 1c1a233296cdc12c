"""Run a scan from claim to end: take pages from the listing, store them and sum them up."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from s3nav.browse.listing import ListingOutcome, list_parallel
from s3nav.browse.pages import Digesting, PageDigest, StoredPage, Totals, root_of, whole
from s3nav.browse.scans.scan_records import (
    EndedScan,
    PageSample,
    ScanRecord,
    ScanState,
    ShareEstimate,
    merged,
    missing,
    share_by_reference,
    span_words,
)
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import AccessDeniedError, S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.places import S3Connection, S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.waits import UI_PRIORITY
from s3nav.persistence import ProcessLock
from s3nav.retries import RequestCancelled, RequestRetries, cancellation_check

if TYPE_CHECKING:
    from s3nav.browse.inventory import InventoryFacts

PUBLISH_EVERY_S = 0.1
"""Shortest time between two progress events of one place."""
RESUME_WITHIN = timedelta(hours=24)
"""An older scan is not resumed: too much may have changed since."""
ABANDONED = "its process ended before it did"
STOPPED = "stopped before its end"


class ScanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How to count a place."""

    is_cancelled: Callable[[], bool] = lambda: False
    when_stopped: ScanState = ScanState.CANCELLED
    """The state of the scan after a cancellation."""
    workers: int | None = None
    """Requests at a time; None adapts to what S3 accepts."""
    requester_pays: bool = False


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The result of counting a place."""

    record: ScanRecord
    problem: S3NavError | None = None
    """Why it is not complete; None if it is or the user stopped it."""
    is_reused: bool = False
    """Nothing was listed, because an earlier scan is young enough."""
    inventory: "InventoryFacts | None" = None
    """The facts of the inventory it was made from; None if it was listed."""


class Counting:
    """One run of a scan: stores pages, sums them up and publishes progress.

    Many threads may call `take` at a time.
    """

    def __init__(
        self,
        scan_store: ScanStore,
        record: ScanRecord,
        *,
        publish: Callable[[Event], None],
        is_cancelled: Callable[[], bool],
        reference: Sequence[tuple[str, int]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.totals = Totals(root_of(record.place.key))
        self._scan_store = scan_store
        self._record = record
        self._number = scan_store.number(record.scan_id)
        self._now_s = int(record.started_at.timestamp())
        self._publish = publish
        self._asked_to_stop = is_cancelled
        self._reference = reference
        """Page ends of an earlier complete scan, to estimate how far this one is."""
        self._clock = clock
        self._started_s = clock()
        self._lock = threading.Lock()
        self._spans: list[KeySpan] = []
        self._sample = PageSample()
        self._estimate = ShareEstimate(_by_density)
        self._requests = 0
        self.pages = 0
        """Pages from earlier runs: at least this many requests were sent for them."""
        self._published_s = float("-inf")
        self._digesting = self._digesting_now()
        self._failure: S3NavError | None = None
        self._doubled: S3NavError | None = None
        """Two pages for one span: the totals are wrong unless the listing starts again."""

    def restore(self, listed: Sequence[KeySpan], pages: Iterable[StoredPage]) -> None:
        """Load what earlier runs of the scan have stored."""
        for page in pages:
            self.totals.add(self.digesting.sums(page))
            self._sample.add(page.keys)
            self.pages += 1
        self._spans = list(listed)

    def restart(self) -> None:
        """Forget all pages, also of earlier runs: nothing proves what they say to be listed."""
        self._scan_store.empty(self._record.scan_id)
        with self._lock:
            self.totals = Totals(root_of(self._record.place.key))
            self._spans, self._sample, self._doubled = [], PageSample(), None
            self._estimate = ShareEstimate(_by_density)
            self._digesting = self._digesting_now()

    @property
    def todo(self) -> list[KeySpan]:
        """The spans that are not listed yet."""
        with self._lock:
            return missing(self._spans)

    @property
    def share(self) -> float | None:
        """The listed share, 0 to 1; estimated unless 1. None without an estimate."""
        with self._lock:
            spans = self._spans = merged(self._spans)
        by_reference = share_by_reference(spans, self._reference) if self._reference else None
        return self._estimate.of(spans, self._sample) if by_reference is None else by_reference

    @property
    def digesting(self) -> Digesting:
        """The digest function for the next pages.

        The same object is returned as long as possible, because list workers get it pickled.
        """
        known, totals = self._digesting, self.totals
        if known.floor_bytes != totals.floor_bytes or known.folded is not totals.folded:
            known = self._digesting = self._digesting_now()
        return known

    @property
    def elapsed_s(self) -> float:
        """Since this run began."""
        return self._clock() - self._started_s

    @property
    def has_pages(self) -> bool:
        """True when anything of the place is listed."""
        return bool(self._spans)

    def is_cancelled(self) -> bool:
        """Whether the scan was stopped or pages can no longer be stored."""
        return self._failure is not None or self._asked_to_stop()

    def raise_for_failure(self) -> None:
        """Raise S3NavError when a page could not be stored."""
        failure = self._failure or self._doubled
        if failure is not None:
            raise failure

    def take(self, span: KeySpan, page: KeyPage) -> None:
        """Store a page and the span that it completes; returns quickly and never raises.

        Pages that arrive after a stop are dropped; `todo` still contains their spans.
        """
        if self.is_cancelled():
            return
        UI_PRIORITY.yield_to_ui()
        columns, digest = StoredPage.of(page), page.digest
        try:
            if span.upto is not None and span.upto <= span.after and page.keys:
                # A page without order completes no span, but its row needs a unique start.
                columns, digest = StoredPage.of(whole(page)).in_order(), None
                span = KeySpan(after=columns.keys[0], upto=columns.keys[0])
            if columns.keys and not isinstance(digest, PageDigest):
                digest = self.digesting.of(columns)
            future = self._keep(span, columns, digest)
        except S3NavError as error:
            self._failure = error
            return
        if future is None:
            return
        future.add_done_callback(self._note_failure)
        if isinstance(digest, PageDigest):
            self.totals.add(digest.sums)
        with self._lock:
            self._spans.append(span)
            if columns.keys:
                self._sample.add(columns.keys)
            self._requests += 1
        self._publish_progress()

    def publish_end(self, *, complete: bool, requests: int) -> None:
        """Publish the last totals."""
        self._requests = requests
        self._publish(self._progress(complete=complete))

    def _keep(self, span: KeySpan, page: StoredPage, digest: object) -> "Future[object] | None":
        blob = digest.blob if isinstance(digest, PageDigest) else b""
        last = page.keys[-1] if page.keys else ""
        return self._scan_store.add_page(
            self._number, span, (last, len(page.keys), blob), is_cancelled=self.is_cancelled
        )

    def _note_failure(self, written: "Future[object]") -> None:
        failure = written.exception(0)
        if isinstance(failure, S3NavError):
            self._failure = failure
        elif failure is not None:
            self._doubled = S3NavError(f"cannot store a page: {failure}")

    def _digesting_now(self) -> Digesting:
        totals = self.totals
        return Digesting(
            root=totals.root,
            now_s=self._now_s,
            floor_bytes=totals.floor_bytes,
            folded=totals.folded,
        )

    def _publish_progress(self) -> None:
        moment = self._clock()
        with self._lock:
            if moment - self._published_s < PUBLISH_EVERY_S:
                return
            self._published_s = moment
        self._publish(self._progress(complete=False))

    def _progress(self, *, complete: bool) -> ScanProgress:
        whole = self.totals.whole
        return ScanProgress(
            bucket=self._record.place.bucket,
            prefix=self._record.place.key,
            scan_id=self._record.scan_id,
            objects=whole.objects,
            size_bytes=whole.size_bytes,
            requests=self._requests,
            complete=complete,
            elapsed_s=self.elapsed_s,
            share=1.0 if complete else self.share,
        )


def _by_density(spans: Sequence[KeySpan], sample: PageSample) -> float | None:
    from s3nav.browse.scans import listed_share  # noqa: PLC0415  # only large scans need it

    return listed_share.share_by_density(spans, sample)


def claim(
    scan_store: ScanStore,
    connection: S3Connection,
    place: S3Uri,
    now: datetime,
    *,
    may_resume: bool,
) -> tuple[ScanRecord, ProcessLock]:
    """Get a scan to write, interrupted or new, and the lock that allows writing it."""
    known = [r for r in scan_store.records(connection.s3, place) if r.connection is not None]
    listed = [r for r in known if not r.inventory]
    for record in listed if may_resume else ():
        is_open = record.may_resume or record.state is ScanState.RUNNING
        if not is_open or not timedelta() <= now - record.started_at <= RESUME_WITHIN:
            break
        lock = scan_store.lock(record.scan_id)
        if lock is not None:
            scan_store.reopen(record.scan_id)
            return record, lock
    return scan_store.begin(connection, place, now)


def run(
    scan_store: ScanStore,
    record: ScanRecord,
    counting: Counting,
    store: ObjectStore,
    request: ScanRequest,
    *,
    retry_attempts: int,
) -> Counted:
    """List the missing spans of a claimed scan.

    Raises S3NavError when nothing could be listed; the scan is removed then.
    """
    scan_id, place = record.scan_id, record.place
    counting.restore(scan_store.spans(scan_id), scan_store.pages(scan_id))
    try:
        outcome = _list(store, place, counting, request, retry_attempts)
    except BaseException as error:
        _save_or_forget(scan_store, record, counting, error)
        raise
    problem = outcome.problems[0].error if outcome.problems else None
    region = find_region(store, place.bucket, counting.is_cancelled, retry_attempts)
    # What is stored decides, not what the listing reported.
    complete = problem is None and not counting.todo
    was_stopped = problem is None and not complete
    ended = EndedScan(
        state=_state(request, complete=complete, was_stopped=was_stopped),
        region=region or "",
        ended_s=time.time(),
        duration_s=record.duration_s + counting.elapsed_s,
        requests=record.requests + outcome.requests,
        share=counting.share,
        reason=_reason(problem, was_stopped=was_stopped),
        denied=tuple(dict.fromkeys(map(span_words, outcome.denied))),
        may_resume=not complete and not isinstance(problem, AccessDeniedError),
    )
    if problem is not None and not counting.has_pages:
        scan_store.forget(scan_id)
        raise problem
    scan_store.finish(scan_id, ended, counting.totals)
    counting.publish_end(complete=complete, requests=ended.requests)
    return Counted(record=scan_store.record(scan_id), problem=problem)


def _list(
    store: ObjectStore, place: S3Uri, counting: Counting, request: ScanRequest, retry_attempts: int
) -> ListingOutcome:
    """List the missing spans. Raises LocalDiskError when a page could not be stored."""
    outcome = list_parallel(
        store,
        place,
        todo=counting.todo,
        sink=counting.take,
        restart=counting.restart,
        is_cancelled=counting.is_cancelled,
        retry_attempts=retry_attempts,
        workers=request.workers,
        requester_pays=request.requester_pays,
        digest=lambda: counting.digesting,
    )
    counting.raise_for_failure()
    return outcome


def sum_up_abandoned(scan_store: ScanStore, record: ScanRecord, counting: Counting) -> None:
    """Compute the totals of a scan whose process was killed, from its stored pages."""
    counting.restore(scan_store.spans(record.scan_id), scan_store.pages(record.scan_id))
    ended = EndedScan(
        state=ScanState.PARTIAL,
        region=record.region or "",
        ended_s=time.time(),
        duration_s=record.duration_s,
        requests=max(record.requests, counting.pages),
        share=counting.share,
        reason=ABANDONED,
        may_resume=True,
    )
    scan_store.finish(record.scan_id, ended, counting.totals)


def _save_or_forget(
    scan_store: ScanStore, record: ScanRecord, counting: Counting, error: BaseException
) -> None:
    """After an error, keep the stored pages of a run; remove the scan if there are none."""
    if not counting.has_pages:
        scan_store.forget(record.scan_id)
    elif isinstance(error, S3NavError):
        sum_up_abandoned(scan_store, record, counting)


def find_region(
    store: ObjectStore, bucket: str, is_cancelled: Callable[[], bool], retry_attempts: int
) -> str | None:
    """The region of a bucket; None when it cannot be found, or when the user stopped the scan.

    Only prices need it. Unlike a listing, this request cannot be stopped while S3 is silent.
    """
    check = cancellation_check(is_cancelled)
    try:
        return RequestRetries(retry_attempts).call(lambda: store.bucket_region(bucket), check)
    except (S3NavError, RequestCancelled):
        return None


def _state(request: ScanRequest, *, complete: bool, was_stopped: bool) -> ScanState:
    if complete:
        return ScanState.COMPLETE
    return request.when_stopped if was_stopped else ScanState.PARTIAL


def _reason(problem: S3NavError | None, *, was_stopped: bool) -> str:
    if problem is not None:
        return f"{problem.reference}: {problem.message}"
    return STOPPED if was_stopped else ""
