"""The scans of one session: count, resume, read, compare and delete."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.browse.pages import ClassSums, PrefixTotal, StoredPage, class_sums, root_of
from s3nav.browse.scans.compare_scans import (
    Comparison,
    Totals,
    below,
    compare,
    compare_totals,
    overlap,
    within,
)
from s3nav.browse.scans.scan_records import ClassTotal, Coverage, ScanRecord
from s3nav.browse.scans.scan_run import Counted, Counting, ScanRequest, claim, run, sum_up_abandoned
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.errors import UsageError
from s3nav.model.events import Event
from s3nav.model.places import S3Connection, S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.plain_messages import command, quoted
from s3nav.retries import RequestRetries

WITH_OBJECTS = 3
"""The newest scans of a place keep their objects, as do the newest complete ones; older ones keep
only totals to save disk."""
_DEFAULT_REQUEST = ScanRequest()


class ScanRetention(msgspec.Struct, frozen=True, kw_only=True):
    """How many scans are kept, and how long they are reused."""

    scans: int = 10
    """Scans kept for each place."""
    reuse: timedelta = timedelta()
    """Age up to which a complete scan is used instead of a new listing."""


class Scans:
    """The scans of one S3. Any thread may call; the file is opened by the first call."""

    def __init__(  # noqa: PLR0913 - what scans work with, each of its own kind
        self,
        *,
        open_store: Callable[[], ObjectStore],
        scans_file: Path,
        publish: Callable[[Event], None],
        retry_attempts: int,
        connection: Callable[[], S3Connection] = S3Connection,
        retention: ScanRetention,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._open_store = open_store
        self._scans_file = scans_file
        self.publish = publish
        self._retry_attempts = retry_attempts
        self._connection = connection
        self._retention = retention
        self.now = now
        self._lock = threading.RLock()
        self._file: ScanStore | None = None
        self._live: dict[str, Counting] = {}

    def close(self) -> None:
        """Close the file, if it was opened. Calling it twice is fine."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None

    def count(
        self, place: S3Uri, request: ScanRequest = _DEFAULT_REQUEST, *, fresh: bool = False
    ) -> Counted:
        """Count what is below a place; blocks.

        Without `fresh`, a complete scan that is young enough is reused, and an interrupted one is
        resumed. Raises S3NavError when nothing could be listed.
        """
        if not fresh and (found := self.reusable(place)) is not None:
            return Counted(record=found, is_reused=True)
        scan_store, store = self._scan_store, self._open_store()
        record, lock = claim(
            scan_store, self._connection(), place, self.now(), may_resume=not fresh
        )
        try:
            counting = self._counting(record, request.is_cancelled)
            with self._lock:
                self._live[record.scan_id] = counting
            counted = run(
                scan_store, record, counting, store, request, retry_attempts=self._retry_attempts
            )
            self._prune(place)
            return counted
        finally:
            with self._lock:
                self._live.pop(record.scan_id, None)
            lock.release()

    def count_inventory(
        self, manifest: str, place: S3Uri | None = None, request: ScanRequest = _DEFAULT_REQUEST
    ) -> Counted | None:
        """Make a scan of an S3 Inventory, by the path or S3 place of its manifest.json; blocks.

        Covers the bucket, or only what is below `place`. None when stopped. Nothing is stored then,
        nor when S3NavError is raised.
        """
        from s3nav.browse.scans import inventory_scan  # noqa: PLC0415  # no listing needs it

        inventory = inventory_scan.InventoryRequest(
            manifest=manifest,
            place=place,
            connection=self._connection(),
            directory=self._scans_file.parent,
            retries=RequestRetries(self._retry_attempts),
        )
        counted = inventory_scan.count_inventory(
            self._scan_store, self._open_store, inventory, request, self.publish
        )
        if counted is not None:
            self._prune(counted.record.place, kept_id=counted.record.scan_id)
        return counted

    def reusable(self, place: S3Uri) -> ScanRecord | None:
        """A complete scan of a place that is young enough to be reused; None without one."""
        newest = self.latest(place)
        if newest is None or newest.connection is None:
            return None
        # A scan from the future was made before the clock was set back: its age is not known.
        is_young = timedelta() <= self.now() - newest.started_at <= self._retention.reuse
        return newest if is_young else None

    def latest(self, place: S3Uri) -> ScanRecord | None:
        """The newest complete scan of a place; one from the future only if there is no other."""
        complete = [found for found in self.history(place) if found.is_complete]
        past = [found for found in complete if found.started_at <= self.now()]
        return next(iter(past or complete), None)

    def complete_before(self, record: ScanRecord) -> ScanRecord | None:
        """The newest complete scan of the same place that began before this one."""
        for found in self._scan_store.records(record.s3, record.place):
            if found.is_complete and found.started_at < record.started_at:
                return found
        return None

    def history(self, place: S3Uri | None = None) -> list[ScanRecord]:
        """All scans, or those of one place, newest first; running ones with current totals."""
        self._finish_abandoned()
        kept = self._scan_store.records(self._connection().s3, place)
        return [self._with_current_totals(record) for record in kept]

    def record(self, scan_id: str) -> ScanRecord:
        """A scan of this S3, by its id or a unique part. Raises NotFoundError and UsageError."""
        self._finish_abandoned()
        found = self._with_current_totals(self._scan_store.record(scan_id))
        return _of_this_s3(found, self._connection())

    def total(self, scan_id: str, prefix: str) -> PrefixTotal | None:
        """The total of a prefix; None when it is empty or was folded into the one above."""
        live = self._live.get(scan_id)
        return live.totals.total(prefix) if live else self._scan_store.total(scan_id, prefix)

    def children(self, scan_id: str, prefix: str) -> list[PrefixTotal]:
        """The totals of the prefixes directly below one, in any order, as counted so far."""
        live = self._live.get(scan_id)
        return live.totals.children(prefix) if live else self._scan_store.children(scan_id, prefix)

    def totals(self, scan_id: str) -> Iterator[PrefixTotal]:
        """Every prefix of an ended scan, in order."""
        return self._scan_store.totals(scan_id)

    def pages(self, scan_id: str, prefix: str = "") -> Iterator[StoredPage]:
        """The objects of a scan whose keys begin with `prefix`, by pages, in order of keys.

        The first and last page may contain others too. Raises UsageError when only totals are kept.
        """
        record = self._scan_store.record(scan_id)
        if not record.has_objects:
            raise UsageError(
                f"scan `{scan_id}` has only totals",
                remedy=f"`{command('scan', str(record.place), '--fresh')}` counts again",
                slug="scan-without-objects",
            )
        return self._scan_store.pages(scan_id, prefix)

    def compare(
        self, before: str, after: str, *, depth: int = 1, prefix: str | None = None
    ) -> Comparison:
        """What changed between two scans of one place, or only below a prefix of it.

        Changes are summed by prefixes, `depth` levels down; without objects, totals are compared.
        Raises NotFoundError and UsageError.
        """
        old, new = self.record(before), self.record(after)
        _check_places(old, new)
        root = root_of(old.place.key) if prefix is None else prefix
        if not (old.has_objects and new.has_objects):
            one, other = (_with_totals(self._scan_store, record) for record in (old, new))
            return compare_totals(one, other, root=root, depth=depth)
        sides = [
            (record, self._scan_store.spans(record.scan_id), self._below(record.scan_id, prefix))
            for record in (old, new)
        ]
        return compare(sides[0], sides[1], root=root, depth=depth)

    def class_sums(
        self, found: Comparison, *, smaller_than: int, prefix: str | None = None
    ) -> tuple[dict[str, ClassSums], dict[str, ClassSums]]:
        """Sums by storage class of the keys that two scans both listed: before, after.

        Raises UsageError when only totals are kept.
        """
        ids = (found.before.scan_id, found.after.scan_id)
        both = list(overlap(*map(self._scan_store.spans, ids)))
        before, after = (
            class_sums((within(p, both) for p in self._below(each, prefix)), smaller_than)
            for each in ids
        )
        return before, after

    def _below(self, scan_id: str, prefix: str | None) -> Iterator[StoredPage]:
        return below(self.pages(scan_id, prefix or ""), prefix or "")

    def delete(self, scan_id: str) -> ScanRecord:
        """Delete a scan. Raises NotFoundError, and UsageError while it runs."""
        record = self.record(scan_id)
        lock = self._scan_store.lock(record.scan_id)
        if lock is None:
            raise UsageError(f"scan `{record.scan_id}` is running", remedy="stop it first")
        try:
            self._scan_store.forget(record.scan_id)
        finally:
            lock.release()
        return record

    @property
    def _scan_store(self) -> ScanStore:
        with self._lock:
            if self._file is None:
                self._file = ScanStore(self._scans_file)
            return self._file

    def _counting(self, record: ScanRecord, is_cancelled: Callable[[], bool]) -> Counting:
        scan_store = self._scan_store
        kept = scan_store.records(record.s3, record.place)
        earlier = next((found for found in kept if found.is_complete), None)
        return Counting(
            scan_store,
            record,
            publish=self.publish,
            is_cancelled=is_cancelled,
            reference=scan_store.page_ends(earlier.scan_id) if earlier else (),
        )

    def _finish_abandoned(self) -> None:
        """Compute the totals of scans whose process was killed, once."""
        scan_store = self._scan_store
        for record in scan_store.running():
            if record.scan_id in self._live or (lock := scan_store.lock(record.scan_id)) is None:
                continue
            try:
                if record.inventory:
                    scan_store.forget(record.scan_id)  # it is read again from its start
                    continue
                sum_up_abandoned(scan_store, record, self._counting(record, lambda: False))
            finally:
                lock.release()

    def _with_current_totals(self, record: ScanRecord) -> ScanRecord:
        live = self._live.get(record.scan_id)
        return record if live is None else _as_counted(record, live)

    def _prune(self, place: S3Uri, *, kept_id: str = "") -> None:
        """Delete the oldest scans of a place beyond those to keep, except `kept_id`."""
        kept = self._scan_store.records(self._connection().s3, place)
        ended = [record for record in kept if record.ended_at is not None]
        with_objects = _with_objects(ended)
        for age, record in enumerate(ended):
            is_old = age >= self._retention.scans
            keeps = record.scan_id in with_objects or not record.has_objects
            if (keeps and not is_old) or record.scan_id == kept_id:
                continue
            if (lock := self._scan_store.lock(record.scan_id)) is None:
                continue
            if is_old:
                self._scan_store.forget(record.scan_id)
            else:
                self._scan_store.drop_pages(record.scan_id)
            lock.release()


