"""The table of the cockpit, with its keys and mouse.

`RowTable` is what Textual sees: it passes keys, clicks and new rows to the pieces it is made of,
scrolls, asks for a repaint, and posts messages. `RowView` knows the order, filter and marks,
`RowCursor` the cursor, `RowWindow` which rows are on screen, `TableColumns` which columns fit.

Four measures keep the repaint after a key short with a million rows (`docs/performance.md` has the
numbers, `tests/benchmarks/bench_cockpit.py` takes them):

- only the lines on screen are rendered, and a move of the cursor repaints two of them;
- `PlainLines` replaces Textual's cache of lines, which looks up borders and padding for each line;
- what is the same for all lines of a paint is looked up once, in a `RowPainter`;
- component styles are kept until the theme changes.
"""

from functools import partial
from typing import Any, ClassVar

from textual import events, on

# Not public in Textual. Its version is bounded, and pictures in the tests show what changes.
from textual._styles_cache import StylesCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from s3nav.present.formatting import UNICODE, Icons, Notice
from s3nav.tui.actions import Group, bindings
from s3nav.tui.widgets.row_table.row_cursor import RowCursor
from s3nav.tui.widgets.row_table.row_layout import TableColumns
from s3nav.tui.widgets.row_table.row_paint import GUTTER, MARGIN, RowPainter
from s3nav.tui.widgets.row_table.row_styles import ROW_CLASSES, ROW_CSS, RowStyles
from s3nav.tui.widgets.row_table.row_view import RowView
from s3nav.tui.widgets.row_table.row_window import HEADER_LINES, RowWindow, Step
from s3nav.tui.widgets.row_table.rows import RowSource

WHEEL_LINES = 3


class PlainLines(StylesCache):
    """Lines that the widget paints completely: no border, padding, outline, hatch or opacity.

    Looking them up for each line cost a fifth of the work of a screen.
    """

    def render_line(self, *line: Any, **_more: Any) -> Strip:
        """Return the line as the widget renders it."""
        y, render_content_line = line[1], line[7]
        strip: Strip = render_content_line(y)
        return strip


