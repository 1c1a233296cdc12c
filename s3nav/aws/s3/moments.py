"""Read the times that S3 servers write: ISO 8601, dates of HTTP headers, and nothing useful.

A time that cannot be read is unknown, as is one that is missing: the object is there all the same.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_YEAR = 1970
"""S3 servers written in Go send the year 1 for a time that is not set."""
LAST_YEAR = 9998
"""Later times cannot be converted to every time zone."""
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def moment_of(text: str | None) -> datetime | None:
    """A time of a listing or header, aware, UTC; None when it is unknown."""
    if not text:
        return None
    try:
        return _known(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return _moment_of_http(text)


def _moment_of_http(text: str) -> datetime | None:
    try:
        match = _HTTP_DATE.fullmatch(text)
        if match is None or match[2] not in _MONTHS:
            return _known(parsedate_to_datetime(text))  # obsolete forms
        day, year, hour, minute, second = (int(match[i]) for i in (1, 3, 4, 5, 6))
        month = _MONTHS.index(match[2]) + 1
        return _known(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _known(moment: datetime) -> datetime | None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    if moment.tzinfo is UTC:
        return moment
    found = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return found if found.year >= FIRST_YEAR else None
