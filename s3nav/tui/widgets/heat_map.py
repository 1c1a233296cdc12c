"""A calendar of days: weeks from left to right, weekdays from top to bottom, shaded by bytes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from s3nav.present.formatting import Span

SHADES = "▁▂▄▆▇"
ASCII_SHADES = ".:+#@"
"""Five shades that differ without colours too. None fills its cell, so that days stay apart."""
MISSING, ASCII_MISSING = "×", "x"
UNKNOWN = "?"
LABEL_CELLS = 5
LINES = 11
"""Title, months, seven weekdays, legend, note."""
_WEEKDAYS = ("Mon", "", "Wed", "", "Fri", "", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK = timedelta(days=7)
_YEAR_WEEKS = 53


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The days to show."""

    size_bytes: Mapping[date, int] = msgspec.field(default_factory=dict)
    """Of each day with objects."""
    first: date
    last: date
    """Days between `first` and `last` without a size are missing."""
    complete: bool = True
    """False if it is unknown whether they are missing."""

    def shade(self, day: date) -> int:
        """The shade of a day, 1 to 5 by fifths of the largest day; 0 if it has no objects."""
        if day not in self.size_bytes:
            return 0
        largest = max(self.size_bytes.values())
        share = self.size_bytes[day] / largest if largest else 1.0
        return min(len(SHADES), int(share * len(SHADES)) + 1)

    def weeks(self, most: int, back: int) -> list[date]:
        """The Mondays of at most `most` weeks that end `back` weeks before the last."""
        start, end = _monday(self.first), _monday(self.last)
        end = max(start, end - back * _WEEK)
        shown = min(most, (end - start).days // 7 + 1)
        return [end - (shown - 1 - number) * _WEEK for number in range(shown)]

    @property
    def week_count(self) -> int:
        """The number of weeks."""
        return (_monday(self.last) - _monday(self.first)).days // 7 + 1


class HeatMap(Widget):
    """Shows as many weeks as fit, at first the last ones; `turn` shows others."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat-map--dim",
        "heat-map--accent",
        "heat-map--warn",
    }
    DEFAULT_CSS = f"""
    HeatMap {{ height: {LINES}; padding: 0 1; }}
    HeatMap > .heat-map--dim {{ color: $text-muted; }}
    HeatMap > .heat-map--accent {{ color: $accent; }}
    HeatMap > .heat-map--warn {{ color: $warning; }}
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._shades = ASCII_SHADES if ascii_only else SHADES
        self._missing = ASCII_MISSING if ascii_only else MISSING
        self._title: tuple[Span, ...] = ()
        self._legend = ""
        self._note: Span = ("", "")
        self._calendar: Calendar | None = None
        self._back = 0

    def show(
        self,
        title: tuple[Span, ...],
        calendar: Calendar | None,
        *,
        legend: str = "",
        note: Span = ("", ""),
    ) -> None:
        """Replace everything; `legend` explains the fullest shade."""
        if calendar != self._calendar:
            self._back = 0
        self._title, self._calendar, self._legend, self._note = title, calendar, legend, note
        self.refresh()

    def turn(self, pages: int) -> None:
        """Move by half of the shown weeks for each page; back for a negative number."""
        if self._calendar is not None:
            hidden = self._calendar.week_count - self._weeks_fit
            self._back -= pages * max(1, self._weeks_fit // 2)
            self._back = max(0, min(self._back, hidden))
            self.refresh()

    @property
    def lines(self) -> list[str]:
        """The text that is shown."""
        return [self.render_line(y).text.rstrip() for y in range(self.size.height)]

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width, base = self.size.width, self.rich_style
        segments = [
            Segment(text, base + style) for text, style in self._line(y) if text and width > 0
        ]
        return Strip(segments).adjust_cell_length(width, base)

    @property
    def _weeks_fit(self) -> int:
        return max(1, (self.size.width - LABEL_CELLS) // self._week_cells)

    @property
    def _week_cells(self) -> int:
        """Two cells for a week if all weeks, or a year of them, fit; else one."""
        weeks = min(_YEAR_WEEKS, self._calendar.week_count if self._calendar else _YEAR_WEEKS)
        return 2 if self.size.width - LABEL_CELLS >= weeks * 2 else 1

    def _line(self, y: int) -> list[tuple[str, Style]]:
        if y == 0:
            return [(text, self._tone(tone)) for text, tone in self._title]
        if self._calendar is None:
            return [(self._note[0], self._tone(self._note[1]))] if y == 2 else []
        weeks = self._calendar.weeks(self._weeks_fit, self._back)
        if y == 1:
            return [(self._month_line(weeks), self._tone("dim"))]
        if y < 9:
            label = _WEEKDAYS[y - 2].ljust(LABEL_CELLS)
            days = [week + timedelta(days=y - 2) for week in weeks]
            return [
                (label, self._tone("dim")),
                *(self._cell(self._calendar, day) for day in days),
            ]
        if y == 9:
            return self._legend_line(self._calendar)
        return [(self._note[0], self._tone(self._note[1]))] if y == 10 else []

    def _cell(self, calendar: Calendar, day: date) -> tuple[str, Style]:
        cells = self._week_cells
        if not calendar.first <= day <= calendar.last:
            return " " * cells, Style()
        shade = calendar.shade(day)
        if shade:
            return self._shades[shade - 1].ljust(cells), self._shade(shade)
        if not calendar.complete:
            return UNKNOWN.ljust(cells), self._tone("dim")
        return self._missing.ljust(cells), self._tone("warn")

    def _month_line(self, weeks: list[date]) -> str:
        """The year at the left, then each month above its first day; January as its year."""
        line = f"{weeks[0].year}".ljust(LABEL_CELLS)
        for number, week in enumerate(weeks):
            first = _month_begun(week)
            at = LABEL_CELLS + number * self._week_cells
            if first is None or (len(line) >= at and number > 0):
                continue
            name = f"{first.year}" if first.month == 1 else _MONTHS[first.month - 1]
            line = line.ljust(at) + name
        return line

    def _legend_line(self, calendar: Calendar) -> list[tuple[str, Style]]:
        dim = self._tone("dim")
        gap = (
            [(self._missing, self._tone("warn")), (" no objects", dim)]
            if calendar.complete
            else [(UNKNOWN, dim), (" unknown", dim)]
        )
        shades = [
            (f"{sign} ", self._shade(shade)) for shade, sign in enumerate(self._shades, start=1)
        ]
        return [(" " * LABEL_CELLS, dim), *shades, (f"{self._legend}   ", dim), *gap]

    def _tone(self, tone: str) -> Style:
        if tone not in {"dim", "accent", "warn"}:
            return Style()
        return self.get_component_rich_style(f"heat-map--{tone}", partial=True)

    def _shade(self, shade: int) -> Style:
        """The colour of a shade: closer to the accent for a higher one."""
        accent = self.get_component_styles("heat-map--accent").color
        paper = self.background_colors[1]
        return Style(color=paper.blend(accent, 0.4 + 0.12 * shade, alpha=1).rich_color)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month_begun(week: date) -> date | None:
    """The first day of a month, if it is in this week."""
    last = week + timedelta(days=6)
    return last.replace(day=1) if last.day <= 7 else None
