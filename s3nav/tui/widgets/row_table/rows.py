"""What a row table shows: columns with their widths, and a source of cells."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from s3nav.present.formatting import Cell, Column

SortValue = int | float | str


class ColumnLayout(msgspec.Struct, frozen=True):
    """How a table shows a column. Widths are in terminal cells."""

    column: Column
    width: int
    """The least width; a flexible column grows from here."""
    flex: int = 0
    """Its share of the spare width; 0 for a column that does not grow."""
    most: int = 0
    """The widest a flexible column gets; 0 for no limit."""
    drop: int = 0
    """In a narrow terminal, columns with the highest number are left out first; 0 always stays."""
    elide: Literal["end", "middle"] = "end"
    dim_unit: bool = False
    """True for ``1.2 MiB``: the unit after the last space is dimmed."""
    sortable: bool = True


class RowSource(Protocol):
    """Rows by number; rows are only added at the end. All calls come from the UI thread."""

    @property
    def columns(self) -> Sequence[ColumnLayout]:
        """Left to right."""
        ...

    @property
    def pinned(self) -> int:
        """How many rows at the top are never sorted, filtered or marked, such as ``../``."""
        ...

    def __len__(self) -> int: ...

    def cell(self, row: int, column: str) -> Cell:
        """The text of a cell, with control characters escaped."""
        ...

    def key(self, row: int) -> str:
        """The identity of a row, which marks remember."""
        ...

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """A value to sort by for each row, pinned rows included."""
        ...

    def matching(self, text: str, start: int) -> Iterable[int]:
        """The rows from `start` on that contain `text`, in order; case is ignored."""
        ...
