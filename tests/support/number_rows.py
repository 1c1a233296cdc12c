"""A row source over two columns of numbers, for tests of the table."""

from array import array
from collections.abc import Iterable, Sequence

from s3nav.present.formatting import Cell, Column
from s3nav.tui.widgets.row_table.rows import ColumnLayout, SortValue


class NumberRows:
    """Row r is called ``row r`` and has the size `sizes[r]`."""

    columns: Sequence[ColumnLayout] = (
        ColumnLayout(Column("name", "NAME"), width=10, flex=1),
        ColumnLayout(Column("size", "SIZE", is_number=True), width=12),
    )

    def __init__(self, sizes: Iterable[int] = (), *, pinned: int = 0) -> None:
        self.sizes = array("q", sizes)
        self.pinned = pinned

    def __len__(self) -> int:
        return len(self.sizes)

    def cell(self, row: int, column: str) -> Cell:
        return f"row {row}" if column == "name" else f"{self.sizes[row]:,}"

    def key(self, row: int) -> str:
        return f"row {row}"

    def sort_values(self, column: str) -> Sequence[SortValue]:
        return [f"row {row}" for row in range(len(self))] if column == "name" else self.sizes

    def matching(self, text: str, start: int) -> Iterable[int]:
        return (row for row in range(start, len(self)) if text.lower() in f"row {row}")
