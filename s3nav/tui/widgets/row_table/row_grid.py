"""Show a row view: cursor, scrolling and paint, without keys.

Four measures keep the repaint after a key short with a million rows (`docs/performance.md` has the
numbers, `tests/benchmarks/bench_cockpit.py` takes them):

- only the lines on screen are rendered, and a move of the cursor repaints two of them;
- `PlainLines` replaces Textual's cache of lines, which looks up borders and padding for each line;
- what is the same for all lines of a paint is looked up once, in a `RowPainter`;
- component styles are kept until the theme changes.
"""

from typing import Any, ClassVar

from rich.style import Style

# Not public in Textual. Its version is bounded, and pictures in the tests show what changes.
from textual._styles_cache import StylesCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from s3nav.present.formatting import UNICODE, Icons, Notice
from s3nav.tui.widgets.row_table.row_layout import Placed, place
from s3nav.tui.widgets.row_table.row_paint import GUTTER, MARGIN, RowPainter
from s3nav.tui.widgets.row_table.row_view import RowView
from s3nav.tui.widgets.row_table.rows import RowSource

HEADER_LINES = 1
_TONES = ("dim", "accent", "good", "warn", "bad")
_STYLES = ("header", "sorted", "cursor", "cursor-blurred", "marked", "title", *_TONES)


class PlainLines(StylesCache):
    """Lines that the widget paints completely: no border, padding, outline, hatch or opacity.

    Looking them up for each line cost a fifth of the work of a screen.
    """

    def render_line(self, *line: Any, **_more: Any) -> Strip:
        """Return the line as the widget renders it."""
        y, render_content_line = line[1], line[7]
        strip: Strip = render_content_line(y)
        return strip


