"""Totals of all object versions of a place, as rows and lines."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from s3nav.present.buckets.scan_costs import bill_data, class_totals, known_total
from s3nav.present.formatting import (
    Column,
    Row,
    count,
    dollars,
    number_of,
    prices_line,
    size,
    total,
)

if TYPE_CHECKING:  # prices are loaded only when needed
    from s3nav.browse import ClassSums, CountedVersions
    from s3nav.pricing import Bill, Estimator

VERSIONS_COLUMNS = (
    Column("place", "PLACE"),
    Column("complete", "COMPLETE"),
    Column("current_objects", "CURRENT", is_number=True),
    Column("current_bytes", "CURRENT SIZE", is_number=True),
    Column("old_versions", "OLD", is_number=True),
    Column("old_bytes", "OLD SIZE", is_number=True),
    Column("delete_markers", "MARKERS", is_number=True),
    Column("by_storage_class", "CLASSES"),
    Column("old_cost", "OLD A MONTH"),
    Column("requests", "REQUESTS", is_number=True),
    Column("duration_s", "SECONDS", is_number=True),
)


def month_of_old(estimator: "Estimator", counted: "CountedVersions") -> "Bill":
    """Return the monthly bill of storing the old versions. Raises UsageError."""
    region = counted.region or f"the region of {counted.place.bucket}"
    return estimator.month(region, class_totals(counted.old))


def versions_row(counted: "CountedVersions", bill: "Bill", style: str) -> Row:
    """Return the totals as a document."""
    current, old = _sum(counted.current), _sum(counted.old)
    names = sorted({*counted.current, *counted.old})
    by_class: dict[str, object] = {
        name: {
            "current_objects": _objects(counted.current, name),
            "current_bytes": _bytes(counted.current, name),
            "old_versions": _objects(counted.old, name),
            "old_bytes": _bytes(counted.old, name),
        }
        for name in names
    }
    outcome = counted.outcome
    month = known_total(bill)
    return Row(
        values=(
            str(counted.place),
            outcome.complete,
            current[0],
            current[1],
            old[0],
            old[1],
            counted.delete_markers,
            by_class,
            bill_data(bill),
            outcome.requests,
            round(outcome.duration_s, 3),
        ),
        cells=(
            str(counted.place),
            "yes" if outcome.complete else "no",
            count(current[0]),
            size(current[1], style),
            count(old[0]),
            size(old[1], style),
            count(counted.delete_markers),
            ", ".join(names),
            "unknown" if month is None else total(bill),
            count(outcome.requests),
            f"{outcome.duration_s:.1f}",
        ),
    )


def versions_lines(counted: "CountedVersions", bill: "Bill", style: str) -> Iterator[str]:
    """Describe the totals in lines."""
    yield str(counted.place)
    if not counted.outcome.complete:
        yield "  the listing is incomplete; there is at least"
    current, old = _sum(counted.current), _sum(counted.old)
    yield f"  current   {number_of(current[0], 'object')}, {size(current[1], style)}"
    yield f"  old       {number_of(old[0], 'version')}, {size(old[1], style)}"
    yield f"  hidden by {number_of(counted.delete_markers, 'delete marker')}"
    for name in sorted(counted.old):
        much = size(counted.old[name].size_bytes, style)
        yield f"  {name:<20}{much:>12}  {number_of(counted.old[name].objects, 'old version')}"
    known = known_total(bill)
    cost = "unknown" if known is None else f"{dollars(bill.total_usd)} a month"
    least = "" if counted.outcome.complete else ", as far as listed"
    yield f"  old versions cost {cost}{least}"
    yield from (f"  no price: {gap}" for gap in bill.gaps)
    yield f"  {prices_line(bill)}"


def _sum(sums: "Mapping[str, ClassSums]") -> tuple[int, int]:
    return (
        sum(each.objects for each in sums.values()),
        sum(each.size_bytes for each in sums.values()),
    )


def _objects(sums: "Mapping[str, ClassSums]", name: str) -> int:
    return sums[name].objects if name in sums else 0


def _bytes(sums: "Mapping[str, ClassSums]", name: str) -> int:
    return sums[name].size_bytes if name in sums else 0
