"""The overlay that shows what takes up the space of a place, one directory at a time."""

from collections.abc import Sequence

from s3nav.browse import PrefixTotal, ScanRecord
from s3nav.model.events import Event
from s3nav.model.places import S3Uri
from s3nav.present.buckets import scan_facts, scan_selection_words, scan_status
from s3nav.present.formatting import Icons, Notice
from s3nav.transfer import Source
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.location_history import crumbs, parent
from s3nav.tui.panes.scan_messages import CompareWanted, HistoryWanted
from s3nav.tui.panes.scans.scan_follower import ScanDirectory, ScanFollower
from s3nav.tui.panes.scans.scan_overlay import ScanOverlay
from s3nav.tui.panes.scans.scan_rows import ScanRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.line import Line


class ScanPane(ScanOverlay):
    """Shows a directory of a scan, the largest prefix first."""

    BINDINGS = bindings(Group.SCAN)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(session, icons, id=id)
        self._scan = ScanFollower(
            self, session.scans, read=self._show_directory, failed=self._show_failure
        )
        self._rows = ScanRows("", icons, size_style=self._size_style)
        self._cursor_name = ""
        """The row that gets the cursor: where the user came from."""

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.SCAN

    def open(self, place: S3Uri, *, scan_id: str = "", count: bool = False) -> None:
        """Show a scan by id, the newest scan of a place, or a count started now."""
        self._scan.place = place
        self._show_empty(self._scan.root)
        self._scan.open(place, scan_id=scan_id, count=count)

    def handle_events(self, events: Sequence[Event]) -> None:
        """See Pane."""
        self._scan.drained(events)

    def refresh_place(self) -> None:
        """See Pane: count again."""
        self.action_count()

    def show_status(self) -> None:
        """Show the totals of the scan, or of the marked prefixes."""
        record = self._scan.record
        if record is None:
            return
        totals = self._selected() if self.table.view.marks else []
        if totals:
            words = scan_selection_words(totals, record, self.now(), self._size_style)
            self.set_status([(f"{words} marked", "accent")])
        else:
            self.set_status(scan_status(record, self.now(), self._icons, self._size_style))

    # The directory shown

    def _go(self, prefix: str, *, cursor_on: str = "") -> None:
        """Show another directory of the same scan."""
        self._show_empty(prefix)
        self._cursor_name = cursor_on
        self._scan.prefix = prefix
        self._scan.read()

    def _show_empty(self, prefix: str) -> None:
        """Show a directory without rows until it is read."""
        self._cursor_name = ""
        self._rows = ScanRows(prefix, self._icons, size_style=self._size_style)
        self._title.show_parts(crumbs(S3Uri(self._scan.place.bucket, prefix)))
        self.table.show(self._rows)
        self.table.sort_by("size", descending=True)
        self.table.say(Notice(title="reading…"))

    def _show_directory(self, directory: ScanDirectory) -> None:
        rows = self._rows
        was_empty = len(rows) == 1
        rows.update(directory.total, directory.children)
        self.table.values_changed()
        if was_empty and len(rows) > 1:
            self._place_cursor()
        empty = ("h goes up", "ctrl+r counts again")
        self.table.say(Notice(title="no objects are counted here", lines=empty))
        facts = scan_facts(directory.record, self._icons, self._size_style)
        self._side.show(f"scan {directory.record.scan_id}", facts)
        self.show_status()

    def _place_cursor(self) -> None:
        """Put the cursor on the row the user came from, else on the largest."""
        names = [entry.name for entry in self._rows.entries]
        position = None
        if self._cursor_name and self._cursor_name in names:
            position = self.table.view.position_of(names.index(self._cursor_name) + 1)
        self.table.move_to(1 if position is None else position)

    # Keys

    def action_open(self) -> None:
        """Open the prefix under the cursor, or go up on ``../``."""
        row = self.table.cursor_row
        if row == 0:
            self.action_up()
        elif row is not None and self._rows.entries[row - 1].is_prefix:
            self._go(self._rows.prefix + self._rows.key(row))

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def action_up(self) -> None:
        """Go to the parent directory; from the scanned place, leave."""
        prefix = self._rows.prefix
        if prefix == self._scan.root:
            self.close_overlay()
            return
        above = parent(S3Uri(self._scan.place.bucket, prefix)).key
        self._go(above, cursor_on=prefix[len(above) :])

    def on_line_picked(self, event: Line.Picked) -> None:
        """Go to the clicked breadcrumb, if the scan has it."""
        event.stop()
        key = S3Uri.parse(event.target).key
        if key.startswith(self._scan.root):
            self._go(key)

    def action_count(self) -> None:
        """Count the place again, or continue a count that was stopped."""
        if not self._scan.is_running:
            self._scan.count()

    def action_stop(self) -> None:
        """Stop counting; what was counted stays, and a later count continues from it."""
        self._scan.stop()

    def action_history(self) -> None:
        """Show all scans of the place."""
        self.post_message(HistoryWanted(self._scan.place))

    def action_compare(self) -> None:
        """Show what changed since the previous complete scan."""
        record = self._scan.record
        if record is None:
            return

        def compare(before: ScanRecord | None) -> None:
            if before is None:
                self.notify("there is no earlier complete scan", severity="warning")
            else:
                wanted = CompareWanted(self._scan.place, before.scan_id, record.scan_id)
                self.post_message(wanted)

        ask(self, lambda: self._scans.complete_before(record), compare, self.report, group="before")

    def action_download(self) -> None:
        """Download the marked prefixes, or the one under the cursor; a dialog asks where to."""
        totals, record = self._selected(), self._scan.record
        if totals and record is not None:
            bucket = self._scan.place.bucket
            sources = tuple(Source(place=S3Uri(bucket, total.prefix)) for total in totals)
            words = scan_selection_words(totals, record, self.now(), self._size_style)
            self.post_message(self.DownloadWanted(sources, words))

    def action_yank(self) -> None:
        """Copy the URI of the row, or of the directory on ``../``."""
        row, rows = self.table.cursor_row, self._rows
        if row is not None:
            key = rows.prefix + (rows.key(row) if row else "")
            self.copy(str(S3Uri(self._scan.place.bucket, key)))

    def _selected(self) -> list[PrefixTotal]:
        """The marked prefixes, or the one under the cursor."""
        row, entries = self.table.cursor_row, self._rows.entries
        numbers = sorted(self.table.view.marks.values()) or ([row] if row else [])
        return [entries[n - 1].total for n in numbers if entries[n - 1].is_prefix]
