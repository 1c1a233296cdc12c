"""Turn titles, rows and notices into lines of the terminal.

A key press repaints one or two rows, a page key all of them, and each must be on screen within a
frame. So a painter is made once for each paint, with everything that is the same for its lines;
styles are combined once for each pair; and neighbouring spans of one tone become one segment,
because Textual handles each segment several times on its way to the screen.
"""

from collections.abc import Iterator, Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from s3nav.present.formatting import Icons, Notice, Span, Tone
from s3nav.tui.widgets.row_table.row_cursor import RowCursor
from s3nav.tui.widgets.row_table.row_layout import GAP, Placed, fit, wrap
from s3nav.tui.widgets.row_table.row_styles import RowStyles
from s3nav.tui.widgets.row_table.row_window import HEADER_LINES, RowWindow

GUTTER = 3
"""Cells before the first column: cursor, mark, blank."""

MARGIN = 1
"""Blank cells after the last column."""


class RowPainter(msgspec.Struct, frozen=True, kw_only=True):
    """Paints the lines of one paint: the titles, and below them rows or a notice."""

    width: int
    window: RowWindow
    placed: Sequence[Placed]
    cursor: RowCursor
    has_focus: bool
    notice: Notice | None
    icons: Icons
    base: Style
    styles: RowStyles
    toned: dict[tuple[Tone, Style], Style] = msgspec.field(default_factory=dict)
    """Combined styles: a screen of rows needs the same few again and again."""

    def line(self, y: int) -> Strip:
        """Line `y` of the table."""
        if y < HEADER_LINES:
            return self._titles()
        position = self.window.position_at(y)
        if position is not None:
            return self._row(position)
        if self.notice and not self.cursor.view.has_free_rows:
            rows = self.window.rows
            return self._notice(self.notice, y - HEADER_LINES - rows, self.window.lines - rows)
        return self._blank()

    def _titles(self) -> Strip:
        """The titles; the sorted column is highlighted and has an arrow."""
        view, plain = self.cursor.view, self.base + self.styles.of("header")
        sorted_style = self.base + self.styles.of("sorted")
        segments = [Segment(" " * GUTTER, plain)]
        for i, placed in enumerate(self.placed):
            title, style = placed.layout.column.title, plain
            if placed.layout.column.key == view.sort_column:
                title += self.icons.descending if view.descending else self.icons.ascending
                style = sorted_style
            spans = fit(title, placed.layout, placed.width, self.icons.ellipsis)
            segments.append(Segment(" " * GAP if i else "", plain))
            segments += [Segment(text, style) for text, _ in spans]
        return Strip(segments).adjust_cell_length(self.width, plain)

    def _row(self, position: int) -> Strip:
        """A row; if it is under the cursor it stands out, more so with the focus."""
        view, base = self.cursor.view, self.base
        row, is_under_cursor = view.row_at(position), position == self.cursor.position
        is_marked = self.cursor.is_marked(position, row)
        if is_marked:
            base += self.styles.of("marked")
        if is_under_cursor:
            base += self.styles.of("cursor" if self.has_focus else "cursor-blurred")
        at, mark = self.icons.cursor, self.icons.marked
        signs = f"{at if is_under_cursor else ' '}{mark if is_marked else ' '} "
        spans: list[Span] = [(signs, "accent")]
        taken = GUTTER
        for i, placed in enumerate(self.placed):
            if i:
                spans.append((" " * GAP, ""))
                taken += GAP
            cell = view.source.cell(row, placed.layout.column.key)
            spans += fit(cell, placed.layout, placed.width, self.icons.ellipsis)
            taken += placed.width
        spans.append((" " * (self.width - taken), ""))
        segments = [Segment(text, self._tone(tone, base)) for text, tone in _joined(spans)]
        if taken <= self.width:
            return Strip(segments, self.width)
        return Strip(segments).adjust_cell_length(self.width, base)

    def _notice(self, notice: Notice, line: int, lines: int) -> Strip:
        """Line `line` of a notice in `lines` free lines: it begins after a third of them."""
        width = max(8, self.width - 2 * GUTTER)
        titles = wrap(notice.title, width)
        texts = (*titles, *(piece for text in notice.lines for piece in wrap(text, width)))
        top = max(0, (lines - len(texts)) // 3)
        if not top <= line < top + len(texts):
            return self._blank()
        style = self.base + self.styles.of("dim")
        if line < top + len(titles):
            style = self.base + self.styles.of("title")
            if notice.tone not in {"", "dim"}:
                style = self._tone(notice.tone, style)
        text = texts[line - top]
        left = max(GUTTER, (self.width - max(len(t) for t in texts)) // 2)
        cut = text[: max(0, self.width - left)]
        return Strip([Segment(" " * left + cut, style)]).adjust_cell_length(self.width, self.base)

    def _blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.width, self.base)

    def _tone(self, tone: Tone, base: Style) -> Style:
        if not tone:
            return base
        known = self.toned.get((tone, base))
        if known is None:
            known = self.toned[tone, base] = base + Style(color=self.styles.of(tone).color)
        return known


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Join neighbours of one tone."""
    text, tone = "", spans[0][1]
    for more, other in spans:
        if other == tone:
            text += more
        else:
            if text:
                yield text, tone
            text, tone = more, other
    if text:
        yield text, tone
