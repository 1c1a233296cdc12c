"""Dates and ages as people read them; every time is UTC."""

from datetime import UTC, datetime

from s3nav.present.formatting.units import duration

DATE_PATTERNS = {
    "month_first": "%m/%d/%Y",
    "year_first": "%Y_%m_%d",
    "day_first": "%d/%m/%Y",
}
MISSING = "–"


def date(moment: datetime | None, style: str, *, with_time: bool = False) -> str:
    """A date in one of DATE_PATTERNS, with ``13:01:20`` behind it when asked for."""
    if moment is None:
        return MISSING
    pattern = DATE_PATTERNS[style] + (" %H:%M:%S" if with_time else "")
    return moment.astimezone(UTC).strftime(pattern)


def minute(moment: datetime | None) -> str:
    """``2026-11-19 08:12``, for table columns."""
    return MISSING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with ``Z``, for data; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def age(moment: datetime, now: datetime) -> str:
    """How long ago, roughly."""
    return duration((now - moment).total_seconds())
