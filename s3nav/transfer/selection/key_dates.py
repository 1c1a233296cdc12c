"""Find the date in a key: ``logs/2026/11/20/a.gz``, ``dt=2026-11-20/b``, ``c_20261120``.

A pattern uses the codes of strftime. It may match anywhere in a key but not within a longer number;
the first match that is a day of the calendar counts. Every code has a fixed width, so a match in
the name of a directory is the date of every key below it.
"""

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Self

import msgspec

from s3nav.model.errors import UsageError

_CODES = {
    "Y": r"(?:19|20|21)\d\d",
    "m": r"(?:0[1-9]|1[0-2])",
    "d": r"(?:0[1-9]|[12]\d|3[01])",
    "j": r"(?:[012]\d\d|3[0-6]\d)",
    "H": r"(?:[01]\d|2[0-3])",
    "M": r"[0-5]\d",
    "S": r"[0-5]\d",
}
KNOWN_PATTERNS = (
    "year=%Y/month=%m/day=%d",
    "dt=%Y-%m-%d",
    "date=%Y-%m-%d",
    "%Y/%m/%d",
    "%Y-%m-%d",
    "%Y_%m_%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y%m%d%H",
    "%Y%m%d%H%M",
    "%Y%m%d%H%M%S",
)
"""What `find_pattern` tries; of two that match equally many keys, the earlier wins."""
_TOKEN = re.compile(r"%(.?)|([^%]+)", re.DOTALL)


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """One day or several, both ends included."""

    first: date
    last: date

    def meet(self, start: date | None, end: date | None) -> bool:
        """Whether one of these days lies from `start` to `end`; None means no limit."""
        return (end is None or self.first <= end) and (start is None or self.last >= start)


class DatePattern(msgspec.Struct, frozen=True, kw_only=True):
    """How a date is written in keys."""

    text: str
    regex: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``%Y/%m/%d``: %Y %m %d %j %H %M %S, other text as it is. Raises UsageError."""
        expression = ""
        codes: list[str] = []
        for token in _TOKEN.finditer(text):
            code, literal = token[1], token[2]
            if code is None or code == "%":
                expression += re.escape(literal or "%")
            elif code not in _CODES:
                raise _bad(text, f"`%{code}` is unknown")
            else:
                expression += f"(?P={code})" if code in codes else f"(?P<{code}>{_CODES[code]})"
                codes.append(code)
        _check_codes(text, codes)
        before = r"(?<!\d)" if text.startswith("%") else ""
        after = r"(?!\d)" if text[-2:-1] == "%" and text[-1] in _CODES else ""
        return cls(text=text, regex=re.compile(before + expression + after))

    def days_of(self, key: str) -> Days | None:
        """The days of a key: one, or a month or year if the pattern has no day; else None."""
        for match in self.regex.finditer(key):
            days = _days(match.groupdict())
            if days is not None:
                return days
        return None


def find_pattern(keys: Sequence[str]) -> str:
    """The pattern that matches most of these keys; empty when none matches."""
    counts = {text: _matching(DatePattern.parse(text), keys) for text in KNOWN_PATTERNS}
    best = max(counts, key=lambda text: counts[text])
    return best if counts[best] else ""


def _matching(pattern: DatePattern, keys: Iterable[str]) -> int:
    return sum(pattern.days_of(key) is not None for key in keys)


def _days(found: dict[str, str]) -> Days | None:
    year = int(found["Y"])
    try:
        if "j" in found:
            day = date(year, 1, 1) + timedelta(days=int(found["j"]) - 1)
            return Days(first=day, last=day) if day.year == year else None
        if "m" not in found:
            return Days(first=date(year, 1, 1), last=date(year, 12, 31))
        month = int(found["m"])
        if "d" not in found:
            last = calendar.monthrange(year, month)[1]
            return Days(first=date(year, month, 1), last=date(year, month, last))
        day = date(year, month, int(found["d"]))
    except ValueError:
        return None
    return Days(first=day, last=day)


def _check_codes(text: str, codes: list[str]) -> None:
    if "Y" not in codes:
        raise _bad(text, "it has no year, %Y")
    if "d" in codes and "m" not in codes:
        raise _bad(text, "it has a day but no month, %m")


def _bad(text: str, why: str) -> UsageError:
    return UsageError(
        f"`{text}` is not a date pattern: {why}",
        remedy="write it with %Y %m %d (or %j), and %H %M %S: %Y/%m/%d, dt=%Y-%m-%d",
        slug="bad-date-pattern",
    )
