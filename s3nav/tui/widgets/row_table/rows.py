"""What a row table shows: columns, cells with tones, and a source of rows."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

Tone = Literal["", "dim", "accent", "good", "warn", "bad"]
"""What a piece of text means; the theme says how that looks. Never the only sign of a state."""

Span = tuple[str, Tone]
Cell = str | tuple[Span, ...]
"""One value, already safe for a terminal: `present.units.safe_text` comes before it."""

SortValue = int | float | str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a row table. Widths are terminal cells."""

    key: str
    title: str
    width: int
    """The least it needs; a flexible column grows from here."""
    align: Literal["left", "right"] = "left"
    flex: int = 0
    """Share of the room that is left over; 0 never grows."""
    most: int = 0
    """Where a flexible column stops growing; 0 for never."""
    drop: int = 0
    """In a narrow terminal the highest goes first; 0 always stays."""
    elide: Literal["end", "middle"] = "end"
    dim_unit: bool = False
    """True for ``1.2 MiB``: what follows the last space is quiet."""
    sortable: bool = True


class RowSource(Protocol):
    """Rows by number, only ever growing at the end. All calls come from the UI thread."""

    @property
    def columns(self) -> Sequence[Column]:
        """Left to right."""
        ...

    @property
    def pinned(self) -> int:
        """How many rows at the top are neither sorted, filtered nor marked, such as ``../``."""
        ...

    def __len__(self) -> int: ...

    def cell(self, row: int, column: str) -> Cell:
        """The value to paint, already escaped."""
        ...

    def key(self, row: int) -> str:
        """What a mark remembers; unlike for every row."""
        ...

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """One comparable value a row, pinned rows included."""
        ...

    def matching(self, text: str, start: int) -> Iterable[int]:
        """Rows from `start` on that contain `text`, whatever its case, in order."""
        ...


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a table says instead of rows: why it is empty and what to do."""

    title: str
    lines: tuple[str, ...] = ()
    tone: Tone = "dim"


def text_of(cell: Cell) -> str:
    """The characters of a cell, tones forgotten."""
    return cell if isinstance(cell, str) else "".join(text for text, _ in cell)
