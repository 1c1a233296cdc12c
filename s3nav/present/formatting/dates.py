"""Format dates and ages; every time is UTC."""

from datetime import UTC, datetime

from s3nav.present.formatting.units import duration

DATE_PATTERNS = {
    "month_first": "%m/%d/%Y",
    "year_first": "%Y_%m_%d",
    "day_first": "%d/%m/%Y",
}
MISSING = "–"


def date(moment: datetime | None, style: str, *, with_time: bool = False) -> str:
    """Format a date in one of DATE_PATTERNS, optionally with ``13:01:20`` appended."""
    if moment is None:
        return MISSING
    pattern = DATE_PATTERNS[style] + (" %H:%M:%S" if with_time else "")
    return moment.astimezone(UTC).strftime(pattern)


def minute(moment: datetime | None) -> str:
    """Format a time for a table column: ``2026-11-19 08:12``."""
    return MISSING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def iso(moment: datetime | None) -> str | None:
    """Format a time for data: ISO 8601 with ``Z``; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def age(moment: datetime, now: datetime) -> str:
    """Format the time since `moment`."""
    return duration((now - moment).total_seconds())