class RowTable(ScrollView, can_focus=True):
    """Shows, sorts and marks rows. Panes decide what opening a row means."""

    BINDINGS = bindings(Group.LISTS, Group.MARKS)
    COMPONENT_CLASSES: ClassVar[set[str]] = ROW_CLASSES
    DEFAULT_CSS = ROW_CSS

    class Moved(Message):
        """The cursor is on another row, or on none."""

    class Opened(Message):
        """The user double-clicked a row."""

    class Changed(Message):
        """The order, the marks or the range changed."""

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
        super().__init__(id=id)
        self._styles_cache = PlainLines()
        self.cursor = RowCursor(RowView(source))
        self.markable = markable
        self.icons = icons
        self.notice: Notice | None = None
        """Shown in place of rows while there are none."""
        self._columns = TableColumns()
        self._row_styles = RowStyles(partial(self.get_component_rich_style, partial=True))
        self._painter: RowPainter | None = None
        """The painter of the current paint; None between paints."""

    @property
    def view(self) -> RowView:
        """Which rows are shown, in which order, and which are marked."""
        return self.cursor.view

    @property
    def cursor_row(self) -> int | None:
        """The row under the cursor; None if no row is shown."""
        return self.cursor.row

    def show(self, source: RowSource, *, cursor: int = 0) -> None:
        """Show another source, without sort, filter and marks."""
        self.cursor = RowCursor(RowView(source), cursor)
        self._scroll_to_top(0)
        self._rows_changed()
        self.post_message(self.Moved())

    def grow(self, *, final: bool = False) -> None:
        """Show the rows that the source has gained; the cursor stays on its row."""
        was_empty, before = not len(self.view), self.cursor.position
        if self.cursor.grow(final=final):
            self._rows_changed(follow=self.cursor.position != before)
            if was_empty and len(self.view):
                self.post_message(self.Moved())

    def values_changed(self) -> None:
        """Call when values of the source changed: sorts again if needed, and paints."""
        self._rows_changed(follow=self.cursor.values_changed())

    def say(self, notice: Notice | None) -> None:
        """Set the notice that is shown while there are no rows."""
        if notice != self.notice:
            self.notice = notice
            if not self.view.has_free_rows:
                self.refresh()

    def filter_by(self, text: str) -> None:
        """Show only rows that contain `text`; put the cursor on the first."""
        self.cursor.filter_by(text)
        self._rows_changed()
        self.post_message(self.Moved())

    def sort_by(self, column: str, *, descending: bool = False) -> None:
        """Sort by a column, or restore the source's order if empty; the cursor stays on its row."""
        self._rows_changed(follow=self.cursor.sort_by(column, descending=descending))
        self.post_message(self.Changed())

    def move_to(self, position: int) -> None:
        """Move the cursor to a position, or to the nearest one that exists."""
        before = self.cursor.position
        if not self.cursor.move_to(position):
            return
        if self.cursor.range_from is not None:
            self.refresh()
        self._refresh_position(before)
        self._refresh_position(self.cursor.position)
        self._follow()
        self.post_message(self.Moved())

    def clear_marks(self) -> None:
        """Unmark everything."""
        self.view.marks.clear()
        self._marks_changed()

    def stop_range(self) -> None:
        """Stop marking a range; marks stay."""
        self.cursor.range_from = None
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Changed())

    def _rows_changed(self, *, follow: bool = True) -> None:
        self.virtual_size = Size(self.size.width, len(self.view) + HEADER_LINES)
        if follow:
            self._follow()
        self.refresh()

    def _follow(self) -> None:
        """Scroll as little as needed to show the cursor."""
        window = self._window()
        if (top := window.top_for(self.cursor.position)) != window.top:
            self._scroll_to_top(top)

    def _scroll_to_top(self, position: int) -> None:
        self.scroll_to(y=position, animate=False, immediate=True, force=True)

    def _window(self) -> RowWindow:
        lines = max(0, self.size.height - HEADER_LINES)
        return RowWindow(self.scroll_offset.y, lines, rows=len(self.view))

    def _refresh_position(self, position: int) -> None:
        """Paint one row again."""
        y = self._window().line_of(position)
        if y is not None:
            self.refresh(Region(0, y, self.size.width, 1))

    def _placed_columns(self) -> TableColumns:
        return self._columns.fit(self.view.source, self.size.width - GUTTER - MARGIN)

    def on_resize(self) -> None:
        """Adapt to the new size."""
        self._rows_changed()

    def notify_style_update(self) -> None:
        """Forget computed styles when the theme changes."""
        super().notify_style_update()
        self._row_styles.forget()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines with one painter."""
        self._painter = self._new_painter()
        try:
            return super().render_lines(crop)
        finally:
            self._painter = None

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the titles, a row, a notice, or nothing."""
        return (self._painter or self._new_painter()).line(y)

    def _new_painter(self) -> RowPainter:
        return RowPainter(
            width=self.size.width,
            window=self._window(),
            placed=self._placed_columns().placed,
            cursor=self.cursor,
            has_focus=self.has_focus,
            notice=self.notice,
            icons=self.icons,
            base=self.rich_style,
            styles=self._row_styles,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys for marks if rows cannot be marked, so that the pane may use them."""
        return self.markable or action not in {"mark", "range", "invert"}

    def action_move(self, step: Step, direction: int) -> None:
        """Go a step, down for 1 and up for -1."""
        self.move_to(self.cursor.position + direction * self._window().rows_in(step))

    def action_mark(self) -> None:
        """Mark or unmark the row, and move down."""
        if self.cursor_row is not None:
            self.view.toggle(self.cursor.position)
            self._refresh_position(self.cursor.position)
            self.move_to(self.cursor.position + 1)
            self.post_message(self.Changed())

    def action_range(self) -> None:
        """Start a range here, or mark from its start to here."""
        self.cursor.mark_range()
        self._marks_changed()

    def action_invert(self) -> None:
        """Invert the marks of the rows shown."""
        self.view.invert()
        self._marks_changed()

    def action_sort(self) -> None:
        """Sort by the next column; after the last, restore the order of the source."""
        self.sort_by(self._placed_columns().next_to_sort(self.view.sort_column))

    def action_reverse(self) -> None:
        """Reverse the order; sort an unsorted table by its first column."""
        column = self.view.sort_column or self._placed_columns().first_to_sort()
        if column:
            self.sort_by(column, descending=not self.view.descending)

    def action_filter(self) -> None:
        """Ask the pane to open the line for a filter."""
        self.post_message(self.FilterAsked())

    def on_click(self, event: events.Click) -> None:
        """Sort by a clicked title, or go to a clicked row; open it on a double click."""
        position = self._window().position_at(event.y)
        if event.y < HEADER_LINES:
            self._sort_at(event.x)
        elif position is not None:
            self.move_to(position)
            if event.chain == 2:
                self.post_message(self.Opened())

    def _sort_at(self, x: int) -> None:
        column = self._placed_columns().to_sort_at(x - GUTTER)
        if column:
            again = column == self.view.sort_column
            self.sort_by(column, descending=again and not self.view.descending)

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def scroll_rows(self, event: events.MouseScrollDown | events.MouseScrollUp) -> None:
        """Scroll the rows; keep the cursor on screen."""
        event.stop()
        event.prevent_default()
        lines = WHEEL_LINES if isinstance(event, events.MouseScrollDown) else -WHEEL_LINES
        self._scroll_to_top(self.scroll_offset.y + lines)
        self.move_to(self._window().nearest(self.cursor.position))