def _with_objects(ended: Sequence[ScanRecord]) -> set[str]:
    """The scans that keep their objects, of those of a place, the newest first."""
    complete = [record for record in ended if record.is_complete]
    return {record.scan_id for record in (*complete[:WITH_OBJECTS], *ended[:WITH_OBJECTS])}


def _check_places(old: ScanRecord, new: ScanRecord) -> None:
    """Raise UsageError for scans of two places."""
    if old.place != new.place:
        raise UsageError(
            f"`{old.scan_id}` is of {old.place}, `{new.scan_id}` of {new.place}",
            remedy="compare two scans of one place",
        )


def _with_totals(scan_store: ScanStore, record: ScanRecord) -> tuple[ScanRecord, Totals]:
    """A complete scan and its totals. Raises UsageError for another scan."""
    if not record.is_complete:
        raise UsageError(
            f"scan `{record.scan_id}` is not complete: its totals are those of an unknown part",
            remedy=f"`{command('scan', 'list', str(record.place))}` shows complete scans",
            slug="incomplete-scan",
        )
    scan_id = record.scan_id
    return record, (
        lambda prefix: scan_store.total(scan_id, prefix),
        lambda prefix: scan_store.children(scan_id, prefix),
    )


def _of_this_s3(record: ScanRecord, here: S3Connection) -> ScanRecord:
    """The scan. Raises UsageError when it is of another S3."""
    if record.s3 == here.s3:
        return record
    known = record.connection or S3Connection()
    options = " ".join(map(quoted, known.options))
    raise UsageError(
        f"scan `{record.scan_id}` is of {known.shown}, not of {here.shown}",
        remedy=f"connect to it: {options}" if options else "connect to AWS",
        slug="other-s3",
    )


def _as_counted(record: ScanRecord, live: Counting) -> ScanRecord:
    """The record of a running scan with what is counted by now."""
    whole = live.totals.whole
    return replace(
        record,
        objects=whole.objects,
        size_bytes=whole.size_bytes,
        newest_at=whole.newest_at,
        oldest_at=whole.oldest_at,
        by_class={
            name: ClassTotal(objects=objects, size_bytes=size_bytes)
            for name, (objects, size_bytes) in live.totals.by_class.items()
        },
        by_size=live.totals.by_size,
        by_age=live.totals.by_age,
        largest=live.totals.largest,
        coverage=Coverage(complete=False, share=live.share, as_of=record.started_at),
        duration_s=record.duration_s + live.elapsed_s,
    )
