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
    RowFilter,
    StoppedError,
    current_page,
    each_once,
    read_rows,
)
from s3nav.browse.pages import StoredPage
from s3nav.browse.scans.scan_records import EndedScan, ScanRecord, ScanState
from s3nav.browse.scans.scan_run import PUBLISH_EVERY_S, Counted, Counting, ScanRequest
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import UsageError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.places import S3Connection, S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.retries import RequestRetries


class InventoryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which inventory to count, and which part of it."""

    manifest: str
    """A path, or an S3 place."""
    place: S3Uri | None
    """Count only what is below it; None: the whole bucket."""
    connection: S3Connection
    """Which S3 the scan is of."""
    directory: Path
    """Where its rows are sorted."""
    retries: RequestRetries


def count_inventory(
    scan_store: ScanStore,
    open_store: Callable[[], ObjectStore],
    inventory: InventoryRequest,
    request: ScanRequest,
    publish: Callable[[Event], None],
) -> Counted | None:
    """Read, verify and sort an inventory and store it as a scan; None when stopped.

    Raises S3NavError; nothing is stored then.
    """
    started_s = time.monotonic()
    files = InventoryFiles(
        open_store=open_store,
        directory=inventory.directory,
        is_cancelled=request.is_cancelled,
        retries=inventory.retries,
        requester_pays=request.requester_pays,
    )
    try:
        manifest = files.manifest(inventory.manifest)
        place = _place(inventory, manifest)
        with PageSorter(files.directory, STORED) as sorter:
            reading = _Reading(place, manifest, files, publish, started_s)
            source = (inventory.manifest, manifest)
            row_filter = RowFilter(bucket=manifest.bucket, prefix=place.key)
            row_counts = read_rows(
                files,
                source,
                row_filter,
                sorter,
                page_of=current_page,
                report_progress=reading.report_progress,
            )
            pages = each_once(sorter.pages(), inventory.manifest, lambda page: page.keys)
            record = _keep(
                scan_store, files, (inventory, manifest, place), pages, publish, started_s
            )
    except StoppedError:
        return None
    facts = InventoryFacts(
        created_at=manifest.created_at, missing=manifest.missing, row_counts=row_counts
    )
    return Counted(record=record, inventory=facts)


def _place(inventory: InventoryRequest, manifest: InventoryManifest) -> S3Uri:
    if inventory.place is not None and inventory.place.bucket != manifest.bucket:
        raise UsageError(
            f"the inventory is of s3://{manifest.bucket}, not of {inventory.place}",
            remedy="name a prefix of its bucket, or none",
        )
    return inventory.place or S3Uri(manifest.bucket)


def _keep(
    scan_store: ScanStore,
    files: InventoryFiles,
    what: tuple[InventoryRequest, InventoryManifest, S3Uri],
    pages: Iterator[StoredPage],
    publish: Callable[[Event], None],
    started_s: float,
) -> ScanRecord:
    """Write sorted pages as a scan; remove it unless all were written."""
    inventory, manifest, place = what
    record, lock = scan_store.begin(
        inventory.connection, place, manifest.created_at, inventory=inventory.manifest
    )
    try:
        counting = Counting(scan_store, record, publish=publish, is_cancelled=files.is_cancelled)
        _take(counting, pages)
        counting.raise_for_failure()
        files.stop_if_cancelled()
        ended = EndedScan(
            state=ScanState.COMPLETE,
            ended_s=time.time(),
            duration_s=time.monotonic() - started_s,
            requests=files.requests,
            share=1.0,
        )
        scan_store.finish(record.scan_id, ended, counting.totals)
        counting.raise_for_failure()
    except BaseException:
        scan_store.forget(record.scan_id)
        raise
    finally:
        lock.release()
    counting.publish_end(complete=True, requests=files.requests)
    return scan_store.record(record.scan_id)


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
        started_s: float,
    ) -> None:
        self._place = place
        self._total_bytes = max(1, manifest.size_bytes)
        self._files = files
        self._publish = publish
        self._started_s = started_s
        self._published_s = float("-inf")

    def report_progress(self, found: PageSorter[StoredPage], read_bytes: int) -> None:
        """Publish the objects found in the first `read_bytes` of the files."""
        moment = time.monotonic()
        if moment - self._published_s < PUBLISH_EVERY_S:
            return
        self._published_s = moment
        self._publish(
            ScanProgress(
                bucket=self._place.bucket,
                prefix=self._place.key,
                objects=found.rows,
                size_bytes=found.size_bytes,
                requests=self._files.requests,
                complete=False,
                elapsed_s=moment - self._started_s,
                share=min(1.0, read_bytes / self._total_bytes),
            )
        )
