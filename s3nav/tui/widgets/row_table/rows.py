"""What a row table needs of its rows: how wide columns are, and a source of cells."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from s3nav.present.formatting import Cell, Column

SortValue = int | float | str


class ColumnLayout(msgspec.Struct, frozen=True):
    """How a table paints a column. Widths are terminal cells."""

    column: Column
    width: int
    """The least it needs; a flexible column grows from here."""
    flex: int = 0
    """Share of the spare width; 0 never grows."""
    most: int = 0
    """The widest a flexible column gets; 0 for no limit."""
    drop: int = 0
    """In a narrow terminal the highest goes first; 0 always stays."""
    elide: Literal["end", "middle"] = "end"
    dim_unit: bool = False
    """True for ``1.2 MiB``: the unit after the last space is dimmed."""
    sortable: bool = True


class RowSource(Protocol):
    """Rows by number, only ever growing at the end. All calls come from the UI thread."""

    @property
    def columns(self) -> Sequence[ColumnLayout]:
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
        """What a mark remembers; different for every row."""
        ...

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """One comparable value a row, pinned rows included."""
        ...

    def matching(self, text: str, start: int) -> Iterable[int]:
        """Rows from `start` on that contain `text`, ignoring case, in order."""
        ...