class RowGrid(ScrollView, can_focus=True):
    """Renders only the rows on screen; the first line is the header."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"row-table--{name}" for name in _STYLES}

    class Moved(Message):
        """The cursor is on another row, or on none."""

    class Sorted(Message):
        """The order changed."""

    def __init__(
        self,
        source: RowSource,
        *,
        icons: Icons = UNICODE,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._styles_cache = PlainLines()
        self.view = RowView(source)
        self.icons = icons
        self.cursor = 0
        """Position in the view; 0 also while there are no rows."""
        self.notice: Notice | None = None
        """Shown in place of rows while there are none."""
        self.range_from: int | None = None
        """Position where marking a range began; None if none is being marked."""
        self._placed: tuple[Placed, ...] = ()
        self._styles: dict[str, Style] = {}
        self._painter: RowPainter | None = None
        """The painter of the current paint; None between paints."""

    @property
    def source(self) -> RowSource:
        """The rows behind the view."""
        return self.view.source

    @property
    def cursor_row(self) -> int | None:
        """The row under the cursor; None if no row is shown."""
        return self.view.row_at(self.cursor) if self.cursor < len(self.view) else None

    @property
    def has_free_rows(self) -> bool:
        """True if a row is shown that is not pinned."""
        return len(self.view) > min(self.source.pinned, len(self.view))

    @property
    def body_lines(self) -> int:
        """The number of lines for rows."""
        return max(0, self.size.height - HEADER_LINES)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The columns that fit, left to right."""
        if not self._placed:
            self._placed = place(self.source.columns, self.size.width - GUTTER - MARGIN)
        return self._placed

    def show(self, source: RowSource, *, cursor: int = 0) -> None:
        """Show another source, without sort, filter and marks."""
        self.view = RowView(source)
        self.range_from = None
        self._placed = ()
        self.cursor = min(cursor, max(0, len(self.view) - 1))
        self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._rows_changed()
        self.post_message(self.Moved())

    def grow(self, *, final: bool = False) -> None:
        """Show the rows that the source has gained; the cursor stays on its row."""
        was_empty, row = not len(self.view), self.cursor_row
        if self.view.grow(final=final) or final:
            self._keep_row(row)
            if was_empty and len(self.view):
                self.post_message(self.Moved())

    def values_changed(self) -> None:
        """Call when values of the source changed: sorts again if needed, and paints."""
        row = self.cursor_row
        if self.view.sort_column or self.view.filter_text:
            self.view.rebuild()
        else:
            self.view.grow()
        self._keep_row(row)

    def say(self, notice: Notice | None) -> None:
        """Set the notice that is shown while there are no rows."""
        if notice != self.notice:
            self.notice = notice
            if not self.has_free_rows:
                self.refresh()

    def filter_by(self, text: str) -> None:
        """Show only rows that contain `text`; put the cursor on the first."""
        self.view.filter_by(text)
        self.range_from = None
        self.cursor = min(self.source.pinned, max(0, len(self.view) - 1))
        self._rows_changed()
        self.post_message(self.Moved())

    def sort_by(self, column: str, *, descending: bool = False) -> None:
        """Sort by a column, or restore the source's order if empty; the cursor stays on its row."""
        row = self.cursor_row
        self.view.sort_by(column, descending=descending)
        self.range_from = None
        self._keep_row(row)
        self.post_message(self.Sorted())

    def move_to(self, position: int) -> None:
        """Move the cursor to a position, or to the nearest one that exists."""
        target = max(0, min(position, len(self.view) - 1))
        if target == self.cursor:
            return
        before, self.cursor = self.cursor, target
        if self.range_from is not None:
            self.refresh()
        self.refresh_position(before)
        self.refresh_position(target)
        self._follow()
        self.post_message(self.Moved())

    def position_at(self, y: int) -> int:
        """The position painted on line `y` of the widget."""
        return self.scroll_offset.y + y - HEADER_LINES

    def refresh_position(self, position: int) -> None:
        """Paint one row again."""
        y = position - self.scroll_offset.y + HEADER_LINES
        if HEADER_LINES <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _keep_row(self, row: int | None) -> None:
        position = self.view.position_of(row) if row is not None else None
        last = max(0, len(self.view) - 1)
        before, self.cursor = self.cursor, min(self.cursor, last) if position is None else position
        self._rows_changed(follow=self.cursor != before)

    def _rows_changed(self, *, follow: bool = True) -> None:
        self.virtual_size = Size(self.size.width, len(self.view) + HEADER_LINES)
        if follow:
            self._follow()
        self.refresh()

    def _follow(self) -> None:
        """Scroll as little as needed to show the cursor."""
        top, lines = self.scroll_offset.y, self.body_lines
        if lines and self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        elif lines and self.cursor >= top + lines:
            self.scroll_to(y=self.cursor - lines + 1, animate=False, immediate=True, force=True)

    def on_resize(self) -> None:
        """Place the columns for the new width."""
        self._placed = ()
        self._rows_changed()

    def notify_style_update(self) -> None:
        """Forget computed styles when the theme changes."""
        super().notify_style_update()
        self._styles = {}

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines with one painter."""
        self._painter = self._new_painter()
        try:
            return super().render_lines(crop)
        finally:
            self._painter = None

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the header, a row, a notice, or nothing."""
        painter = self._painter or self._new_painter()
        if y < HEADER_LINES:
            return painter.header(self.view)
        position = self.position_at(y)
        if position < len(self.view):
            return self._paint_row(painter, position)
        if self.notice and not self.has_free_rows:
            free = self.body_lines - len(self.view)
            return painter.notice(self.notice, y - HEADER_LINES - len(self.view), free)
        return painter.blank()

    def _new_painter(self) -> RowPainter:
        return RowPainter(
            width=self.size.width,
            placed=self.placed,
            icons=self.icons,
            base=self.rich_style,
            style_of=self._style,
        )

    def _paint_row(self, painter: RowPainter, position: int) -> Strip:
        row, cursor = self.view.row_at(position), ""
        if position == self.cursor:
            cursor = "cursor" if self.has_focus else "cursor-blurred"
        marked = self.view.is_marked(row) or self._is_in_range(position, row)
        return painter.row(self.view, row, cursor=cursor, marked=marked)

    def _is_in_range(self, position: int, row: int) -> bool:
        if self.range_from is None or row < self.source.pinned:
            return False
        low, high = sorted((self.range_from, self.cursor))
        return low <= position <= high

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(f"row-table--{name}", partial=True)
        return self._styles[name]
