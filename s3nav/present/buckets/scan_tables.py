"""Scans as rows and words, each with how much of the place it covers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from s3nav.model.events import ScanProgress
from s3nav.model.places import S3Uri
from s3nav.present.buckets.scan_costs import MonthChange
from s3nav.present.formatting import (
    DAY_S,
    MISSING,
    Column,
    Datum,
    FittingLine,
    Row,
    about,
    count,
    duration,
    iso,
    minute,
    number_of,
    percent,
    size,
)

if TYPE_CHECKING:
    from s3nav.browse import (
        BandTotal,
        Change,
        Comparison,
        Coverage,
        PrefixTotal,
        ScanRecord,
    )

SCAN_COLUMNS = (
    Column("id", "SCAN"),
    Column("place", "PLACE"),
    Column("objects", "OBJECTS", is_number=True),
    Column("size_bytes", "SIZE", is_number=True),
    Column("newest_object_at", "NEWEST"),
    Column("complete", "COVERS"),
    Column("coverage", "COVERAGE"),
    Column("requests", "REQUESTS", is_number=True),
    Column("duration_s", "SECONDS", is_number=True),
    Column("by_storage_class", "CLASSES"),
    Column("source", "SOURCE"),
)
"""Columns of one scan as a document."""
HISTORY_COLUMNS = (
    Column("id", "SCAN"),
    Column("started_at", "STARTED"),
    Column("state", "STATE"),
    Column("objects", "OBJECTS", is_number=True),
    Column("size_bytes", "SIZE", is_number=True),
    Column("share", "COVERS"),
    Column("requests", "REQUESTS", is_number=True),
    Column("place", "PLACE"),
    Column("reason", "REASON"),
    Column("source", "SOURCE"),
)
PREFIX_COLUMNS = (
    Column("size_bytes", "SIZE", is_number=True),
    Column("objects", "OBJECTS", is_number=True),
    Column("share", "SHARE", is_number=True),
    Column("newest_object_at", "NEWEST"),
    Column("oldest_object_at", "OLDEST"),
    Column("prefix", "PREFIX"),
)
CHANGE_COLUMNS = (
    Column("grown_bytes", "GREW", is_number=True),
    Column("grown_objects", "OBJECTS", is_number=True),
    Column("new_objects", "NEW", is_number=True),
    Column("removed_objects", "REMOVED", is_number=True),
    Column("changed_objects", "CHANGED", is_number=True),
    Column("prefix", "PREFIX"),
)
COMPARISON_COLUMNS = tuple(
    Column(key, key.upper())
    for key in (
        "before",
        "after",
        "place",
        "complete",
        "objects_before",
        "objects_after",
        "size_bytes_before",
        "size_bytes_after",
        "new_objects",
        "new_bytes",
        "removed_objects",
        "removed_bytes",
        "changed_objects",
        "changed_bytes",
        "by_prefix",
        "classes_moved",
        "cost",
    )
)
"""Only for JSON."""


def scan_row(record: "ScanRecord", style: str, now: datetime) -> Row:
    """Return one scan as a document."""
    values: list[Datum] = [
        record.scan_id,
        str(record.place),
        record.objects,
        record.size_bytes,
        iso(record.newest_at),
        record.is_complete,
        coverage_data(record.coverage),
        record.requests,
        round(record.duration_s, 3),
        {
            name: {"objects": total.objects, "size_bytes": total.size_bytes}
            for name, total in record.by_class.items()
        },
        source_words(record),
    ]
    classes = ", ".join(
        f"{name} {size(t.size_bytes, style)}" for name, t in record.by_class.items()
    )
    cells = [
        record.scan_id,
        str(record.place),
        at_least(count(record.objects), record),
        at_least(size(record.size_bytes, style), record),
        minute(record.newest_at),
        covers(record.coverage, now),
        coverage_words(record.coverage, now),
        count(record.requests),
        f"{record.duration_s:.1f}",
        classes,
        source_words(record),
    ]
    return Row(values=values, cells=cells)


def history_row(record: "ScanRecord", style: str, now: datetime) -> Row:
    """Return one scan as a row of a history."""
    return Row(
        values=(
            record.scan_id,
            iso(record.started_at),
            record.state.value,
            record.objects,
            record.size_bytes,
            record.coverage.share,
            record.requests,
            str(record.place),
            record.reason,
            source_words(record),
        ),
        cells=(
            record.scan_id,
            minute(record.started_at),
            record.state.value,
            at_least(count(record.objects), record),
            at_least(size(record.size_bytes, style), record),
            covers(record.coverage, now),
            count(record.requests),
            str(record.place),
            record.reason,
            source_words(record),
        ),
    )


def scan_lines(record: "ScanRecord", style: str, now: datetime) -> list[str]:
    """Describe one scan in lines."""
    facts = [
        ("scan", record.scan_id),
        ("covers", coverage_words(record.coverage, now)),
        ("objects", at_least(count(record.objects), record)),
        ("size", at_least(size(record.size_bytes, style), record)),
        ("newest", minute(record.newest_at)),
        ("oldest", minute(record.oldest_at)),
        ("cost", f"{number_of(record.requests, 'request')}, {duration(record.duration_s)}"),
    ]
    if record.inventory:
        facts.append(("source", f"{source_words(record)}, made {minute(record.started_at)}"))
    if record.reason:
        facts.append(("stopped", record.reason))
    lines = [str(record.place), *(f"  {name:<10}{value}" for name, value in facts)]
    for name, total in record.by_class.items():
        much = size(total.size_bytes, style)
        lines.append(f"  {name:<20}{much:>12}  {number_of(total.objects, 'object')}")
    return lines


def source_words(record: "ScanRecord") -> str:
    """Name the source of a scan's objects: ``listing`` or ``inventory MANIFEST``."""
    return f"inventory {record.inventory}" if record.inventory else "listing"


