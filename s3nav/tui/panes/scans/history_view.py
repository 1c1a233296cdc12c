"""The overlay that shows the scans of a place, the newest first."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from s3nav.browse import ScanRecord, ScanState
from s3nav.model.places import S3Uri
from s3nav.present.buckets import at_least, covers, scan_facts, signed, signed_size
from s3nav.present.formatting import (
    Cell,
    Column,
    Icons,
    Notice,
    count,
    minute,
    number_of,
    progress_bar,
    safe_text,
    size,
)
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.panes.scan_messages import CompareWanted, ScanWanted
from s3nav.tui.panes.scans.scan_overlay import ScanOverlay
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

BAR_CELLS = 16
COLUMNS = (
    ColumnLayout(Column("started", "STARTED"), width=16),
    ColumnLayout(Column("covers", "COVERS"), width=18, flex=1, most=26),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=12, dim_unit=True),
    ColumnLayout(Column("bar", ""), width=BAR_CELLS, drop=3, sortable=False),
    ColumnLayout(Column("grown", "Δ BEFORE", is_number=True), width=12),
    ColumnLayout(Column("objects", "OBJECTS", is_number=True), width=13, drop=2),
    ColumnLayout(Column("requests", "REQUESTS", is_number=True), width=9, drop=4),
    ColumnLayout(Column("scan", "SCAN"), width=13, drop=1),
    ColumnLayout(Column("reason", ""), width=10, flex=2, drop=5, sortable=False),
)


class HistoryRows:
    """A row for each scan."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __init__(
        self,
        records: Sequence[ScanRecord],
        icons: Icons,
        *,
        size_style: str,
        now: Callable[[], datetime],
    ) -> None:
        self.records = records
        self._icons = icons
        self._size_style = size_style
        self._now = now
        self._largest = max((record.size_bytes for record in records), default=0)

    def __len__(self) -> int:
        return len(self.records)

    def key(self, row: int) -> str:
        """The scan's id."""
        return self.records[row].scan_id

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        record = self.records[row]
        cells: dict[str, Callable[[], Cell]] = {
            "started": lambda: minute(record.started_at),
            "covers": lambda: self._covers(record),
            "size": lambda: self._least(size(record.size_bytes, self._size_style), record),
            "bar": lambda: self._bar(record),
            "grown": lambda: self._grown(row),
            "objects": lambda: self._least(count(record.objects), record),
            "requests": lambda: ((count(record.requests), "dim"),),
            "scan": lambda: ((record.scan_id, "dim"),),
            "reason": lambda: ((safe_text(record.reason), "warn"),),
        }
        return cells[column]()

    def _least(self, text: str, record: ScanRecord) -> Cell:
        return signed(at_least(text, record), self._icons)

    def _covers(self, record: ScanRecord) -> Cell:
        said = covers(record.coverage, self._now())
        if record.state is ScanState.RUNNING:
            return ((f"{self._icons.running} {said}", "accent"),)
        return ((said, "good" if record.is_complete else "warn"),)

    def _bar(self, record: ScanRecord) -> Cell:
        share = record.size_bytes / self._largest if self._largest else 0.0
        full, rest = progress_bar(share, BAR_CELLS, ascii_only=self._icons.is_ascii)
        return ((full, "accent"), (rest, "dim"))

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [self._value(row, column) for row in range(len(self))]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches ids and dates."""
        for row in range(start, len(self)):
            record = self.records[row]
            if text.casefold() in f"{record.scan_id} {minute(record.started_at)}":
                yield row

    def grown_bytes(self, row: int) -> int | None:
        """Growth since the previous complete scan; None if that or this one is not complete."""
        record = self.records[row]
        before = next((r for r in self.records[row + 1 :] if r.is_complete), None)
        if before is None or not record.is_complete:
            return None
        return record.size_bytes - before.size_bytes

    def _grown(self, row: int) -> Cell:
        grown = self.grown_bytes(row)
        if grown is None:
            return (("–", "dim"),)
        return signed_size(grown, self._size_style)

    def _value(self, row: int, column: str) -> SortValue:
        record = self.records[row]
        values: dict[str, SortValue] = {
            "started": record.started_at.timestamp(),
            "covers": record.coverage.share or 0.0,
            "size": record.size_bytes,
            "grown": self.grown_bytes(row) or 0,
            "objects": record.objects,
            "requests": record.requests,
            "scan": record.scan_id,
        }
        return values[column]


class HistoryPane(ScanOverlay):
    """Opens a scan, compares two, or forgets one."""

    BINDINGS = bindings(Group.HISTORY)

    def __init__(self, *given, **named) -> None:  # type: ignore[no-untyped-def]  # see ScanOverlay
        super().__init__(*given, **named)
        self._at = S3Uri("")
        self._rows = self._rows_of(())

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.HISTORY

    def open(self, place: S3Uri) -> None:
        """Show the scans of a place."""
        self._at = place
        self._title.show([(f" {safe_text(str(place))}", "accent"), ("  scans", "dim")])
        self.table.say(Notice(title="reading…"))
        ask(self, lambda: self._scans.history(place), self._show, self._show_failure, group="read")

    def refresh_place(self) -> None:
        """See Pane."""
        self.open(self._at)

    def show_status(self) -> None:
        """Show how many scans there are."""
        marked = len(self.table.view.marks)
        said = f" · {count(marked)} marked" if marked else ""
        self.set_status([(number_of(len(self._rows), "scan"), "dim"), (said, "accent")])

    def on_row_table_moved(self) -> None:
        """Show the scan under the cursor at the side."""
        row = self.table.cursor_row
        if row is not None and row < len(self._rows):
            record = self._rows.records[row]
            facts = scan_facts(record, self._icons, self._size_style)
            self._side.show(f"scan {record.scan_id}", facts)

    def action_open(self) -> None:
        """Open the scan under the cursor."""
        record = self._under_cursor
        if record is not None:
            self.post_message(ScanWanted(self._at, scan_id=record.scan_id))

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def action_compare(self) -> None:
        """Compare two marked scans, or this one with the previous complete one."""
        marked = sorted(self.table.view.marks.values())
        row = self.table.cursor_row
        if len(marked) == 2:
            self._compare(marked[1], marked[0])
        elif marked:
            self.notify("mark exactly two scans to compare, or none", severity="warning")
        elif row is not None:
            older = (r for r in range(row + 1, len(self._rows)) if self._is_whole(r))
            before = next(older, None)
            if before is None:
                self.notify("there is no earlier complete scan", severity="warning")
            else:
                self._compare(before, row)

    def action_forget(self) -> None:
        """Forget the scan under the cursor; ask first."""
        record = self._under_cursor
        if record is None:
            return
        lines = (f"scan {record.scan_id} of {minute(record.started_at)}", "the objects in S3 stay")

        def forget(sure: bool | None) -> None:
            if sure:
                ask(
                    self,
                    lambda: self._scans.delete(record.scan_id),
                    lambda _: self.refresh_place(),
                    self.report,
                    group="forget",
                )

        self.app.push_screen(ConfirmModal("forget this scan?", lines, yes="forget"), forget)

    @property
    def _under_cursor(self) -> ScanRecord | None:
        row = self.table.cursor_row
        return None if row is None else self._rows.records[row]

    def _is_whole(self, row: int) -> bool:
        return self._rows.records[row].is_complete

    def _compare(self, before: int, after: int) -> None:
        ids = (self._rows.key(before), self._rows.key(after))
        self.post_message(CompareWanted(self._at, *ids))

    def _rows_of(self, records: Sequence[ScanRecord]) -> HistoryRows:
        return HistoryRows(records, self._icons, size_style=self._size_style, now=self.now)

    def _show(self, records: list[ScanRecord]) -> None:
        self._rows = self._rows_of(records)
        self.table.show(self._rows)
        self.table.say(Notice(title="never counted", lines=("esc goes back, z counts it there",)))
        self.show_status()
