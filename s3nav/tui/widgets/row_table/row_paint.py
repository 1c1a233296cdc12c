"""Turn the rows of a view into lines of the terminal.

A key press repaints one or two rows, a page key all of them, and each must be on screen within a
frame. So a painter is made once for each paint, with everything that is the same for its lines;
styles are combined once for each pair; and neighbouring spans of one tone become one segment,
because Textual handles each segment several times on its way to the screen.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from s3nav.present.formatting import Icons, Notice, Span, Tone
from s3nav.tui.widgets.row_table.row_layout import GAP, Placed, fit, wrap
from s3nav.tui.widgets.row_table.row_view import RowView

GUTTER = 3
"""Cells before the first column: cursor, mark, blank."""

MARGIN = 1
"""Blank cells after the last column."""

StyleOf = Callable[[str], Style]
"""Returns the style of a tone or a part (``header``, ``cursor``…) without the table's own."""


class RowPainter(msgspec.Struct, frozen=True, kw_only=True):
    """Paints the lines of one paint."""

    width: int
    placed: Sequence[Placed]
    icons: Icons
    base: Style
    style_of: StyleOf
    toned: dict[tuple[Tone, Style], Style] = msgspec.field(default_factory=dict)
    """Combined styles: a screen of rows needs the same few again and again."""

    def header(self, view: RowView) -> Strip:
        """The titles; the sorted column is highlighted and has an arrow."""
        plain, sorted_style = (
            self.base + self.style_of("header"),
            self.base + self.style_of("sorted"),
        )
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

    def row(self, view: RowView, row: int, *, cursor: str, marked: bool) -> Strip:
        """A row; `cursor` names the style of the cursor, empty if it is elsewhere."""
        base = self.base
        if marked:
            base += self.style_of("marked")
        if cursor:
            base += self.style_of(cursor)
        signs = f"{self.icons.cursor if cursor else ' '}{self.icons.marked if marked else ' '} "
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

    def notice(self, notice: Notice, line: int, lines: int) -> Strip:
        """Line `line` of a notice in `lines` free lines: it begins after a third of them."""
        width = max(8, self.width - 2 * GUTTER)
        titles = wrap(notice.title, width)
        texts = (*titles, *(piece for text in notice.lines for piece in wrap(text, width)))
        top = max(0, (lines - len(texts)) // 3)
        if not top <= line < top + len(texts):
            return self.blank()
        style = self.base + self.style_of("dim")
        if line < top + len(titles):
            style = self.base + self.style_of("title")
            if notice.tone not in {"", "dim"}:
                style = self._tone(notice.tone, style)
        text = texts[line - top]
        left = max(GUTTER, (self.width - max(len(t) for t in texts)) // 2)
        cut = text[: max(0, self.width - left)]
        return Strip([Segment(" " * left + cut, style)]).adjust_cell_length(self.width, self.base)

    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.width, self.base)

    def _tone(self, tone: Tone, base: Style) -> Style:
        if not tone:
            return base
        known = self.toned.get((tone, base))
        if known is None:
            known = self.toned[tone, base] = base + Style(color=self.style_of(tone).color)
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
