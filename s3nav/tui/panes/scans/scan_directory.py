"""One level of a scan in a table, also while the scan is made."""

from collections.abc import Sequence

import msgspec
from textual.worker import get_current_worker

from s3nav.browse import PrefixTotal, ScanRecord, ScanRequest, ScanState
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScanProgress
from s3nav.model.places import S3Uri
from s3nav.present.buckets import counting_notice, scan_facts
from s3nav.present.formatting import Notice
from s3nav.tui.actions import Place
from s3nav.tui.ask import Answered, ask
from s3nav.tui.panes.location_history import crumbs
from s3nav.tui.panes.scans.scan_overlay import ScanOverlay
from s3nav.tui.panes.scans.scan_rows import ScanRows

LOOK_EVERY_DRAINS = 5
"""The totals of a running scan are read twice a second."""


class Seen(msgspec.Struct, frozen=True):
    """One look at a level of a scan."""

    record: ScanRecord
    prefix: str
    total: PrefixTotal | None
    children: list[PrefixTotal]


class ScanDirectory(ScanOverlay):
    """Follow a scan: find it or make it, look at a level of it now and then."""

    def __init__(self, *given, **named) -> None:  # type: ignore[no-untyped-def]  # see ScanOverlay
        super().__init__(*given, **named)
        self._at = S3Uri("")
        """The place that was counted."""
        self._scan_id = ""
        self._prefix = ""
        self._record: ScanRecord | None = None
        self._rows: ScanRows | None = None
        self._drains = 0
        self._is_counting = False
        self._wanted_name = ""
        """Put the cursor on this row: where the user came from."""

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.SCAN

    def open(self, place: S3Uri, *, scan_id: str = "", count: bool = False) -> None:
        """Show a scan, the newest of a place, or one made now."""
        self._at, self._scan_id, self._record = place, scan_id, None
        self._is_counting, self._drains = False, 0
        self._go(level_of(place))
        if count:
            self._count()
        elif scan_id:
            self._look()
        else:
            ask(self, self._find, self._found, self._cannot, group="look")

    def take(self, events: Sequence[Event]) -> None:
        """Learn which scan is ours, and look at it now and then while it runs."""
        for event in events:
            is_ours = isinstance(event, ScanProgress) and self._is_of(event)
            if is_ours and self._is_counting and isinstance(event, ScanProgress):
                is_first = not self._scan_id
                self._scan_id = event.scan_id
                if is_first:
                    self._look()
        if self._is_running:
            self._drains += 1
            if self._record is None:
                self.table.say(counting_notice(self._at, self._drains // 10))
            if self._scan_id and self._drains % LOOK_EVERY_DRAINS == 0:
                self._look()

    @property
    def _is_running(self) -> bool:
        is_live = self._record is not None and self._record.state is ScanState.RUNNING
        return self._is_counting or is_live

    def _is_of(self, event: ScanProgress) -> bool:
        return S3Uri(event.bucket, event.prefix) == self._at

    def _go(self, prefix: str) -> None:
        """Show another level, empty until it was looked at."""
        self._prefix, self._wanted_name = prefix, ""
        self._rows = ScanRows(prefix, self._icons, size_style=self._size_style)
        self._title.show_parts(crumbs(S3Uri(self._at.bucket, prefix)))
        self.table.show(self._rows)
        self.table.sort_by("size", descending=True)
        self.table.say(Notice(title="looking…"))

    def _find(self) -> ScanRecord | None:
        kept = self._scans.history(self._at)
        complete = (record for record in kept if record.is_complete)
        running = (record for record in kept if record.state is ScanState.RUNNING)
        return next(running, None) or next(complete, None) or next(iter(kept), None)

    def _found(self, record: ScanRecord | None) -> None:
        if record is None:
            self._count()
            return
        self._scan_id = record.scan_id
        self._look()

    def _count(self) -> None:
        """Count in a thread of its own; it is followed by its events."""
        self._scan_id, self._is_counting, self._drains = "", True, 0
        place, is_again = self._at, self._record is not None and self._record.is_complete
        self.table.say(counting_notice(place, 0))

        def run() -> None:
            worker = get_current_worker()
            wish = ScanRequest(is_cancelled=lambda: worker.is_cancelled)
            try:
                counted = self._scans.count(place, wish, fresh=is_again)
            except S3NavError as error:
                if worker.is_cancelled:
                    return  # the file may be closed: another profile is used now
                problem = error
                self.post_message(Answered(lambda: self._ended(place, "", problem)))
                return
            scan_id, problem_ = counted.record.scan_id, counted.problem
            self.post_message(Answered(lambda: self._ended(place, scan_id, problem_)))

        self.run_worker(run, thread=True, group="count", exit_on_error=False)

    def _ended(self, place: S3Uri, scan_id: str, problem: S3NavError | None) -> None:
        if place != self._at:
            return
        self._is_counting = False
        if scan_id:
            self._scan_id = scan_id
            self._look()
        elif problem is not None:
            self._cannot(problem)
            return
        if problem is not None:
            self.tell(problem)

    def _look(self) -> None:
        """Read the level as it stands, beside the UI."""
        scan_id, prefix = self._scan_id, self._prefix

        def look() -> Seen:
            return Seen(
                self._scans.record(scan_id),
                prefix,
                self._scans.total(scan_id, prefix),
                self._scans.children(scan_id, prefix),
            )

        ask(self, look, self._show, self._cannot, group="look")

    def _show(self, seen: Seen) -> None:
        rows = self._rows
        if rows is None or seen.prefix != rows.prefix:
            return
        self._record = seen.record
        was_empty = len(rows) == 1
        rows.update(seen.total, seen.children)
        self.table.values_changed()
        self._seek(was_empty=was_empty)
        empty = ("h goes up", "ctrl+r counts again")
        self.table.say(Notice(title="nothing below this prefix was counted", lines=empty))
        facts = scan_facts(seen.record, self._icons, self._size_style)
        self._side.show(f"scan {seen.record.scan_id}", facts)
        self.show_status()

    def _seek(self, *, was_empty: bool) -> None:
        """Put the cursor on the largest row of a new level, or where the user came from."""
        rows, view = self._rows, self.table.view
        if rows is None or not was_empty or len(rows) == 1:
            return
        names = [entry.name for entry in rows.entries]
        position = None
        if self._wanted_name and self._wanted_name in names:
            position = view.position_of(names.index(self._wanted_name) + 1)
        self.table.move_to(1 if position is None else position)


def level_of(place: S3Uri) -> str:
    """The level a scan of a place begins at."""
    return place.key[: place.key.rfind("/") + 1]
