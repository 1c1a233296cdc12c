"""Where the room of a place goes: what the keys do on a level of a scan."""

from s3nav.browse import PrefixTotal, ScanRecord
from s3nav.model.places import S3Uri
from s3nav.present.buckets import scan_selection_words, scan_status
from s3nav.transfer import Source
from s3nav.tui.actions import Group, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.location_history import parent
from s3nav.tui.panes.scan_messages import CompareWanted, HistoryWanted
from s3nav.tui.panes.scans.scan_directory import ScanDirectory, level_of
from s3nav.tui.widgets.line import Line


class ScanPane(ScanDirectory):
    """Enter a prefix, go up, sort; count anew, download, compare."""

    BINDINGS = bindings(Group.SCAN)

    def refresh_place(self) -> None:
        """See Pane: count again."""
        self.action_count()

    def show_status(self) -> None:
        """The whole of the scan, or what is marked."""
        record = self._record
        if record is None:
            return
        totals = self._chosen() if self.table.view.marks else []
        if totals:
            said = scan_selection_words(totals, record, self.now(), self._size_style)
            self.set_status([(f"{said} marked", "accent")])
        else:
            self.set_status(scan_status(record, self.now(), self._icons, self._size_style))

    def action_open(self) -> None:
        """Enter the prefix under the cursor, or go up on ``../``."""
        row, rows = self.table.cursor_row, self._rows
        if row == 0:
            self.action_up()
        elif row is not None and rows is not None and rows.entries[row - 1].is_prefix:
            self._go(self._prefix + rows.key(row))
            self._look()

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_open()

    def action_up(self) -> None:
        """One level up; above the place is where the user came from."""
        if self._prefix == level_of(self._at):
            self.close_overlay()
            return
        above = parent(S3Uri(self._at.bucket, self._prefix)).key
        wanted = self._prefix[len(above) :]
        self._go(above)
        self._wanted_name = wanted
        self._look()

    def action_count(self) -> None:
        """Count the place again, or go on with a count that was stopped."""
        if not self._is_running:
            self._count()

    def action_stop(self) -> None:
        """Stop counting; what was counted stays, and is gone on with."""
        own = (w for w in self.workers if w.node is self and w.group == "count")
        if self._is_running and not any(worker.is_running for worker in own):
            self.notify("it is counted elsewhere; x in the bucket table stops it there")
        self.workers.cancel_group(self, "count")

    def action_history(self) -> None:
        """All scans of the place."""
        self.post_message(HistoryWanted(self._at))

    def action_compare(self) -> None:
        """What changed since the complete scan before this one."""
        record = self._record
        if record is None:
            return

        def compare(before: ScanRecord | None) -> None:
            if before is None:
                self.notify("there is no complete scan before this one", severity="warning")
            else:
                self.post_message(CompareWanted(self._at, before.scan_id, record.scan_id))

        ask(
            self,
            lambda: self._scans.complete_before(record),
            compare,
            self.tell,
            group="before",
        )

    def action_download(self) -> None:
        """Offer to queue what is marked, or the prefix under the cursor."""
        totals, record = self._chosen(), self._record
        if totals and record is not None:
            sources = tuple(Source(place=S3Uri(self._at.bucket, t.prefix)) for t in totals)
            said = scan_selection_words(totals, record, self.now(), self._size_style)
            self.post_message(self.DownloadWanted(sources, said))

    def action_yank(self) -> None:
        """Copy the URI of the row, or of the level on ``../``."""
        row, rows = self.table.cursor_row, self._rows
        if row is not None and rows is not None:
            self.copy(str(S3Uri(self._at.bucket, self._prefix + (rows.key(row) if row else ""))))

    def on_line_picked(self, event: Line.Picked) -> None:
        """A breadcrumb was clicked."""
        event.stop()
        key = S3Uri.parse(event.target).key
        if key.startswith(level_of(self._at)):
            self._go(key)
            self._look()

    def _chosen(self) -> list[PrefixTotal]:
        """The marked prefixes; the one under the cursor when none is marked."""
        rows, row = self._rows, self.table.cursor_row
        numbers = sorted(self.table.view.marks.values()) or ([row] if row else [])
        if rows is None:
            return []
        return [rows.entries[n - 1].total for n in numbers if rows.entries[n - 1].is_prefix]
