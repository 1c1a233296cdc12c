"""Decide which columns fit a width, and cut texts to their column."""

from collections.abc import Sequence
from typing import Self

import msgspec
from rich.cells import cell_len, set_cell_size

from s3nav.present.formatting import Cell, Span, text_of
from s3nav.tui.widgets.row_table.rows import ColumnLayout, RowSource

GAP = 2
"""Blank cells between columns."""


class Placed(msgspec.Struct, frozen=True):
    """A column with its position and width, in cells."""

    layout: ColumnLayout
    start: int
    width: int


class TableColumns:
    """The columns of a source that fit a width."""

    def __init__(self) -> None:
        self.placed: tuple[Placed, ...] = ()
        """Left to right."""
        self._placed_for: tuple[RowSource, int] | None = None

    def fit(self, source: RowSource, width: int) -> Self:
        """Place the columns, unless they are; returns itself."""
        if self._placed_for != (source, width):
            self._placed_for = source, width
            self.placed = place(source.columns, width)
        return self

    def next_to_sort(self, column: str) -> str:
        """The sortable column after another; empty for the order of the source, after the last."""
        keys = ["", *self._sortable()]
        return keys[(keys.index(column) + 1) % len(keys)] if column in keys else ""

    def first_to_sort(self) -> str:
        """The first sortable column; empty if there is none."""
        return next(iter(self._sortable()), "")

    def to_sort_at(self, x: int) -> str:
        """The sortable column at `x` cells from the first; empty if there is none."""
        for placed in self.placed:
            if placed.start <= x < placed.start + placed.width + GAP and placed.layout.sortable:
                return placed.layout.column.key
        return ""

    def _sortable(self) -> list[str]:
        return [placed.layout.column.key for placed in self.placed if placed.layout.sortable]


def place(columns: Sequence[ColumnLayout], width: int) -> tuple[Placed, ...]:
    """Fit columns into `width` cells: leave out the least important, share the spare width."""
    kept = list(columns)
    while _least(kept) > width and any(column.drop for column in kept):
        kept.remove(max(reversed(kept), key=lambda column: column.drop))
    widths = _grown(kept, max(0, width - _least(kept)))
    placed, start = [], 0
    for layout, wanted in zip(kept, widths, strict=True):
        placed.append(Placed(layout, start, min(wanted, max(0, width - start))))
        start += wanted + GAP
    return tuple(placed)


def _least(columns: Sequence[ColumnLayout]) -> int:
    return sum(column.width for column in columns) + GAP * max(0, len(columns) - 1)


def _grown(columns: Sequence[ColumnLayout], spare: int) -> list[int]:
    """The widths after sharing `spare` cells by flex.

    A column that reaches its most gives the rest back, so there are several rounds.
    """
    widths = [column.width for column in columns]
    while spare > 0:
        open_ = [i for i, c in enumerate(columns) if c.flex and (not c.most or widths[i] < c.most)]
        if not open_:
            break
        shares, given = sum(columns[i].flex for i in open_), 0
        for i in open_:
            share = max(1, spare * columns[i].flex // shares)
            free = columns[i].most - widths[i] if columns[i].most else share
            taken = min(share, free, spare - given)
            widths[i] += taken
            given += taken
        spare -= given
    return widths


def fit(cell: Cell, layout: ColumnLayout, width: int, ellipsis: str = "…") -> tuple[Span, ...]:
    """Cut or pad a cell to exactly `width` cells; dim its unit if the layout says so."""
    text = text_of(cell)
    # Most texts are ASCII, where `len` is exact and takes a tenth of the time of `cell_len`.
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        cut = _cut(text, width, ellipsis, middle=layout.elide == "middle")
        tone = "" if isinstance(cell, str) else cell[0][1]
        return ((cut, tone),)
    spans = _dimmed_unit(cell) if layout.dim_unit and isinstance(cell, str) else _spans(cell)
    padding: Span = (" " * (width - cells), "")
    return (padding, *spans) if layout.column.is_number else (*spans, padding)


def _spans(cell: Cell) -> tuple[Span, ...]:
    return ((cell, ""),) if isinstance(cell, str) else cell


def _dimmed_unit(text: str) -> tuple[Span, ...]:
    number, space, unit = text.rpartition(" ")
    return ((number, ""), (space + unit, "dim")) if number else ((unit, ""),)


def _cut(text: str, width: int, ellipsis: str, *, middle: bool) -> str:
    left = width - cell_len(ellipsis)
    if left <= 0:
        return set_cell_size(text, max(0, width))
    if not middle:
        return set_cell_size(_head(text, left) + ellipsis, width)
    tail = _tail(text, left // 2)
    return set_cell_size(_head(text, left - cell_len(tail)) + ellipsis + tail, width)


def shortened(text: str, width: int, ellipsis: str = "…") -> str:
    """The text in at most `width` cells, without its middle if it is longer."""
    return text if cell_len(text) <= width else _cut(text, width, ellipsis, middle=True)


def _head(text: str, width: int) -> str:
    taken = text[:width]
    while cell_len(taken) > width:
        taken = taken[:-1]
    return taken


def _tail(text: str, width: int) -> str:
    taken = text[len(text) - width :] if width else ""
    while cell_len(taken) > width:
        taken = taken[1:]
    return taken


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines, at a blank or behind a slash if possible, else anywhere."""
    pieces: list[str] = []
    while len(text) > width:
        at = _break_at(text, width)
        pieces.append(text[:at])
        text = text[at:].lstrip(" ")
    return [*pieces, text] if text or not pieces else pieces


def _break_at(text: str, width: int) -> int:
    """Where the next line begins. Words and parts of paths stay whole if they fit a line."""
    half = width // 2
    near = text.rfind(" ", half, width + 1)
    if near > 0:
        return near
    early = text.rfind(" ", 1, half)
    if early > 0 and len(text[early + 1 :].partition(" ")[0]) <= width:
        return early
    slash = text.rfind("/", half, width)
    return slash + 1 if slash > 0 else width
