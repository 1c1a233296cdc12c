"""Rows that are all there: what a short list of facts needs to stand in the row table."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from s3nav.present.formatting import Cell, text_of
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue


class FixedRow(msgspec.Struct, frozen=True):
    """One row: what a mark remembers, its cells, and what it is sorted by."""

    key: str
    cells: Mapping[str, Cell]
    order: Mapping[str, SortValue]
    """Where the text of a cell would sort wrongly: numbers."""


class FixedRows:
    """A RowSource over a list."""

    pinned = 0

    def __init__(self, columns: Sequence[ColumnLayout], rows: Sequence[FixedRow]) -> None:
        self.columns = columns
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, row: int) -> str:
        """See RowSource."""
        return self._rows[row].key

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        return self._rows[row].cells[column]

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [
            row.order.get(column, text_of(row.cells[column]).strip().casefold())
            for row in self._rows
        ]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource."""
        folded = text.casefold()
        for at in range(start, len(self._rows)):
            if any(folded in text_of(cell).casefold() for cell in self._rows[at].cells.values()):
                yield at
