"""The monthly storage cost of a bucket, and of two scans with the change between them."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import S3NavError, UsageError
from s3nav.present.formatting import digits, dollars, prices_line, total

if TYPE_CHECKING:  # prices are loaded only when needed
    from s3nav.browse import BucketStats, ClassSums, Comparison, Scans
    from s3nav.pricing import Bill, ClassTotals, Estimator

_UNKNOWN = "unknown"
_PER_OBJECT = "charges for each object: the objects of one scan are no longer kept"


class MonthChange(msgspec.Struct, frozen=True, kw_only=True):
    """The monthly storage cost of two scans at the same prices."""

    before: "Bill"
    after: "Bill"
    size_bytes: tuple[int, int]
    """Size of what both scans have listed, before and after."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Missing prices; with any, the change is unknown."""
        return tuple(dict.fromkeys((*self.before.gaps, *self.after.gaps)))

    @property
    def change_usd(self) -> Decimal | None:
        """The exact increase per month in US dollars; None when a price is missing."""
        return None if self.gaps else self.after.total_usd - self.before.total_usd

    @property
    def prices_line(self) -> str:
        """Source and date of the prices."""
        return prices_line(self.after if self.after.prices else self.before)

    def data(self) -> dict[str, object]:
        """Return the costs as JSON data: exact dollars as strings, null when unknown."""
        change = self.change_usd
        return {
            "month_usd_before": known_total(self.before),
            "month_usd_after": known_total(self.after),
            "month_usd_change": None if change is None else digits(change),
            "prices_as_of": _oldest_day(self.before, self.after),
            "gaps": list(self.gaps),
        }

    def words(self) -> list[tuple[str, str]]:
        """Return the costs as names and values, for lines and side panels."""
        change = self.change_usd
        facts = [
            ("a month", f"{_total_or_unknown(self.before)} to {_total_or_unknown(self.after)}"),
            ("costs", _UNKNOWN if change is None else more_or_less(change)),
        ]
        return [*facts, *(("no price", gap) for gap in self.gaps)]


def months_of(
    scans: "Scans", estimator: "Estimator", found: "Comparison", prefix: str | None = None
) -> MonthChange:
    """Price what both scans have listed, all of it or below a prefix. Raises S3NavError."""
    from s3nav.pricing import SMALL_BYTES  # noqa: PLC0415  # most commands need no prices

    bucket = found.after.place.bucket
    region = found.after.region or found.before.region or f"the region of {bucket}"
    if not found.by_object:
        return _months_of_totals(estimator, found, region, prefix)
    before, after = scans.class_sums(found, smaller_than=SMALL_BYTES, prefix=prefix)
    sizes = [sum(each.size_bytes for each in sums.values()) for sums in (before, after)]
    bills = [estimator.month(region, class_totals(sums)) for sums in (before, after)]
    return MonthChange(before=bills[0], after=bills[1], size_bytes=(sizes[0], sizes[1]))


def _months_of_totals(
    estimator: "Estimator", found: "Comparison", region: str, prefix: str | None
) -> MonthChange:
    """Price whole scans by their bytes in each class. Raises UsageError below a prefix."""
    key = found.after.place.key
    if prefix not in (None, key[: key.rfind("/") + 1]):
        raise UsageError("storage classes below a prefix are not kept")
    bills: list[Bill] = []
    for record in (found.before, found.after):
        classes = {name: each.size_bytes for name, each in record.by_class.items()}
        bill, is_all = estimator.month_of(region, record.objects, classes)
        bills.append(bill if is_all else replace(bill, gaps=(*bill.gaps, _PER_OBJECT)))
    sizes = (found.before.size_bytes, found.after.size_bytes)
    return MonthChange(before=bills[0], after=bills[1], size_bytes=sizes)


def month_words(open_estimator: "Callable[[], Estimator]", stats: "BucketStats") -> str:
    """Return what a counted bucket costs a month, ``≥`` before a part; empty if that is unknown."""
    if stats.region is None or not (stats.complete or stats.objects):
        return ""
    try:
        estimator = open_estimator()
        bill, is_all = estimator.month_of(stats.region, stats.objects, stats.bytes_by_class)
    except S3NavError:
        return ""
    if not bill.prices:
        return ""
    is_exact = is_all and stats.complete and not bill.gaps
    return f"{'' if is_exact else '≥ '}{dollars(bill.total_usd)}"


def class_totals(sums: "Mapping[str, ClassSums]") -> "dict[str, ClassTotals]":
    """Convert sums by storage class to the form that estimates take."""
    from s3nav.pricing import ClassTotals  # noqa: PLC0415  # most commands need no prices

    return {
        name: ClassTotals(
            objects=each.objects,
            size_bytes=each.size_bytes,
            small_objects=each.small_objects,
            small_bytes=each.small_bytes,
        )
        for name, each in sums.items()
    }


def bill_data(bill: "Bill") -> dict[str, object]:
    """Return a monthly bill as JSON data."""
    return {
        "month_usd": known_total(bill),
        "prices_as_of": _oldest_day(bill),
        "gaps": list(bill.gaps),
    }


def cost_lines(costs: MonthChange) -> Iterator[str]:
    """Yield the costs as lines for standard output."""
    for name, value in costs.words():
        yield f"  {name:<11}{value}"
    yield f"  {costs.prices_line}"


def more_or_less(usd: Decimal) -> str:
    """Format a change: ``$1.2000 more a month``, ``$12.0000 less a month``."""
    if not usd:
        return "the same a month"
    return f"{dollars(abs(usd))} {'more' if usd > 0 else 'less'} a month"


def known_total(bill: "Bill") -> str | None:
    """Return the known part of a bill's total; None when no price is known."""
    return None if bill.gaps and not bill.lines else digits(bill.total_usd)


def _total_or_unknown(bill: "Bill") -> str:
    return _UNKNOWN if bill.gaps and not bill.lines else total(bill)


def _oldest_day(*bills: "Bill") -> str | None:
    dates = [used.as_of for bill in bills for used in bill.prices if used.as_of]
    return str(min(dates)) if dates else None
