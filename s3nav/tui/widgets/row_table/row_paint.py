"""Turn rows of a view into strips of a terminal line."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from s3nav.present.formatting import Icons, Notice, Span, Tone
from s3nav.tui.widgets.row_table.row_layout import GAP, Placed, fit, wrap
from s3nav.tui.widgets.row_table.row_view import RowView

GUTTER = 3
"""Cells before the first column: cursor sign, mark sign, blank."""

MARGIN = 1
"""Blank cells behind the last column."""

StyleOf = Callable[[str], Style]
"""Gives the style of a tone or a part (``header``, ``cursor``…), without its parent's."""


class RowPainter(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every line of one paint."""

    width: int
    placed: Sequence[Placed]
    icons: Icons
    base: Style
    style_of: StyleOf
    toned: dict[tuple[Tone, Style], Style] = msgspec.field(default_factory=dict)
    """Styles put together already: a screen of rows needs the same few again and again."""

    def header(self, view: RowView) -> Strip:
        """Column titles; the sorted one is highlighted and has an arrow."""
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
        """One row; `cursor` names its style, empty when the cursor is elsewhere."""
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
        """Line `line` of `lines` free ones: a title and what to do, a third from the top."""
        room = max(8, self.width - 2 * GUTTER)
        titles = wrap(notice.title, room)
        texts = (*titles, *(piece for text in notice.lines for piece in wrap(text, room)))
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
        """A line without anything."""
        return Strip.blank(self.width, self.base)

    def _tone(self, tone: Tone, base: Style) -> Style:
        if not tone:
            return base
        known = self.toned.get((tone, base))
        if known is None:
            known = self.toned[tone, base] = base + Style(color=self.style_of(tone).color)
        return known


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Neighbours of one tone as one: each span costs at every stage on its way to the screen."""
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
