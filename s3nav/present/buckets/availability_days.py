"""The days that a place has and lacks, as rows and words."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from s3nav.present.formatting import MISSING, Column, Row, Span, count, safe_text, size

if TYPE_CHECKING:
    from s3nav.browse import Availability, Gap

GAPS_SHOWN, GAPS_IN_NOTE = 3, 4
AVAILABILITY_COLUMNS = (
    Column("path_set", "PATHS"),
    Column("place", "PLACE"),
    Column("complete", "COVERS"),
    Column("objects", "OBJECTS", is_number=True),
    Column("size_bytes", "SIZE", is_number=True),
    Column("first_date", "FIRST"),
    Column("last_date", "LAST"),
    Column("days", "DAYS", is_number=True),
    Column("missing_days", "MISSING", is_number=True),
    Column("undated_objects", "NO DATE", is_number=True),
    Column("dates_from", "DATES FROM"),
    Column("gaps", "GAPS"),
)
DAY_COLUMNS = (
    Column("path_set", "PATHS"),
    Column("date", "DATE"),
    Column("objects", "OBJECTS", is_number=True),
    Column("size_bytes", "SIZE", is_number=True),
)
"""One row per day; days without objects are included where they are known."""


def availability_row(name: str, found: "Availability", style: str, dates_from: str) -> Row:
    """Return one path set as a row; `dates_from` comes from `source_of_dates`."""
    gaps = found.gaps
    values = (
        name,
        str(found.place),
        found.complete,
        found.objects,
        found.size_bytes,
        _iso(found.first),
        _iso(found.last),
        len(found.days),
        found.missing_days,
        found.undated.objects,
        dates_from,
        None if gaps is None else " ".join(f"{gap.first}/{gap.last}" for gap in gaps),
    )
    least = "" if found.complete else ">= "
    cells = (
        name,
        str(found.place),
        "all" if found.complete else "a part",
        least + count(found.objects),
        least + size(found.size_bytes, style),
        str(found.first or MISSING),
        str(found.last or MISSING),
        least + count(len(found.days)),
        MISSING if found.missing_days is None else count(found.missing_days),
        least + count(found.undated.objects),
        dates_from,
        gap_words(gaps, GAPS_SHOWN),
    )
    return Row(values=values, cells=cells)


def day_rows(name: str, found: "Availability", style: str) -> Iterator[Row]:
    """Yield one row per day."""
    whole = found.looked_at
    if whole is None:
        return
    for number in range(whole.days):
        day = whole.first + timedelta(days=number)
        total = found.days.get(day)
        if total is None and found.gaps is None:
            continue
        objects, size_bytes = (total.objects, total.size_bytes) if total else (0, 0)
        yield Row(
            values=(name, day.isoformat(), objects, size_bytes),
            cells=(name, day.isoformat(), count(objects), size(size_bytes, style)),
        )


def gap_words(gaps: "Sequence[Gap] | None", most: int) -> str:
    """Format gaps: ``2026-11-03, 2026-11-07 to 2026-11-09 and 4 more``."""
    if gaps is None:
        return "not known"
    shown = [
        str(gap.first) if gap.days == 1 else f"{gap.first} to {gap.last}" for gap in gaps[:most]
    ]
    more = f" and {count(len(gaps) - most)} more" if len(gaps) > most else ""
    return ", ".join(shown) + more


def source_of_dates(pattern: str, *, in_keys: bool) -> str:
    """Say where dates come from: a pattern of the keys or the last change."""
    if not in_keys:
        return "last change"
    return pattern or "not found in keys"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def days_title(found: "Availability", pattern: str, *, in_keys: bool) -> str:
    """Say where the dates of a path set come from, and how many objects have none."""
    undated = found.undated.objects
    rest = f" · {count(undated)} without a date" if undated else ""
    source = source_of_dates(pattern, in_keys=in_keys)
    return safe_text(f"dates of keys, {source}" if in_keys else "dates of the last change") + rest


def why_no_days(found: "Availability") -> Span:
    """Say why no day of a path set has data."""
    if found.problem is not None:
        return safe_text(f"{found.problem.reference}: {found.problem.message}"), "warn"
    if found.undated.objects:
        return "no key has a date of this pattern: see date_pattern in the settings", "warn"
    return ("stopped; nothing is listed", "warn") if found.cancelled else ("no objects", "dim")


def gaps_note(found: "Availability") -> Span:
    """Name the days that are missing, or say that they are unknown."""
    if found.gaps is None:
        reason = found.problem.message if found.problem else "stopped"
        return safe_text(f"only part of it is listed: {reason}"), "warn"
    if not found.gaps:
        return f"no day is missing from {found.first} to {found.last}", "dim"
    return f"missing: {gap_words(found.gaps, GAPS_IN_NOTE)}", "warn"
