"""Columns, rows and cells of tables, the same for every front end.

A cell has tones, which say what a piece of text means; the theme says how that looks.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Datum = str | int | float | bool | Mapping[str, object] | None
"""Mappings appear only in JSON: counts by reason, totals by class."""
Tone = Literal["", "dim", "accent", "good", "warn", "bad"]
"""Never the only sign of a state: colours may be off, or look the same to the reader."""

Span = tuple[str, Tone]
Cell = str | tuple[Span, ...]
"""One value, already safe for a terminal: `safe_text` comes before it."""


class Column(msgspec.Struct, frozen=True):
    """A column: its key in data and its title on screen."""

    key: str
    title: str
    is_number: bool = False
    """True to align cells right."""


class Row(msgspec.Struct, frozen=True):
    """One row, by column: values for programs and cells for people."""

    values: Sequence[Datum]
    cells: Sequence[str]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a table shows instead of rows: why it is empty and what to do."""

    title: str
    lines: tuple[str, ...] = ()
    tone: Tone = "dim"


def text_of(cell: Cell) -> str:
    """The characters of a cell, without tones."""
    return cell if isinstance(cell, str) else "".join(text for text, _ in cell)
