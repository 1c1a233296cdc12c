"""Make a scan from an S3 Inventory, as of its creation; stored only when it was read completely."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from s3nav.browse.inventory import (
    STORED,
    InventoryFacts,
    InventoryFiles,
    InventoryManifest,
    PageSorter,
    StoppedError,
    Taking,
    current_page,
    each_once,
    read_rows,
)
from s3nav.browse.pages import StoredPage
from s3nav.browse.scans.scan_records import EndedScan, ScanRecord, ScanState
from s3nav.browse.scans.scan_run import SAY_EVERY_S, Counted, Counting, ScanRequest
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import UsageError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.retries import RequestRetries


class InventoryOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Which inventory to count, and which part of it."""

    manifest: str
    """A path, or an S3 place."""
    place: S3Uri | None
    """Count only what is below it; None: the whole bucket."""
    endpoint: str
    """The endpoint to which the scan belongs."""
    directory: Path
    """Where its rows are sorted."""
    retries: RequestRetries


def count_inventory(
    kept: ScanStore,
    open_store: Callable[[], ObjectStore],
    order: InventoryOrder,
    wish: ScanRequest,
    publish: Callable[[Event], None],
) -> Counted | None:
    """Read, verify and sort an inventory and store it as a scan; None when stopped.

    Raises S3NavError; nothing is stored then.
    """
    begun = time.monotonic()
    files = InventoryFiles(
        open_store=open_store,
        directory=order.directory,
        is_cancelled=wish.is_cancelled,
        retries=order.retries,
        requester_pays=wish.requester_pays,
    )
    try:
        manifest = files.manifest(order.manifest)
        place = _place(order, manifest)
        with PageSorter(files.directory, STORED) as sorter:
            reading = _Reading(place, manifest, files, publish, begun)
            source = (order.manifest, manifest)
            taking = Taking(bucket=manifest.bucket, prefix=place.key)
            row_counts = read_rows(
                files,
                source,
                taking,
                sorter,
                page_of=current_page,
                report_progress=reading.report_progress,
            )
            pages = each_once(sorter.pages(), order.manifest, lambda page: page.keys)
            record = _keep(kept, files, (order, manifest, place), pages, publish, begun)
    except StoppedError:
        return None
    facts = InventoryFacts(
        created_at=manifest.created_at, missing=manifest.missing, row_counts=row_counts
    )
    return Counted(record=record, inventory=facts)


def _place(order: InventoryOrder, manifest: InventoryManifest) -> S3Uri:
    if order.place is not None and order.place.bucket != manifest.bucket:
        raise UsageError(
            f"the inventory is of s3://{manifest.bucket}, not of {order.place}",
            remedy="name a prefix of its bucket, or none",
        )
    return order.place or S3Uri(manifest.bucket)


def _keep(
    kept: ScanStore,
    files: InventoryFiles,
    what: tuple[InventoryOrder, InventoryManifest, S3Uri],
    pages: Iterator[StoredPage],
    publish: Callable[[Event], None],
    begun: float,
) -> ScanRecord:
    """Write sorted pages as a scan; remove it unless all were written."""
    order, manifest, place = what
    record, lock = kept.begin(order.endpoint, place, manifest.created_at, inventory=order.manifest)
    try:
        counting = Counting(kept, record, publish=publish, is_cancelled=files.is_cancelled)
        _take(counting, pages)
        counting.raise_for_failure()
        files.stop_if_cancelled()
        ended = EndedScan(
            state=ScanState.COMPLETE,
            ended_s=time.time(),
            duration_s=time.monotonic() - begun,
            requests=files.requests,
            share=1.0,
        )
        kept.finish(record.scan_id, ended, counting.totals)
        counting.raise_for_failure()
    except BaseException:
        kept.forget(record.scan_id)
        raise
    finally:
        lock.release()
    counting.say_end(complete=True, requests=files.requests)
    return kept.record(record.scan_id)


def _take(counting: Counting, pages: Iterator[StoredPage]) -> None:
    """Pass on each page with the span from the end of the page before to its own last key."""
    after = ""
    for page in pages:
        if counting.is_cancelled():
            return
        span = KeySpan(after=after, upto=page.keys[-1])
        counting.take(span, _key_page(page))
        after = page.keys[-1]
    counting.take(KeySpan(after=after, upto=None), KeyPage())


def _key_page(page: StoredPage) -> KeyPage:
    return KeyPage(
        keys=page.keys,
        sizes=list(page.sizes),
        modified_s=list(page.modified_s),
        etags=[""] * len(page.keys),
        classes=page.classes,
    )


class _Reading:
    """Publishes the progress of reading an inventory, at most ten times a second."""

    def __init__(
        self,
        place: S3Uri,
        manifest: InventoryManifest,
        files: InventoryFiles,
        publish: Callable[[Event], None],
        begun: float,
    ) -> None:
        self._place = place
        self._total_bytes = max(1, manifest.size_bytes)
        self._files = files
        self._publish = publish
        self._begun = begun
        self._said = float("-inf")

    def report_progress(self, found: PageSorter[StoredPage], read_bytes: int) -> None:
        """Publish the objects found in the first `read_bytes` of the files."""
        moment = time.monotonic()
        if moment - self._said < SAY_EVERY_S:
            return
        self._said = moment
        self._publish(
            ScanProgress(
                bucket=self._place.bucket,
                prefix=self._place.key,
                objects=found.rows,
                size_bytes=found.size_bytes,
                requests=self._files.requests,
                complete=False,
                elapsed_s=moment - self._begun,
                share=min(1.0, read_bytes / self._total_bytes),
            )
        )
