"""Over the buckets: the days for which the datasets of the settings have data, as a calendar."""

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.worker import get_current_worker

from s3nav.browse import Availability, DayCount
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event
from s3nav.present.buckets import days_title, gaps_note, why_no_days
from s3nav.present.formatting import Icons, Notice, Span, number_of, safe_text, size
from s3nav.transfer import ChangeDays, days_of_paths
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import Answered
from s3nav.tui.panes.buckets.availability_rows import AvailabilityRows, PathRow, rows_of
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.heat_map import Calendar, HeatMap
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable

EMPTY = Notice(
    title="no dataset is defined",
    lines=(
        "  add one to the settings file (`s3nav config show` names the file):",
        "",
        "  [datasets.fills]",
        '  bucket = "node-data"',
        '  date_pattern = "%Y%m%d"',
        '  paths = { current = "by_block/", legacy = "fills/" }',
    ),
)


class AvailabilityPane(Pane):
    """A row for each path set. Counting costs requests, so it starts only by a key."""

    BINDINGS = bindings(Group.AVAILABILITY)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._rows, self._wrong = self._read()

    def compose(self) -> ComposeResult:
        """Title, table, calendar, status, prompt."""
        title = Line()
        title.add_class("title")
        yield title
        yield RowTable(self._rows, markable=True, icons=self._icons)
        yield HeatMap(ascii_only=self._icons.is_ascii)
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.AVAILABILITY

    def on_mount(self) -> None:
        """Write the title."""
        self.query_one(".title", Line).show(
            [
                (" availability", "accent"),
                ("  the days with data, by path set", "dim"),
            ]
        )
        self._repaint()

    def load(self) -> None:
        """Forget what was counted: it may be another account now."""
        self.workers.cancel_group(self, "days")
        self._rows, self._wrong = self._read()
        self.table.show(self._rows)
        self._repaint()

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def handle_events(self, events: Sequence[Event]) -> None:
        """Show the progress of counting."""
        if any(row.counting for row in self._rows.rows):
            self._repaint()

    def close_overlay(self) -> bool:
        """See Pane; the last overlay is the pane itself."""
        return super().close_overlay() or self.leave()

    def show_status(self) -> None:
        """See Pane."""
        rows = self._rows.rows
        counted = [row.found for row in rows if row.found]
        whole = sum(found.complete for found in counted)
        left: list[Span] = [(f"{number_of(len(rows), 'path set')} · {whole} counted", "dim")]
        if counted:
            left.append((f" · {size(sum(f.size_bytes for f in counted), self._style)}", "dim"))
        if self._wrong:
            left.append((f" · {safe_text('; '.join(self._wrong))}", "warn"))
        self.set_status(left)
        self.table.say(EMPTY if not rows else Notice(title="no path set matches the filter"))

    def on_row_table_moved(self) -> None:
        """Show the calendar of the row under the cursor."""
        self._draw()

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_count()

    def action_count(self) -> None:
        """Count the marked path sets, or the one under the cursor."""
        at = self.table.cursor_row
        numbers = sorted(self.table.view.marks.values()) or ([] if at is None else [at])
        self._count([self._rows.rows[number] for number in numbers])

    def action_count_all(self) -> None:
        """Count every path set."""
        self._count(list(self._rows.rows))

    def action_stop(self) -> None:
        """Stop counting; what was counted stays, shown as a part."""
        self.workers.cancel_group(self, "days")
        for row in self._rows.rows:
            row.is_waiting = False
        self._repaint()

    def action_turn(self, pages: int) -> None:
        """Show earlier or later weeks."""
        self.query_one(HeatMap).turn(pages)

    def action_yank(self) -> None:
        """Copy the URI."""
        at = self.table.cursor_row
        if at is not None:
            self.copy(str(self._rows.rows[at].path.place))

    @property
    def _style(self) -> str:
        return self._session.settings.size_format

    def _read(self) -> tuple[AvailabilityRows, list[str]]:
        rows, wrong = rows_of(self._session.settings.datasets)
        return AvailabilityRows(rows, self._icons, size_style=self._style), wrong

    def _count(self, rows: list[PathRow]) -> None:
        """Count path sets one after the other in a thread; skip those under way."""
        idle = [row for row in rows if not row.is_waiting and row.counting is None]
        for row in idle:
            row.is_waiting = True
        self._repaint()

        def run() -> None:
            worker = get_current_worker()
            for row in idle:
                if worker.is_cancelled:
                    return
                try:
                    row.reader = days_of_paths(row.dataset)
                    counting = DayCount(
                        self._session.store(),
                        row.path.listed,
                        row.reader,
                        retry_attempts=self._session.settings.retry_attempts,
                        matches=row.path.matches,
                        requester_pays=row.dataset.requester_pays,
                    )
                    row.counting, row.is_waiting = counting, False
                    found = counting.run(lambda: worker.is_cancelled)
                except S3NavError as error:
                    row.counting, row.is_waiting = None, False
                    self.report(error)
                    continue
                self.post_message(Answered(partial(self._counted, row, found)))

        if idle:
            self.run_worker(run, thread=True, group="days")

    def _counted(self, row: PathRow, found: Availability) -> None:
        row.counting, row.found = None, found
        self._repaint()

    def _repaint(self) -> None:
        self.table.values_changed()
        self.show_status()
        self._draw()

    def _draw(self) -> None:
        """The calendar of the row under the cursor."""
        heat, at = self.query_one(HeatMap), self.table.cursor_row
        heat.display = at is not None
        if at is None:
            return
        row = self._rows.rows[at]
        title: list[Span] = [(safe_text(row.path.name), "accent")]
        found = row.found
        if found is None:
            text = "counting…" if row.counting else "z counts it by day, which costs requests"
            heat.show(tuple(title), None, note=(text, "dim"))
            return
        in_keys = not isinstance(row.reader, ChangeDays)
        pattern = row.reader.pattern if row.reader else ""
        title.append((f"  {days_title(found, pattern, in_keys=in_keys)}", "dim"))
        whole = found.looked_at
        if whole is None:
            heat.show(tuple(title), None, note=why_no_days(found))
            return
        sizes = {day: total.size_bytes for day, total in found.days.items()}
        calendar = Calendar(
            size_bytes=sizes, first=whole.first, last=whole.last, complete=found.complete
        )
        largest = size(max(sizes.values(), default=0), self._style)
        heat.show(tuple(title), calendar, legend=f"up to {largest} a day", note=gaps_note(found))
