"""A side panel: a title, then names and values."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from s3nav.present.formatting import Span
from s3nav.tui.widgets.row_table import wrap

NAME_CELLS_LEAST = 10
NAME_CELLS_MOST = 16
"""Longer names are cut, because the value needs the space more."""


class Facts(Widget):
    """Long values are wrapped; lines that do not fit are left out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"facts--title", "facts--dim", "facts--bad"}
    DEFAULT_CSS = """
    Facts { height: 1fr; padding: 0 1; }
    Facts > .facts--title { text-style: bold; color: $accent; }
    Facts > .facts--dim { color: $text-muted; }
    Facts > .facts--bad { color: $error; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.title = ""
        self.facts: tuple[tuple[str, str], ...] = ()
        self.note: Span = ("", "")
        self._painted: tuple[list[list[tuple[str, str]]], Style] | None = None
        """Lines and style of the current paint; None between paints."""

    def show(
        self, title: str, facts: Sequence[tuple[str, str]] = (), *, note: Span = ("", "")
    ) -> None:
        """Replace everything; `note` is shown below the facts.

        Only changed lines are painted, because the panel changes with every move of the cursor.
        """
        width = self.size.width
        if not width:  # hidden: without a width, the changed lines are unknown
            self.title, self.facts, self.note = title, tuple(facts), note
            self.refresh()
            return
        before = self._lines(width)
        self.title, self.facts, self.note = title, tuple(facts), note
        pairs = enumerate(zip_longest(before, self._lines(width)))
        changed = [Region(0, y, width, 1) for y, (old, new) in pairs if old != new]
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines; the text is wrapped once for all of them."""
        self._painted = self._prepared()
        try:
            return super().render_lines(crop)
        finally:
            self._painted = None

    def render_line(self, y: int) -> Strip:
        """One line of the panel."""
        lines, base = self._painted or self._prepared()
        segments = []
        for text, part in lines[y] if y < len(lines) else ():
            style = (
                base + self.get_component_rich_style(f"facts--{part}", partial=True)
                if part
                else base
            )
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _prepared(self) -> tuple[list[list[tuple[str, str]]], Style]:
        return self._lines(max(1, self.size.width)), self.rich_style

    def _name_cells(self) -> int:
        """The width of the longest name with a gap, within bounds."""
        longest = max((cell_len(name) for name, _ in self.facts), default=0) + 1
        return min(max(longest, NAME_CELLS_LEAST), NAME_CELLS_MOST)

    def _lines(self, width: int) -> list[list[tuple[str, str]]]:
        lines: list[list[tuple[str, str]]] = [
            [(piece, "title")] for piece in wrap(self.title, width)[:3]
        ]
        lines.append([])
        cells = self._name_cells()
        for name, value in self.facts:
            shown = name if cell_len(name) < cells else set_cell_size(name, cells - 2) + "…"
            label = set_cell_size(shown, cells)
            for piece in wrap(value, max(8, width - cells)):
                lines.append([(label, "dim"), (piece, "")])
                label = " " * cells
        text, tone = self.note
        if text:
            part = tone if tone in {"dim", "bad"} else "dim"
            if self.facts:
                lines.append([])
            lines += [[(piece, part)] for piece in wrap(text, width)]
        return lines
