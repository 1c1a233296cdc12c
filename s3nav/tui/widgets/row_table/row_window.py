"""Which rows are on screen, and how far a key moves from there."""

from typing import Literal

import msgspec

HEADER_LINES = 1
"""Lines above the rows: the titles."""

Step = Literal["row", "half", "page", "end"]


class RowWindow(msgspec.Struct, frozen=True):
    """The lines below the titles: the first shows position `top`, the last may show nothing."""

    top: int
    lines: int
    rows: int
    """How many there are, on screen or not."""

    def position_at(self, y: int) -> int | None:
        """The position of the row on line `y` of the table; None if no row is there."""
        position = self.top + y - HEADER_LINES
        return position if y >= HEADER_LINES and position < self.rows else None

    def line_of(self, position: int) -> int | None:
        """The line of the table that shows a position; None if it is not on screen."""
        is_shown = self.top <= position < self.top + self.lines
        return position - self.top + HEADER_LINES if is_shown else None

    def nearest(self, position: int) -> int:
        """The position on screen that is nearest to another."""
        return max(self.top, min(position, self.top + self.lines - 1))

    def top_for(self, position: int) -> int:
        """The top that is nearest to this one and has a position on screen."""
        if not self.lines or self.line_of(position) is not None:
            return self.top
        return position if position < self.top else position - self.lines + 1

    def rows_in(self, step: Step) -> int:
        """How many rows a step moves; a page leaves one line of the page before on screen."""
        match step:
            case "row":
                return 1
            case "half":
                return max(1, self.lines // 2)
            case "page":
                return max(1, self.lines - 1)
            case "end":
                return self.rows
