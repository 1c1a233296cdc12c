"""The table of the cockpit, with its keys and mouse."""

from textual import events
from textual.message import Message

from s3nav.present.formatting import UNICODE, Icons
from s3nav.tui.actions import Group, bindings
from s3nav.tui.widgets.row_table.row_grid import HEADER_LINES, RowGrid
from s3nav.tui.widgets.row_table.row_layout import GAP
from s3nav.tui.widgets.row_table.row_paint import GUTTER
from s3nav.tui.widgets.row_table.rows import RowSource

WHEEL_LINES = 3


class RowTable(RowGrid):
    """Moves, marks and sorts. Panes decide what opening a row means."""

    BINDINGS = bindings(Group.LISTS, Group.MARKS)
    DEFAULT_CSS = """
    RowTable { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    RowTable > .row-table--header { color: $text-muted; }
    RowTable > .row-table--sorted { color: $accent; text-style: bold; }
    RowTable > .row-table--cursor { background: $block-cursor-background; text-style: bold; }
    RowTable > .row-table--cursor-blurred { background: $block-cursor-blurred-background; }
    RowTable > .row-table--marked { color: $accent; }
    RowTable > .row-table--title { text-style: bold; }
    RowTable > .row-table--dim { color: $text-muted; }
    RowTable > .row-table--accent { color: $accent; }
    RowTable > .row-table--good { color: $success; }
    RowTable > .row-table--warn { color: $warning; }
    RowTable > .row-table--bad { color: $error; }
    """

    class Opened(Message):
        """The user double-clicked a row."""

    class Marked(Message):
        """Marks or the range changed."""

    class FilterAsked(Message):
        """The user wants to type a filter."""

    def __init__(
        self,
        source: RowSource,
        *,
        markable: bool = False,
        icons: Icons = UNICODE,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(source, icons=icons, id=id)
        self.markable = markable

    def clear_marks(self) -> None:
        """Unmark everything."""
        self.view.marks.clear()
        self._marks_changed()

    def stop_range(self) -> None:
        """Stop marking a range; marks stay."""
        self.range_from = None
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys for marks if rows cannot be marked, so that the pane may use them."""
        return self.markable or action not in {"mark", "range", "invert"}

    def action_down(self) -> None:
        """Go to the next row."""
        self.move_to(self.cursor + 1)

    def action_up(self) -> None:
        """Go to the previous row."""
        self.move_to(self.cursor - 1)

    def action_top(self) -> None:
        """Go to the first row."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.move_to(len(self.view) - 1)

    def action_half(self, direction: int) -> None:
        """Go half a page, down for 1 and up for -1."""
        self.move_to(self.cursor + direction * max(1, self.body_lines // 2))

    def action_page(self, direction: int) -> None:
        """Go a page, down for 1 and up for -1."""
        self.move_to(self.cursor + direction * max(1, self.body_lines - 1))

    def action_mark(self) -> None:
        """Mark or unmark the row, and move down."""
        if self.cursor < len(self.view):
            self.view.toggle(self.cursor)
            self.refresh_position(self.cursor)
            self.move_to(self.cursor + 1)
            self.post_message(self.Marked())

    def action_range(self) -> None:
        """Start a range here, or mark from its start to here."""
        if self.range_from is None:
            self.range_from = self.cursor
        else:
            self.view.mark_between(self.range_from, self.cursor)
            self.range_from = None
        self._marks_changed()

    def action_invert(self) -> None:
        """Invert the marks of the rows shown."""
        self.view.invert()
        self._marks_changed()

    def action_sort(self) -> None:
        """Sort by the next column; after the last, restore the order of the source."""
        keys = ["", *self._sortable()]
        now = self.view.sort_column
        self.sort_by(keys[(keys.index(now) + 1) % len(keys)] if now in keys else "")

    def action_reverse(self) -> None:
        """Reverse the order; sort an unsorted table by its first column."""
        column = self.view.sort_column or next(iter(self._sortable()), "")
        if column:
            self.sort_by(column, descending=not self.view.descending)

    def action_filter(self) -> None:
        """Ask the pane to open the line for a filter."""
        self.post_message(self.FilterAsked())

    def _sortable(self) -> list[str]:
        return [placed.layout.column.key for placed in self.placed if placed.layout.sortable]

    def on_click(self, event: events.Click) -> None:
        """Sort by a clicked header, or go to a clicked row; open it on a double click."""
        if event.y < HEADER_LINES:
            self._sort_at(event.x)
            return
        position = self.position_at(event.y)
        if position < len(self.view):
            self.move_to(position)
            if event.chain == 2:
                self.post_message(self.Opened())

    def _sort_at(self, x: int) -> None:
        for placed in self.placed:
            start = GUTTER + placed.start
            if start <= x < start + placed.width + GAP and placed.layout.sortable:
                same = placed.layout.column.key == self.view.sort_column
                self.sort_by(placed.layout.column.key, descending=same and not self.view.descending)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the rows; keep the cursor on screen."""
        self._wheel(event, WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the rows; keep the cursor on screen."""
        self._wheel(event, -WHEEL_LINES)

    def _wheel(self, event: events.MouseEvent, lines: int) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True, force=True)
        first = self.scroll_offset.y
        self.move_to(max(first, min(self.cursor, first + self.body_lines - 1)))