def band_lines(bands: "Sequence[BandTotal]", style: str, *, is_age: bool) -> list[str]:
    """Return a histogram as lines, without empty bands."""
    lines = []
    for band in bands:
        if band.objects:
            start, stop = (_edge(e, style, is_age=is_age) for e in (band.start, band.stop))
            span = f"{start} to {stop}" if band.stop is not None else f"{start} and more"
            if band.stop == 1 and not is_age:
                span = "empty"
            much = size(band.size_bytes, style)
            lines.append(f"  {span:<22}{much:>12}  {number_of(band.objects, 'object')}")
    return lines


def prefix_row(total: "PrefixTotal", whole_bytes: int, style: str) -> Row:
    """Return the totals below a prefix and their share of the whole."""
    share = total.size_bytes / whole_bytes if whole_bytes else 0.0
    folded = "  (too many prefixes below it to list)" if total.is_folded else ""
    return Row(
        values=(
            total.size_bytes,
            total.objects,
            round(share, 6),
            iso(total.newest_at),
            iso(total.oldest_at),
            total.prefix,
        ),
        cells=(
            size(total.size_bytes, style),
            count(total.objects),
            percent(share),
            minute(total.newest_at),
            minute(total.oldest_at),
            (total.prefix or "/") + folded,
        ),
    )


def change_row(prefix: str, change: "Change", style: str) -> Row:
    """Return the changes below a prefix."""
    values = (
        change.grown_bytes,
        change.grown_objects,
        change.new_objects,
        change.removed_objects,
        change.changed_objects,
        prefix,
    )
    cells = (
        signed_size(change.grown_bytes, style),
        f"{change.grown_objects:+,}",
        count(change.new_objects),
        count(change.removed_objects),
        count(change.changed_objects),
        prefix or "/",
    )
    return Row(values=values, cells=cells)


def biggest_changes(comparison: "Comparison") -> "list[tuple[str, Change]]":
    """Return prefixes with their changes, largest first."""
    return sorted(
        comparison.by_prefix.items(),
        key=lambda item: (-abs(item[1].grown_bytes), -abs(item[1].grown_objects), item[0]),
    )


def comparison_row(found: "Comparison", costs: "MonthChange") -> Row:
    """Return the comparison of two scans as a document."""
    before, after, whole = found.before, found.after, found.whole
    values: tuple[Datum, ...] = (
        before.scan_id,
        after.scan_id,
        str(after.place),
        found.is_complete,
        before.objects,
        after.objects,
        before.size_bytes,
        after.size_bytes,
        whole.new_objects,
        whole.new_bytes,
        whole.removed_objects,
        whole.removed_bytes,
        whole.changed_objects,
        whole.changed_bytes,
        {
            prefix: {"grown_bytes": c.grown_bytes, "grown_objects": c.grown_objects}
            for prefix, c in biggest_changes(found)
        },
        {
            f"{old} to {new}": {"objects": moved.objects, "size_bytes": moved.size_bytes}
            for (old, new), moved in found.classes_moved.items()
        },
        costs.data(),
    )
    return Row(values=values, cells=[str(value) for value in values])


