"""Find the scan of a place or start one, and read a directory of it again while it runs."""

from collections.abc import Callable, Sequence

import msgspec
from textual.worker import get_current_worker

from s3nav.browse import PrefixTotal, ScanRecord, ScanRequest, Scans, ScanState
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.places import S3Uri
from s3nav.present.buckets import counting_notice
from s3nav.tui.ask import Answered, ask
from s3nav.tui.panes.pane import Pane

READ_EVERY_DRAINS = 5
"""Totals of a running scan are read twice a second."""
DRAINS_PER_S = 10


class ScanDirectory(msgspec.Struct, frozen=True):
    """One directory of a scan, at the time it was read."""

    record: ScanRecord
    prefix: str
    total: PrefixTotal | None
    children: list[PrefixTotal]


class ScanFollower:
    """One scan at a time. All calls, also of `read` and `failed`, are made on the UI thread."""

    def __init__(
        self,
        pane: Pane,
        scans: Callable[[], Scans],
        *,
        read: Callable[[ScanDirectory], None],
        failed: Callable[[S3NavError], None],
    ) -> None:
        self._pane = pane
        self._scans = scans
        self._call_read, self._call_failed = read, failed
        self._scan_id = ""
        self._drains = 0
        self._is_counting = False
        self.place = S3Uri("")
        """The scanned place."""
        self.prefix = ""
        """The directory to read."""
        self.record: ScanRecord | None = None
        """None until it is read."""

    @property
    def is_running(self) -> bool:
        """True while the scan runs, here or in another process."""
        is_live = self.record is not None and self.record.state is ScanState.RUNNING
        return self._is_counting or is_live

    @property
    def root(self) -> str:
        """The directory of the scanned place."""
        return self.place.key[: self.place.key.rfind("/") + 1]

    def open(self, place: S3Uri, *, scan_id: str = "", count: bool = False) -> None:
        """Follow a scan by id, the newest scan of a place, or a count started now."""
        self.place, self._scan_id, self.record = place, scan_id, None
        self._is_counting, self._drains = False, 0
        self.prefix = self.root
        if count:
            self.count()
        elif scan_id:
            self.read()
        else:
            ask(self._pane, self._find, self._found, self._call_failed, group="read")

    def drained(self, events: Sequence[Event]) -> None:
        """Call ten times a second: finds the id of a new scan, and reads it twice a second."""
        for event in events:
            if isinstance(event, ScanProgress) and self._is_counting and self._is_of(event):
                is_first = not self._scan_id
                self._scan_id = event.scan_id
                if is_first:
                    self.read()
        if self.is_running:
            self._drains += 1
            if self.record is None:
                waited_s = self._drains // DRAINS_PER_S
                self._pane.table.say(counting_notice(self.place, waited_s))
            if self._scan_id and self._drains % READ_EVERY_DRAINS == 0:
                self.read()

    def read(self) -> None:
        """Read the directory in a thread."""
        scan_id, prefix = self._scan_id, self.prefix

        def read() -> ScanDirectory:
            scans = self._scans()
            return ScanDirectory(
                scans.record(scan_id),
                prefix,
                scans.total(scan_id, prefix),
                scans.children(scan_id, prefix),
            )

        ask(self._pane, read, self._was_read, self._call_failed, group="read")

    def count(self) -> None:
        """Count in a thread, and follow its events."""
        is_again = self.record is not None and self.record.is_complete
        self._scan_id, self._is_counting, self._drains = "", True, 0
        place = self.place
        self._pane.table.say(counting_notice(place, 0))

        def run() -> None:
            worker = get_current_worker()
            request = ScanRequest(is_cancelled=lambda: worker.is_cancelled)
            try:
                counted = self._scans().count(place, request, fresh=is_again)
            except S3NavError as error:
                if worker.is_cancelled:
                    return  # the scans may be closed, after a switch of the profile
                problem = error
                self._pane.post_message(Answered(lambda: self._ended(place, "", problem)))
                return
            scan_id, problem_ = counted.record.scan_id, counted.problem
            self._pane.post_message(Answered(lambda: self._ended(place, scan_id, problem_)))

        self._pane.run_worker(run, thread=True, group="count")

    def stop(self) -> None:
        """Stop counting; what was counted stays, and a later count continues from it."""
        workers = (w for w in self._pane.workers if w.node is self._pane and w.group == "count")
        if self.is_running and not any(worker.is_running for worker in workers):
            self._pane.notify("the bucket table counts it: x stops it there")
        self._pane.workers.cancel_group(self._pane, "count")

    def _is_of(self, event: ScanProgress) -> bool:
        return S3Uri(event.bucket, event.prefix) == self.place

    def _find(self) -> ScanRecord | None:
        kept = self._scans().history(self.place)
        complete = (record for record in kept if record.is_complete)
        running = (record for record in kept if record.state is ScanState.RUNNING)
        return next(running, None) or next(complete, None) or next(iter(kept), None)

    def _found(self, record: ScanRecord | None) -> None:
        if record is None:
            self.count()
            return
        self._scan_id = record.scan_id
        self.read()

    def _was_read(self, directory: ScanDirectory) -> None:
        if directory.prefix == self.prefix:
            self.record = directory.record
            self._call_read(directory)

    def _ended(self, place: S3Uri, scan_id: str, problem: S3NavError | None) -> None:
        if place != self.place:
            return
        self._is_counting = False
        if scan_id:
            self._scan_id = scan_id
            self.read()
        elif problem is not None:
            self._call_failed(problem)
            return
        if problem is not None:
            self._pane.report(problem)
