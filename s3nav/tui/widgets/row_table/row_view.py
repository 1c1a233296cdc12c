"""Which rows of a source are shown, in which order, and which are marked."""

from array import array
from collections.abc import Iterable

from s3nav.tui.widgets.row_table.rows import RowSource

RESORT_SHARE = 8
"""While rows arrive, sort again only when an eighth more has come: with every page, sorting a
million rows would cost a thousand sorts in place of some thirty."""
ALWAYS_RESORT_ROWS = 20_000
"""Below this many rows, sorting takes a few milliseconds: sort with every page."""


class RowView:
    """Sort, filter and marks over a growing source.

    A row is a number of the source, a position a line of the table. Without sort and filter they
    are equal and nothing is stored; else `_order` has 8 bytes a row.
    """

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self.sort_column = ""
        """Empty for the order of the source."""
        self.descending = False
        self.filter_text = ""
        self.marks: dict[str, int] = {}
        """The row of each marked key, in the order in which they were marked."""
        self._order: array[int] | None = None
        """The row at each position; None if they are equal."""
        self._seen = len(source)
        self._sorted = 0

    def __len__(self) -> int:
        return self._seen if self._order is None else len(self._order)

    @property
    def has_free_rows(self) -> bool:
        """True if a row is shown that is not pinned."""
        return len(self) > min(self.source.pinned, len(self))

    @property
    def unsorted(self) -> int:
        """How many rows at the end came after the last sort."""
        return len(self) - self._sorted if self.sort_column else 0

    def row_at(self, position: int) -> int:
        """The source's row shown at `position`."""
        return position if self._order is None else self._order[position]

    def position_of(self, row: int) -> int | None:
        """The position of `row`; None if the filter hides it."""
        if self._order is None:
            return row if 0 <= row < self._seen else None
        try:
            return self._order.index(row)
        except ValueError:
            return None

    def sort_by(self, column: str, *, descending: bool = False) -> None:
        """Sort by a column; an empty one restores the order of the source."""
        self.sort_column, self.descending = column, descending
        self.rebuild()

    def filter_by(self, text: str) -> None:
        """Show only rows that contain `text`."""
        self.filter_text = text
        self.rebuild()

    def rebuild(self) -> None:
        """Compute the order again; needed if values of the sorted column changed."""
        self._seen = len(self.source)
        if not self.filter_text and not self.sort_column:
            self._order, self._sorted = None, 0
            return
        pinned = min(self.source.pinned, self._seen)
        shown: Iterable[int] = range(pinned, self._seen)
        if self.filter_text:
            shown = (r for r in self.source.matching(self.filter_text, pinned) if r < self._seen)
        if self.sort_column:
            values = self.source.sort_values(self.sort_column)
            shown = sorted(shown, key=values.__getitem__, reverse=self.descending)
        self._order = array("q", range(pinned))
        self._order.extend(shown)
        self._sorted = len(self._order)

    def grow(self, *, final: bool = False) -> bool:
        """Add the rows that the source has gained; True if there were any.

        A sorted view adds them at the end, and sorts again only if many have come, or `final`.
        """
        before, self._seen = self._seen, len(self.source)
        if self._order is not None and self._seen > before:
            if self.filter_text:
                free = max(before, min(self.source.pinned, self._seen))
                self._order.extend(range(before, free))
                found = self.source.matching(self.filter_text, free)
                self._order.extend(r for r in found if r < self._seen)
            else:
                self._order.extend(range(before, self._seen))
        if self.unsorted and (final or self._is_worth_sorting()):
            self.rebuild()
        return self._seen > before

    def _is_worth_sorting(self) -> bool:
        return len(self) <= ALWAYS_RESORT_ROWS or self.unsorted * RESORT_SHARE >= self._sorted

    def is_marked(self, row: int) -> bool:
        """True if the row is marked."""
        return bool(self.marks) and self.source.key(row) in self.marks

    def toggle(self, position: int) -> None:
        """Mark or unmark one row; pinned rows cannot be marked."""
        row = self.row_at(position)
        if row < self.source.pinned:
            return
        key = self.source.key(row)
        if self.marks.pop(key, None) is None:
            self.marks[key] = row

    def mark_between(self, first: int, last: int) -> None:
        """Mark every row from one position to another, ends included."""
        low, high = sorted((first, last))
        for position in range(low, min(high, len(self) - 1) + 1):
            row = self.row_at(position)
            if row >= self.source.pinned:
                self.marks[self.source.key(row)] = row

    def invert(self) -> None:
        """Invert the marks of the rows that are shown."""
        for position in range(min(self.source.pinned, len(self)), len(self)):
            self.toggle(position)
