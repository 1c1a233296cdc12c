"""Decide which columns fit a width, and cut text to its column."""

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len, set_cell_size

from s3nav.present.formatting import Cell, Span, text_of
from s3nav.tui.widgets.row_table.rows import ColumnLayout

GAP = 2
"""Blank cells between columns."""


class Placed(msgspec.Struct, frozen=True):
    """A column with the place it got."""

    layout: ColumnLayout
    start: int
    width: int


def place(columns: Sequence[ColumnLayout], width: int) -> tuple[Placed, ...]:
    """Fit columns into `width` cells: drop the least important, share what is left over."""
    kept = list(columns)
    while _least(kept) > width and any(column.drop for column in kept):
        kept.remove(max(reversed(kept), key=lambda column: column.drop))
    widths = _grown(kept, max(0, width - _least(kept)))
    placed, start = [], 0
    for layout, wide in zip(kept, widths, strict=True):
        placed.append(Placed(layout, start, min(wide, max(0, width - start))))
        start += wide + GAP
    return tuple(placed)


def _least(columns: Sequence[ColumnLayout]) -> int:
    return sum(column.width for column in columns) + GAP * max(0, len(columns) - 1)


def _grown(columns: Sequence[ColumnLayout], spare: int) -> list[int]:
    """Hand out spare cells by flex, round by round, as columns reach their most."""
    widths = [column.width for column in columns]
    while spare > 0:
        open_ = [i for i, c in enumerate(columns) if c.flex and (not c.most or widths[i] < c.most)]
        if not open_:
            break
        shares, given = sum(columns[i].flex for i in open_), 0
        for i in open_:
            share = max(1, spare * columns[i].flex // shares)
            room = columns[i].most - widths[i] if columns[i].most else share
            taken = min(share, room, spare - given)
            widths[i] += taken
            given += taken
        spare -= given
    return widths


def fit(cell: Cell, layout: ColumnLayout, width: int, ellipsis: str = "…") -> tuple[Span, ...]:
    """A cell cut or padded to exactly `width` cells, its unit made quiet when asked for."""
    text = text_of(cell)
    wide = len(text) if text.isascii() else cell_len(text)
    if wide > width:
        cut = _cut(text, width, ellipsis, middle=layout.elide == "middle")
        tone = "" if isinstance(cell, str) else cell[0][1]
        return ((cut, tone),)
    spans = _quiet_unit(cell) if layout.dim_unit and isinstance(cell, str) else _spans(cell)
    padding: Span = (" " * (width - wide), "")
    return (padding, *spans) if layout.column.is_number else (*spans, padding)


def _spans(cell: Cell) -> tuple[Span, ...]:
    return ((cell, ""),) if isinstance(cell, str) else cell


def _quiet_unit(text: str) -> tuple[Span, ...]:
    number, space, unit = text.rpartition(" ")
    return ((number, ""), (space + unit, "dim")) if number else ((unit, ""),)


def _cut(text: str, width: int, ellipsis: str, *, middle: bool) -> str:
    room = width - cell_len(ellipsis)
    if room <= 0:
        return set_cell_size(text, max(0, width))
    if not middle:
        return set_cell_size(_head(text, room) + ellipsis, width)
    tail = _tail(text, room // 2)
    return set_cell_size(_head(text, room - cell_len(tail)) + ellipsis + tail, width)


def shortened(text: str, width: int, ellipsis: str = "…") -> str:
    """The text, without its middle when it is wider than `width` cells."""
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
