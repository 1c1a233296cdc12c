"""Over the queue: the files of a job."""

from functools import partial

from textual.app import ComposeResult

from s3nav.present.formatting import Icons, Notice, Span, count, safe_text
from s3nav.transfer import ItemRecord, ItemState, JobRecord
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import Answered, ask, is_unwanted
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.transfers.queue_rows import FileRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable

FILES_A_PAGE = 1000
FILES_MOST = 100_000
"""Files shown of one job; `jobs show` lists all."""


class FilesPane(Pane):
    """Fills the table page by page from the journal; ctrl+r reads it again."""

    BINDINGS = bindings(Group.FILES)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._record: JobRecord | None = None
        self._rows = self._new_rows()

    def compose(self) -> ComposeResult:
        """Title, table, status, prompt."""
        yield Line(id="job-title")
        yield RowTable(self._rows, icons=self._icons)
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.FILES

    def load(self, record: JobRecord) -> None:
        """Show the files of a job."""
        self._record = record
        rows = self._rows = self._new_rows()
        self.table.show(rows)
        self.table.say(Notice(title="reading the journal…"))
        title = safe_text(record.title)
        target = safe_text(str(record.to or record.target))
        self.query_one("#job-title", Line).show(
            [(f" {title}", "accent"), (f"  to {target}", "dim")]
        )

        def read() -> None:
            transfers, offset = self._session.transfers(), 0
            while offset < FILES_MOST and not is_unwanted():
                page = transfers.items(record.job_id, offset=offset, limit=FILES_A_PAGE)
                self.post_message(Answered(partial(self._append, rows, page)))
                offset += len(page)
                if len(page) < FILES_A_PAGE:
                    return

        ask(self, read, lambda _: self._finish(), self.show_problem, group="files")

    def refresh_place(self) -> None:
        """See Pane."""
        if self._record is not None:
            self.load(self._record)

    def show_status(self) -> None:
        """Show how many files are in which state."""
        by_state = [(s, sum(item.state is s for item in self._rows.items)) for s in ItemState]
        states = " · ".join(f"{count(number)} {state}" for state, number in by_state if number)
        left: list[Span] = [(states or "no files", "dim")]
        if self._record and len(self._rows) < self._record.total_files:
            shown, total = count(len(self._rows)), count(self._record.total_files)
            left.append((f" · {shown} of {total} shown", "warn"))
        self.set_status(left)

    def close_overlay(self) -> bool:
        """See Pane; then this overlay itself."""
        return super().close_overlay() or self.leave()

    def action_yank(self) -> None:
        """Copy the file's URI."""
        row = self.table.cursor_row
        if row is not None:
            self.copy(self._rows.key(row))

    def _new_rows(self) -> FileRows:
        return FileRows(self._icons, size_style=self._session.settings.size_format)

    def _append(self, rows: FileRows, items: list[ItemRecord]) -> None:
        rows.items += items
        if rows is self._rows:
            self.table.grow()
            self.show_status()

    def _finish(self) -> None:
        self.table.grow(final=True)
        self.table.say(Notice(title="no files", lines=("esc goes back to the queue",)))
        self.show_status()
