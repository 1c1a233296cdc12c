"""Run a scan from claim to end: start one, resume one, or finish an abandoned one."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from s3nav.browse.listing import ListingOutcome, list_parallel
from s3nav.browse.scans.counting import Counting
from s3nav.browse.scans.coverage import span_words
from s3nav.browse.scans.scan_facts import ScanRecord, ScanState
from s3nav.browse.scans.scan_records import EndedScan
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import AccessDeniedError, S3NavError
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import ProcessLock
from s3nav.retries import RequestCancelled, RetryingStore, cancellation_check

if TYPE_CHECKING:
    from s3nav.browse.inventory import InventoryFacts

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


def claim(
    kept: ScanStore, endpoint: str, place: S3Uri, now: datetime, *, may_resume: bool
) -> tuple[ScanRecord, ProcessLock]:
    """Get a scan to write, interrupted or new, and the lock that allows writing it."""
    listed = [r for r in kept.records(endpoint, place) if not r.inventory]
    for record in listed if may_resume else ():
        is_open = record.may_resume or record.state is ScanState.RUNNING
        if not is_open or not timedelta() <= now - record.started_at <= RESUME_WITHIN:
            break
        lock = kept.lock(record.scan_id)
        if lock is not None:
            kept.reopen(record.scan_id)
            return record, lock
    return kept.begin(endpoint, place, now)


def run(
    kept: ScanStore,
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
    counting.restore(kept.spans(scan_id), kept.pages(scan_id))
    try:
        outcome = _list(store, place, counting, request, retry_attempts)
    except BaseException as error:
        _save_or_forget(kept, record, counting, error)
        raise
    problem = outcome.problems[0].error if outcome.problems else None
    region = _region(store, place.bucket, counting.is_cancelled, retry_attempts)
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
        kept.forget(scan_id)
        raise problem
    kept.finish(scan_id, ended, counting.totals)
    counting.say_end(complete=complete, requests=ended.requests)
    return Counted(record=kept.record(scan_id), problem=problem)


def _list(
    store: ObjectStore, place: S3Uri, counting: Counting, request: ScanRequest, retry_attempts: int
) -> ListingOutcome:
    """List the missing spans. Raises LocalDiskError when a page could not be stored."""
    outcome = list_parallel(
        store,
        place,
        todo=counting.todo,
        sink=counting.take,
        is_cancelled=counting.is_cancelled,
        retry_attempts=retry_attempts,
        workers=request.workers,
        requester_pays=request.requester_pays,
        digest=lambda: counting.digesting,
    )
    counting.raise_for_failure()
    return outcome


def sum_up_abandoned(kept: ScanStore, record: ScanRecord, counting: Counting) -> None:
    """Compute the totals of a scan whose process was killed, from its stored pages."""
    counting.restore(kept.spans(record.scan_id), kept.pages(record.scan_id))
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
    kept.finish(record.scan_id, ended, counting.totals)


def _save_or_forget(
    kept: ScanStore, record: ScanRecord, counting: Counting, error: BaseException
) -> None:
    """After an error, keep the stored pages of a run; remove the scan if there are none."""
    if not counting.has_pages:
        kept.forget(record.scan_id)
    elif isinstance(error, S3NavError):
        sum_up_abandoned(kept, record, counting)


def _region(
    store: ObjectStore, bucket: str, is_cancelled: Callable[[], bool], retry_attempts: int
) -> str | None:
    """The region; None when it cannot be found, or when the user stopped the scan.

    Unlike a listing, this request cannot be stopped while S3 is silent.
    """
    check = cancellation_check(is_cancelled)
    retrying_store = RetryingStore(store, retry_attempts=retry_attempts, check=check)
    try:
        return retrying_store.bucket_region(bucket)
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
