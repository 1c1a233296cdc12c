"""Keep the cursor on its row while rows arrive, are sorted or filtered; mark a range from it."""

from s3nav.tui.widgets.row_table.row_view import RowView


class RowCursor:
    """A position in a view, and the position where marking a range began."""

    def __init__(self, view: RowView, position: int = 0) -> None:
        self.view = view
        self.position = self._nearest(position)
        """0 also while there are no rows."""
        self.range_from: int | None = None
        """None if no range is being marked."""

    @property
    def row(self) -> int | None:
        """The source's row under the cursor; None if no row is shown."""
        return self.view.row_at(self.position) if self.position < len(self.view) else None

    def move_to(self, position: int) -> bool:
        """Go to a position, or to the nearest one that exists; True if that is another one."""
        before, self.position = self.position, self._nearest(position)
        return self.position != before

    def grow(self, *, final: bool = False) -> bool:
        """Take the rows that the source has gained; True if the view may have changed."""
        row, has_changed = self.row, self.view.grow(final=final) or final
        if has_changed:
            self._stay_on(row)
        return has_changed

    def values_changed(self) -> bool:
        """Sort and filter again, if the view does; True if the position changed."""
        row = self.row
        if self.view.sort_column or self.view.filter_text:
            self.view.rebuild()
        else:
            self.view.grow()
        return self._stay_on(row)

    def sort_by(self, column: str, *, descending: bool = False) -> bool:
        """Sort by a column, or restore the source's order if empty; ends a range.

        True if the position changed.
        """
        row = self.row
        self.view.sort_by(column, descending=descending)
        self.range_from = None
        return self._stay_on(row)

    def filter_by(self, text: str) -> None:
        """Show only rows that contain `text`, and go to the first of them; ends a range."""
        self.view.filter_by(text)
        self.range_from = None
        self.position = self._nearest(self.view.source.pinned)

    def mark_range(self) -> None:
        """Start a range here, or mark from its start to here."""
        if self.range_from is None:
            self.range_from = self.position
        else:
            self.view.mark_between(self.range_from, self.position)
            self.range_from = None

    def is_marked(self, position: int, row: int) -> bool:
        """True if the row at a position is marked, or in the range that is being marked."""
        if self.view.is_marked(row):
            return True
        if self.range_from is None or row < self.view.source.pinned:
            return False
        low, high = sorted((self.range_from, self.position))
        return low <= position <= high

    def _stay_on(self, row: int | None) -> bool:
        """Go where the row is now, or stay near if it is hidden."""
        position = self.view.position_of(row) if row is not None else None
        return self.move_to(self.position if position is None else position)

    def _nearest(self, position: int) -> int:
        return max(0, min(position, len(self.view) - 1))