def comparison_lines(found: "Comparison", style: str) -> Iterator[str]:
    """Describe the comparison of two scans in lines."""
    before, after, whole = found.before, found.after, found.whole
    yield f"{after.place}: {minute(before.started_at)} to {minute(after.started_at)}"
    if not found.is_complete:
        yield "  only what both scans have listed is compared"
    yield f"  grew by    {signed_size(whole.grown_bytes, style)}, {whole.grown_objects:+,} objects"
    yield f"  new        {number_of(whole.new_objects, 'object')}, {size(whole.new_bytes, style)}"
    gone = size(whole.removed_bytes, style)
    yield f"  removed    {number_of(whole.removed_objects, 'object')}, {gone}"
    by = signed_size(whole.changed_bytes, style)
    yield f"  changed    {number_of(whole.changed_objects, 'object')}, {by}"
    for (old, new), moved in found.classes_moved.items():
        much = size(moved.size_bytes, style)
        yield f"  {old} to {new}: {number_of(moved.objects, 'object')}, {much}"


def count_line(progress: ScanProgress) -> FittingLine:
    """Return the progress line of a place being counted."""
    place = S3Uri(progress.bucket, progress.prefix)
    share = f", about {percent(progress.share)}" if progress.share is not None else " so far"
    return about(
        "Counting ",
        str(place),
        f": {count(progress.objects)} objects, {size(progress.size_bytes, 'auto')}{share}, "
        f"{duration(progress.elapsed_s)}",
    )


def coverage_data(coverage: "Coverage") -> dict[str, object]:
    """Return coverage as JSON data."""
    return {
        "share": coverage.share if coverage.share is None else round(coverage.share, 4),
        "estimated": not coverage.complete,
        "denied": list(coverage.denied),
        "as_of": iso(coverage.as_of),
    }


def covers(coverage: "Coverage", now: datetime) -> str:
    """Format share and age of a coverage: ``all · 3 h``, ``about 41 % · 12 min``."""
    if coverage.complete:
        much = "all"
    else:
        much = "unknown share" if coverage.share is None else f"about {percent(coverage.share)}"
    return f"{much} · {short_age(coverage.as_of, now)}"


def coverage_words(coverage: "Coverage", now: datetime) -> str:
    """Describe a coverage in a phrase: share, age and denied prefixes."""
    old = short_age(coverage.as_of, now)
    old = "just now" if old == "now" else f"{old} ago"
    if coverage.complete:
        return f"everything, {old}"
    share = coverage.share
    much = "an unknown share" if share is None else f"about {percent(share)} (estimated)"
    denied = number_of(len(coverage.denied), "prefix") if len(coverage.denied) == 1 else ""
    if len(coverage.denied) > 1:
        denied = f"{len(coverage.denied)} prefixes"
    return f"{much}, {old}" + (f", {denied} denied" if denied else "")


def short_age(moment: datetime, now: datetime) -> str:
    """Format an age: ``now``, ``12 min``, ``3 h``, ``2 d``."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h" if seconds < 2 * DAY_S else f"{int(seconds // DAY_S)} d"


def signed_size(size_bytes: int, style: str) -> str:
    """Format a change in size: ``+1.2 TB``, ``-12 GB``, ``0 B``."""
    sign = "+" if size_bytes > 0 else "-" if size_bytes < 0 else ""
    return sign + size(abs(size_bytes), style)


def at_least(text: str, record: "ScanRecord") -> str:
    """Mark a number with ``>=`` if the scan is incomplete; a dash if it found nothing."""
    if record.is_complete:
        return text
    return f">= {text}" if record.objects else MISSING


def _edge(edge: int | None, style: str, *, is_age: bool) -> str:
    if edge is None:
        return ""
    return (
        number_of(edge // DAY_S, "day")
        if is_age
        else size(edge, style if style != "auto" else "binary")
    )
